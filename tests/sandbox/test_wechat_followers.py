"""Followers, tags, parametric codes, the menu."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.trial import Trial, open_trial


@pytest.fixture
async def trial(tmp_path: Path) -> AsyncIterator[Trial]:
    async with open_trial(tmp_path) as opened:
        yield opened


async def test_what_is_known_of_a_follower_and_of_a_stranger(trial: Trial) -> None:
    person, stranger = trial.world.add_person("小林"), trial.world.add_person("路人")
    await trial.act(person, "follow", scene="store-12")
    info = await trial.official("/cgi-bin/user/info", openid=trial.openid(person), lang="zh_CN")
    assert "errcode" not in info
    assert info["subscribe"] == 1
    assert info["subscribe_time"] == int(trial.world.now().timestamp())
    assert (info["subscribe_scene"], info["qr_scene_str"], info["qr_scene"]) == (
        "ADD_SCENE_QR_CODE",
        "store-12",
        0,
    )
    assert (info["nickname"], info["headimgurl"]) == ("", "")
    assert info["unionid"] == person.unionid
    openid = trial.openid(stranger)
    assert await trial.official("/cgi-bin/user/info", openid=openid) == {
        "subscribe": 0,
        "openid": openid,
        "unionid": stranger.unionid,
    }
    mini = trial.openid(person, "mini")
    assert (await trial.official("/cgi-bin/user/info", openid=mini))["errcode"] == 40003
    assert (await trial.official("/cgi-bin/user/info"))["errcode"] == 40003


async def test_batches(trial: Trial) -> None:
    people = [await trial.follower() for _ in range(3)]
    path = "/cgi-bin/user/info/batchget"
    asked = [{"openid": trial.openid(p), "lang": "zh_CN"} for p in people]
    found = (await trial.official(path, {"user_list": asked}))["user_info_list"]
    assert [u["openid"] for u in found] == [trial.openid(p) for p in people]
    assert (await trial.official(path, {"user_list": asked * 34}))["errcode"] == 40032
    assert (await trial.official(path, {"user_list": []}))["errcode"] == 40032
    assert (await trial.official(path, {"user_list": {}}))["errcode"] == 47001
    assert (await trial.official(path, {"user_list": [{"openid": "x"}]}))["errcode"] == 40003


async def test_pages_of_openids(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.api.users.PER_PAGE", 2)
    people = [await trial.follower() for _ in range(3)]
    openids = [trial.openid(p) for p in people]
    first = await trial.official("/cgi-bin/user/get")
    assert (first["total"], first["count"], first["data"]["openid"]) == (3, 2, openids[:2])
    second = await trial.official("/cgi-bin/user/get", next_openid=first["next_openid"])
    assert second == {"total": 3, "count": 1, "data": {"openid": openids[2:]}, "next_openid": openids[2]}
    last = await trial.official("/cgi-bin/user/get", next_openid=second["next_openid"])
    assert last == {"total": 3, "count": 0, "next_openid": ""}
    assert (await trial.official("/cgi-bin/user/get", next_openid="x"))["errcode"] == 40003


async def test_remarks(trial: Trial) -> None:
    person = await trial.follower()
    body = {"openid": trial.openid(person), "remark": "老客"}
    assert (await trial.official("/cgi-bin/user/info/updateremark", body))["errcode"] == 0
    assert (await trial.official("/cgi-bin/user/info", openid=trial.openid(person)))["remark"] == "老客"


async def test_following_and_leaving(trial: Trial) -> None:
    person = trial.world.add_person("小林")
    await trial.act(person, "scan", scene="s-1")
    follow = trial.pushes[-1].fields
    assert (follow["Event"], follow["EventKey"]) == ("subscribe", "qrscene_s-1")
    await trial.act(person, "scan", scene="s-1")
    scan = trial.pushes[-1].fields
    assert (scan["Event"], scan["EventKey"], scan["Ticket"]) == ("SCAN", "s-1", follow["Ticket"])
    assert "already" in (await trial.control(f"people/{person.id}/follow", {}, status=400))["error"]
    await trial.act(person, "unfollow")
    assert trial.pushes[-1].fields["EventKey"] == ""
    await trial.control(f"people/{person.id}/unfollow", {}, status=400)
    await trial.control(f"people/{person.id}/text", {"content": "在吗"}, status=400)


# Tags ---------------------------------------------------------------------------------------------


async def tag(trial: Trial, name: str) -> dict[str, object]:
    return await trial.official("/cgi-bin/tags/create", {"tag": {"name": name}})


async def test_tags_on_followers(trial: Trial) -> None:
    person, other = await trial.follower(), await trial.follower("小周")
    made = await tag(trial, "盒子会员")
    assert "errcode" not in made
    tag_id = made["tag"]["id"]  # type: ignore[index]
    both = {"openid_list": [trial.openid(person), trial.openid(other)], "tagid": tag_id}
    assert (await trial.official("/cgi-bin/tags/members/batchtagging", both))["errcode"] == 0
    got = (await trial.official("/cgi-bin/tags/get"))["tags"]
    assert got == [{"id": tag_id, "name": "盒子会员", "count": 2}]
    mine = await trial.official("/cgi-bin/tags/getidlist", {"openid": trial.openid(person)})
    assert mine == {"tagid_list": [tag_id]}
    assert (await trial.official("/cgi-bin/user/info", openid=trial.openid(person)))["tagid_list"] == [tag_id]
    fans = await trial.official("/cgi-bin/user/tag/get", {"tagid": tag_id, "next_openid": ""})
    assert (fans["count"], fans["data"]["openid"]) == (2, both["openid_list"])
    one = {"openid_list": [trial.openid(person)], "tagid": tag_id}
    assert (await trial.official("/cgi-bin/tags/members/batchuntagging", one))["errcode"] == 0
    renamed = {"tag": {"id": tag_id, "name": "会员"}}
    assert (await trial.official("/cgi-bin/tags/update", renamed))["errcode"] == 0
    assert (await trial.official("/cgi-bin/tags/delete", {"tag": {"id": tag_id}}))["errcode"] == 0
    assert (await trial.control(f"people/{other.id}"))["tags"] == []


async def test_the_limits_of_tags(trial: Trial) -> None:
    person = await trial.follower()
    assert (await tag(trial, "十一个汉字就太长了不行"))["errcode"] == 45158
    ids = [(await tag(trial, f"t{n}"))["tag"]["id"] for n in range(100)]  # type: ignore[index]
    assert (await tag(trial, "t0"))["errcode"] == 45157
    assert (await tag(trial, "t100"))["errcode"] == 45056
    put = "/cgi-bin/tags/members/batchtagging"
    mine = [trial.openid(person)]
    codes = [(await trial.official(put, {"openid_list": mine, "tagid": i}))["errcode"] for i in ids[:21]]
    assert codes == [0] * 20 + [45059]
    cases: list[tuple[object, object, int]] = [
        (mine, 9, 45159),
        (mine, 2, 45058),
        (mine * 51, ids[0], 40032),
        ([trial.openid(person, "mini")], ids[0], 49003),
        (["x"], ids[0], 40003),
        ("x", ids[0], 47001),
        (mine, "1", 47001),
    ]
    for openids, tag_id, code in cases:
        assert (await trial.official(put, {"openid_list": openids, "tagid": tag_id}))["errcode"] == code
    assert (await trial.official("/cgi-bin/tags/delete", {"tag": {"id": 1}}))["errcode"] == 45058


# Codes --------------------------------------------------------------------------------------------


def code(action: str, scene: object = None, **more: object) -> dict[str, object]:
    return {"action_name": action, "action_info": {"scene": scene or {"scene_str": "g-1"}}, **more}


async def test_a_code_its_picture_and_its_end(trial: Trial) -> None:
    made = await trial.official("/cgi-bin/qrcode/create", code("QR_STR_SCENE", expire_seconds=60))
    assert "errcode" not in made
    assert made["expire_seconds"] == 60
    listed = (await trial.control("qrcodes"))["qrcodes"][0]
    assert (listed["scene"], listed["alive"], listed["permanent"]) == ("g-1", True, False)
    async with trial.session.get(f"{trial.base}{listed['image']}") as response:
        assert response.content_type == "image/png"
        assert (await response.read()).startswith(b"\x89PNG")
    person = trial.world.add_person("小林")
    done = await trial.act(person, "scan", scene="g-1")
    assert done["deliveries"]
    assert trial.pushes[-1].fields["Ticket"] == made["ticket"]
    trial.pass_time(seconds=60)
    await trial.control(f"people/{person.id}/scan", {"scene": "g-1"}, status=400)
    async with trial.session.get(f"{trial.base}/cgi-bin/showqrcode?ticket=x") as response:
        assert response.status == 404


async def test_numeric_permanent_and_forgotten_scenes(trial: Trial) -> None:
    path = "/cgi-bin/qrcode/create"
    await trial.official(path, code("QR_LIMIT_SCENE", {"scene_id": 7}))
    person = trial.world.add_person("小林")
    await trial.act(person, "scan", scene="7")
    info = await trial.official("/cgi-bin/user/info", openid=trial.openid(person))
    assert (info["qr_scene"], info["qr_scene_str"]) == (7, "")
    forgotten = {"action_name": "QR_STR_SCENE", "action_info": {"scene_str": "x"}}
    assert (await trial.official(path, forgotten))["expire_seconds"] == 30
    assert (await trial.control("qrcodes"))["qrcodes"][-1]["scene"] == "0"


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        (code("QR"), 40052),
        ({"action_name": "QR_SCENE"}, 40053),
        (code("QR_STR_SCENE", {"scene_str": "x" * 65}), 40053),
        (code("QR_SCENE", {"scene_id": 0}), 40053),
        (code("QR_LIMIT_SCENE", {"scene_id": 100_001}), 40053),
        (code("QR_SCENE", {"scene_id": "1"}), 47001),
        (code("QR_STR_SCENE", expire_seconds=2_592_001), 40097),
    ],
)
async def test_refused_codes(trial: Trial, body: dict[str, object], errcode: int) -> None:
    assert (await trial.official("/cgi-bin/qrcode/create", body))["errcode"] == errcode


# Menu ---------------------------------------------------------------------------------------------

CLICK = {"type": "click", "name": "找造型师", "key": "STYLIST"}


async def menu(trial: Trial, *buttons: object) -> int:
    return int((await trial.official("/cgi-bin/menu/create", {"button": list(buttons)}))["errcode"])


async def test_a_menu_is_made_read_tapped_and_deleted(trial: Trial) -> None:
    assert (await trial.official("/cgi-bin/menu/get"))["errcode"] == 46003
    mini = {"type": "miniprogram", "name": "我的盒子", "url": "https://x", "appid": trial.world.mini.appid,
            "pagepath": "pages/box/box"}  # fmt: skip
    view = {"type": "view", "name": "关于", "url": "https://shop.example/"}
    assert await menu(trial, CLICK, {"name": "盒子", "sub_button": [mini, view]}) == 0
    got = (await trial.official("/cgi-bin/menu/get"))["menu"]["button"]
    assert got[0] == CLICK | {"sub_button": []}
    assert [b["name"] for b in got[1]["sub_button"]] == ["我的盒子", "关于"]
    person = await trial.follower()
    await trial.act(person, "menu", url="https://shop.example/")
    event = trial.pushes[-1].fields
    assert (event["Event"], event["EventKey"]) == ("VIEW", "https://shop.example/")
    assert int(event["MenuId"]) == (await trial.control("menu"))["menu"]["menu_id"]
    await trial.act(person, "menu", pagepath="pages/box/box")
    assert trial.pushes[-1].fields["Event"] == "view_miniprogram"
    assert (await trial.official("/cgi-bin/menu/delete"))["errcode"] == 0
    assert (await trial.control("menu"))["menu"] is None


async def test_the_limits_of_a_menu(trial: Trial) -> None:
    view = {"type": "view", "name": "网页", "url": "https://x"}
    cases: list[tuple[list[object], int]] = [
        ([], 40016),
        ([CLICK] * 4, 40016),
        (["x"], 47001),
        ([CLICK | {"name": "十七个字节的名字"}], 40018),
        ([CLICK | {"name": ""}], 40018),
        ([CLICK | {"type": "tap"}], 40017),
        ([CLICK | {"key": "k" * 129}], 40019),
        ([{"type": "click", "name": "a"}], 40019),
        ([view | {"url": "https://" + "x" * 1020}], 40020),
        ([view | {"url": "ftp://x"}], 40055),
        ([{"name": "盒子", "sub_button": [CLICK] * 6}], 40023),
        ([{"name": "盒子", "sub_button": [CLICK | {"name": "长" * 21}]}], 40025),
        ([{"name": "盒子", "sub_button": [CLICK | {"type": "x"}]}], 40024),
        ([{"name": "盒子", "sub_button": [CLICK | {"key": "k" * 129}]}], 40026),
        ([{"name": "盒子", "sub_button": [view | {"url": "x"}]}], 40054),
        ([{"name": "盒子", "sub_button": {}}], 47001),
        (
            [{"type": "miniprogram", "name": "a", "url": "https://x", "appid": "wx0", "pagepath": "p/a"}],
            45064,
        ),
    ]
    for buttons, errcode in cases:
        assert (buttons, await menu(trial, *buttons)) == (buttons, errcode)
    assert (await trial.official("/cgi-bin/menu/create", {"button": {}}))["errcode"] == 47001
