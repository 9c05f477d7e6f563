"""Custom-service messages: windows, kinds, refusals, typing, media."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from sandbox.trial import Trial, open_trial
from sandbox.world import Person


@pytest.fixture
async def trial(tmp_path: Path) -> AsyncIterator[Trial]:
    async with open_trial(tmp_path) as opened:
        yield opened


SEND = "/cgi-bin/message/custom/send"


async def say(trial: Trial, person: Person, kind: str = "official", content: str = "您好") -> int:
    body = {"touser": trial.openid(person, kind), "msgtype": "text", "text": {"content": content}}
    return int((await trial.call(kind, SEND, body))["errcode"])


async def send(trial: Trial, person: Person, msgtype: str, inside: object, kind: str = "official") -> int:
    body = {"touser": trial.openid(person, kind), "msgtype": msgtype, msgtype: inside}
    return int((await trial.call(kind, SEND, body))["errcode"])


async def upload(trial: Trial, kind: str = "official", type_: str = "image", data: bytes = b"png") -> dict[str, object]:
    form = aiohttp.FormData()
    form.add_field("media", data, filename="a.png", content_type="image/png")
    url = f"{trial.base}/cgi-bin/media/upload?type={type_}&access_token={await trial.token(kind)}"
    async with trial.session.post(url, data=form) as response:
        return dict(await response.json(content_type=None))


async def test_a_message_opens_five_for_48_hours(trial: Trial) -> None:
    person = await trial.follower()
    trial.pass_time(minutes=1)
    assert await say(trial, person) == 45015
    await trial.act(person, "text", content="在吗")
    assert [await say(trial, person) for _ in range(6)] == [0] * 5 + [45047]
    trial.pass_time(hours=48)
    assert await say(trial, person) == 45015


async def test_a_follow_a_scan_and_a_click_open_three_for_a_minute(trial: Trial) -> None:
    person = await trial.follower()
    assert [await say(trial, person) for _ in range(4)] == [0, 0, 0, 45047]
    await trial.act(person, "scan", scene="s1")
    assert [await say(trial, person) for _ in range(4)] == [0, 0, 0, 45047]
    await trial.act(person, "menu", key="A")
    assert [await say(trial, person) for _ in range(3)] == [0, 0, 0]
    trial.pass_time(seconds=59)
    assert await say(trial, person) == 45047
    trial.pass_time(seconds=1)
    assert await say(trial, person) == 45015


async def test_a_new_message_renews_its_window_and_does_not_add(trial: Trial) -> None:
    person = await trial.follower()
    trial.pass_time(minutes=2)
    await trial.act(person, "text", content="在吗", times=3)
    assert [await say(trial, person) for _ in range(6)] == [0] * 5 + [45047]
    trial.pass_time(hours=47)
    await trial.act(person, "text", content="还在吗")
    trial.pass_time(hours=47)
    assert await say(trial, person) == 0


async def test_the_window_that_lapses_first_pays(trial: Trial) -> None:
    person = await trial.follower()
    await trial.act(person, "text", content="在吗")
    for _ in range(2):
        await say(trial, person)
    windows = (await trial.control(f"people/{person.id}"))["windows"]["official"]
    assert [(w["trigger"], w["count"]) for w in windows] == [("follow", 1), ("message", 5)]


async def test_a_view_button_opens_nothing_and_msgmenu_counts_as_menu(trial: Trial) -> None:
    person = await trial.follower()
    trial.pass_time(minutes=2)
    await trial.act(person, "menu", url="https://shop.example/")
    await trial.act(person, "menu", pagepath="pages/index/index")
    await trial.act(person, "wifi", shop_id="1")
    assert await say(trial, person) == 45015
    await trial.act(person, "text", content="满意", menu_id="101")
    assert trial.pushes[-1].fields["bizmsgmenuid"] == "101"
    assert [await say(trial, person) for _ in range(4)] == [0, 0, 0, 45047]


async def test_menu_buttons_of_other_types_open_nothing(trial: Trial) -> None:
    buttons = [
        {"type": "location_select", "name": "位置", "key": "WHERE"},
        {"type": "scancode_waitmsg", "name": "扫码", "key": "SCAN"},
    ]
    await trial.official("/cgi-bin/menu/create", {"button": buttons})
    person = await trial.follower()
    trial.pass_time(minutes=2)
    await trial.act(person, "menu", key="WHERE")
    assert trial.pushes[-1].fields["Event"] == "location_select"
    assert await say(trial, person) == 45015
    await trial.act(person, "menu", key="SCAN")
    assert trial.pushes[-1].fields["ScanCodeInfo"]["ScanType"] == "qrcode"
    assert await say(trial, person) == 0


async def test_the_mini_programs_sessions(trial: Trial) -> None:
    person = trial.world.add_person("小林")
    assert await say(trial, person, "mini") == 45015
    await trial.act(person, "enter-session")
    assert [await say(trial, person, "mini") for _ in range(3)] == [0, 0, 45047]
    await trial.act(person, "text", content="在吗", account="mini")
    assert [await say(trial, person, "mini") for _ in range(6)] == [0] * 5 + [45047]


async def test_whom_one_may_not_write_to(trial: Trial) -> None:
    stranger, person = trial.world.add_person("路人"), await trial.follower()
    assert await say(trial, stranger) == 43004
    await trial.act(person, "text", content="在吗")
    await trial.act(person, "settings", messages_off=True)
    assert await say(trial, person) == 48002
    await trial.act(person, "settings", messages_off=False, blacklisted=True)
    assert await say(trial, person) == 43019
    await trial.act(person, "settings", blacklisted=False)
    await trial.act(person, "unfollow")
    assert await say(trial, person) == 45015
    await trial.act(person, "follow")
    assert await say(trial, person) == 0
    body = {"touser": trial.openid(person, "mini"), "msgtype": "text", "text": {"content": "x"}}
    assert (await trial.official(SEND, body))["errcode"] == 40003
    assert (await trial.official(SEND, {"msgtype": "text"}))["errcode"] == 40003


async def test_texts(trial: Trial) -> None:
    person = await trial.follower()
    await trial.act(person, "text", content="在吗")
    assert await say(trial, person, content="") == 44004
    assert await say(trial, person, content="长" * 682 + "xx") == 0
    assert await say(trial, person, content="长" * 683) == 45002
    assert await send(trial, person, "sms", {"content": "x"}) == 40008
    assert await send(trial, person, "text", {"content": 5}) == 47001
    body = {"touser": trial.openid(person), "msgtype": "text", "text": {"content": "由 AI 生成"},
            "aimsgcontext": {"is_ai_msg": 1}, "customservice": {"kf_account": "a@b"}}  # fmt: skip
    assert (await trial.official(SEND, body))["errcode"] == 0
    item = (await trial.chat(person, "custom"))[-1]
    assert (item["content"], item["ai"], item["msgtype"]) == ("由 AI 生成", True, "text")
    # A refused message costs nothing.
    windows = (await trial.control(f"people/{person.id}"))["windows"]["official"]
    assert sum(w["count"] for w in windows) == 3 + 5 - 2


async def test_media_and_their_three_days(trial: Trial) -> None:
    person = await trial.follower()
    made = await upload(trial)
    media_id = str(made["media_id"])
    assert made["type"] == "image"
    await trial.act(person, "text", content="在吗")
    assert await send(trial, person, "image", {"media_id": media_id}) == 0
    assert await send(trial, person, "image", {"media_id": "nope"}) == 40007
    assert await send(trial, person, "image", {}) == 40007
    assert (await trial.official("/cgi-bin/media/get", media_id=media_id))["image"] == b"png"
    assert (await trial.official("/cgi-bin/media/get", media_id="nope"))["errcode"] == 40007
    trial.pass_time(hours=47)
    assert await send(trial, person, "image", {"media_id": media_id}) == 0
    trial.pass_time(days=3)
    await trial.act(person, "text", content="在吗")
    assert await send(trial, person, "image", {"media_id": media_id}) == 40007


async def test_uploads_that_are_refused(trial: Trial) -> None:
    assert (await upload(trial, type_="paper"))["errcode"] == 40004
    assert (await upload(trial, data=b""))["errcode"] == 44001
    assert (await upload(trial, type_="thumb", data=b"x" * 65_537))["errcode"] == 45001
    assert (await trial.official("/cgi-bin/media/upload", "x", type="image"))["errcode"] == 41005


async def test_every_kind_of_message(trial: Trial) -> None:
    person = await trial.follower()
    media, mini = str((await upload(trial))["media_id"]), trial.world.mini.appid
    article = {"title": "新品", "description": "", "url": "https://a", "picurl": "https://b"}
    page = {"title": "我的盒子", "appid": mini, "pagepath": "pages/box/box?id=1", "thumb_media_id": media}
    menu = {"head_content": "满意吗", "list": [{"id": "1", "content": "满意"}], "tail_content": ""}
    good = {
        "voice": {"media_id": media},
        "video": {"media_id": media, "thumb_media_id": media, "title": "t"},
        "music": {"musicurl": "https://a", "hqmusicurl": "https://a", "thumb_media_id": media},
        "news": {"articles": [article]},
        "mpnews": {"media_id": "any"},
        "mpnewsarticle": {"article_id": "any"},
        "msgmenu": menu,
        "wxcard": {"card_id": "pCard"},
        "miniprogrampage": page,
    }
    for kind, inside in good.items():
        await trial.act(person, "text", content="在吗")
        assert (kind, await send(trial, person, kind, inside)) == (kind, 0)
    shown = {item["msgtype"]: item for item in await trial.chat(person, "custom")}
    assert set(shown) == set(good)
    assert shown["miniprogrampage"]["pagepath"] == "pages/box/box?id=1"
    assert shown["msgmenu"]["list"] == [{"id": "1", "content": "满意"}]
    bad: list[tuple[str, object, int]] = [
        ("news", {"articles": [article, article]}, 45008),
        ("news", {"articles": article}, 47001),
        ("miniprogrampage", page | {"appid": "wx0"}, 40013),
        ("miniprogrampage", page | {"pagepath": "/pages/box"}, 40165),
        ("miniprogrampage", page | {"thumb_media_id": "x"}, 40007),
        ("msgmenu", menu | {"list": []}, 47001),
        ("wxcard", {}, 40007),
        ("link", {"title": "a", "url": "b"}, 40008),
    ]
    for kind, inside, code in bad:
        assert (kind, await send(trial, person, kind, inside)) == (kind, code)


async def test_what_a_mini_program_sends(trial: Trial) -> None:
    person = trial.world.add_person("小林")
    await trial.act(person, "text", content="在吗", account="mini")
    assert await send(trial, person, "link", {"title": "a", "url": "https://b"}, "mini") == 0
    assert await send(trial, person, "news", {"articles": []}, "mini") == 45162


async def test_typing(trial: Trial) -> None:
    person, path = await trial.follower(), "/cgi-bin/message/custom/typing"

    async def type_(command: str = "Typing") -> int:
        body = {"touser": trial.openid(person), "command": command}
        return int((await trial.official(path, body))["errcode"])

    assert await type_() == 0
    assert (await trial.control(f"people/{person.id}/chat"))["typing"] == ["official"]
    assert await type_() == 45081
    trial.pass_time(seconds=15)
    assert (await trial.control(f"people/{person.id}/chat"))["typing"] == []
    assert await type_() == 0
    assert await type_("CancelTyping") == 0
    assert await type_() == 0
    assert await say(trial, person) == 0
    assert (await trial.control(f"people/{person.id}/chat"))["typing"] == []
    assert await type_("Wait") == 45072
    trial.pass_time(seconds=31)
    assert await type_() == 45080
