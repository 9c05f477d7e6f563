"""Template messages, official subscription notices, one-time subscription messages."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.api.values import fits, shortened
from sandbox.trial import Trial, open_trial
from sandbox.world import Person


@pytest.fixture
async def trial(tmp_path: Path) -> AsyncIterator[Trial]:
    async with open_trial(tmp_path) as opened:
        yield opened


TEMPLATE, BIZ, ONCE = (
    "/cgi-bin/message/template/send",
    "/cgi-bin/message/subscribe/bizsend",
    "/cgi-bin/message/subscribe/send",
)
GOOD = {
    "thing1": {"value": "造型预约"},
    "time2": {"value": "2026年11月28日 15:00"},
    "thing3": {"value": "静安门店"},
    "thing4": {"value": "请提前十分钟到店"},
}


def ask(trial: Trial, person: Person, kind: str, **changed: Any) -> dict[str, Any]:
    account = "mini" if kind == "one_time" else "official"
    template_id = trial.credentials["templates"][kind]["booking_reminder"]
    body = {"touser": trial.openid(person, account), "template_id": template_id, "data": dict(GOOD)}
    body.update(changed)
    return body


async def credit(trial: Trial, person: Person, kind: str = "one_time", **more: Any) -> None:
    account = "mini" if kind == "one_time" else "official"
    template_id = trial.credentials["templates"][kind]["booking_reminder"]
    fields = {"template_id": template_id, "accept": True, "account": account, **more}
    await trial.act(person, "consent", **fields)


async def test_a_template_message_and_its_report(trial: Trial) -> None:
    person = await trial.follower()
    mini = {"appid": trial.world.mini.appid, "pagepath": "pages/booking/booking?id=7"}
    sent = await trial.official(TEMPLATE, ask(trial, person, "category", miniprogram=mini, url="https://x"))
    assert sent["errcode"] == 0
    item = (await trial.chat(person, "template"))[0]
    assert item["title"] == "预约到店提醒"
    assert item["data"][1] == {"key": "time2", "label": "预约时间", "value": "2026年11月28日 15:00"}
    assert item["pagepath"] == "pages/booking/booking?id=7"
    assert trial.events("TEMPLATESENDJOBFINISH") == []
    trial.pass_time(seconds=1)
    await trial.settle()
    report = trial.events("TEMPLATESENDJOBFINISH")[0].fields
    assert (int(report["MsgID"]), report["Status"]) == (sent["msgid"], "success")


async def test_a_template_message_to_somebody_who_blocks_them(trial: Trial) -> None:
    person = await trial.follower()
    await trial.act(person, "settings", messages_off=True)
    assert (await trial.official(TEMPLATE, ask(trial, person, "category")))["errcode"] == 0
    trial.pass_time(seconds=1)
    await trial.settle()
    assert trial.events("TEMPLATESENDJOBFINISH")[0].fields["Status"] == "failed:user block"
    assert await trial.chat(person, "template") == []


async def test_one_client_msg_id_is_sent_once_in_ten_minutes(trial: Trial) -> None:
    person, other = await trial.follower(), await trial.follower("小周")
    body = ask(trial, person, "category", client_msg_id="b-7")
    first, second = await trial.official(TEMPLATE, body), await trial.official(TEMPLATE, body)
    assert first["msgid"] == second["msgid"]
    assert len(await trial.chat(person, "template")) == 1
    await trial.official(TEMPLATE, ask(trial, other, "category", client_msg_id="b-7"))
    assert len(await trial.chat(other, "template")) == 1
    trial.pass_time(minutes=10)
    assert (await trial.official(TEMPLATE, body))["msgid"] != first["msgid"]
    assert len(await trial.chat(person, "template")) == 2


async def test_refused_template_messages(trial: Trial) -> None:
    person, stranger = await trial.follower(), trial.world.add_person("路人")
    once = trial.credentials["templates"]["one_time"]["booking_reminder"]
    cases: list[tuple[dict[str, Any], int]] = [
        (ask(trial, stranger, "category"), 43004),
        (ask(trial, person, "category", touser="o404"), 40003),
        (ask(trial, person, "category", touser=trial.openid(person, "mini")), 40003),
        (ask(trial, person, "category", template_id="nope"), 40037),
        (ask(trial, person, "category", template_id=once), 40037),
        (ask(trial, person, "category", miniprogram={"appid": "wx0"}), 40013),
        (ask(trial, person, "category", miniprogram=[]), 47001),
        (ask(trial, person, "category", data="x"), 47001),
        (ask(trial, person, "category", data={}), 47003),
        (ask(trial, person, "category", data=GOOD | {"thing1": "x"}), 47001),
        (ask(trial, person, "category", data=GOOD | {"thing1": {"value": 5}}), 47001),
        (ask(trial, person, "category", data=GOOD | {"thing1": {"value": " "}}), 47003),
        (ask(trial, person, "category", data=GOOD | {"time2": {"value": "明天"}}), 47003),
        (ask(trial, person, "category", client_msg_id="x" * 33), 47003),
    ]
    for body, code in cases:
        assert (await trial.official(TEMPLATE, body))["errcode"] == code
    bad_path = {"appid": trial.world.mini.appid, "pagepath": "/pages/x"}
    answer = await trial.official(TEMPLATE, ask(trial, person, "category", miniprogram=bad_path))
    assert answer["errcode"] == 40165
    await trial.act(person, "settings", blacklisted=True)
    assert (await trial.official(TEMPLATE, ask(trial, person, "category")))["errcode"] == 43019
    await trial.act(person, "settings", blacklisted=False)
    await trial.act(person, "unfollow")
    assert (await trial.official(TEMPLATE, ask(trial, person, "category")))["errcode"] == 43004


async def test_long_values_are_cut_and_old_lines_not_shown(trial: Trial) -> None:
    person = await trial.follower()
    data = GOOD | {"thing4": {"value": "很" * 30}, "first": {"value": "您好"}, "remark": {"value": "再见"}}
    assert (await trial.official(TEMPLATE, ask(trial, person, "category", data=data)))["errcode"] == 0
    lines = {line["key"]: line["value"] for line in (await trial.chat(person, "template"))[0]["data"]}
    assert set(lines) == set(GOOD)
    assert lines["thing4"] == "很" * 20 + "…"


async def test_every_accept_is_one_message(trial: Trial) -> None:
    person = trial.world.add_person("小林")
    body = ask(trial, person, "one_time", page="pages/booking/booking?id=7")
    assert (await trial.mini(ONCE, body))["errcode"] == 43101
    for _ in range(3):
        await credit(trial, person)
    assert [(await trial.mini(ONCE, body))["errcode"] for _ in range(4)] == [0, 0, 0, 43101]
    items = await trial.chat(person, "subscribe")
    assert len(items) == 3
    assert items[0]["page"] == "pages/booking/booking?id=7"
    trial.pass_time(seconds=1)
    await trial.settle()
    reports = [p.fields["SubscribeMsgSentEvent"]["List"] for p in trial.events("subscribe_msg_sent_event")]
    assert [(r["TemplateId"], r["ErrorCode"], r["ErrorStatus"]) for r in reports] == [
        (body["template_id"], "0", "success")
    ] * 3
    assert len({r["MsgID"] for r in reports}) == 3


async def test_a_reject_gives_nothing_and_the_settings_take_all(trial: Trial) -> None:
    person = trial.world.add_person("小林")
    await credit(trial, person)
    await credit(trial, person, accept=False)
    assert (await trial.control(f"people/{person.id}"))["subscriptions"][0]["left"] == 1
    await credit(trial, person, accept=False, in_settings=True)
    assert trial.events("subscribe_msg_change_event")[0].fields["SubscribeMsgChangeEvent"]["List"] == {
        "TemplateId": trial.credentials["templates"]["one_time"]["booking_reminder"],
        "SubscribeStatusString": "reject",
    }
    assert (await trial.mini(ONCE, ask(trial, person, "one_time")))["errcode"] == 43101


async def test_a_refused_subscription_message_costs_no_credit(trial: Trial) -> None:
    person = trial.world.add_person("小林")
    await credit(trial, person)
    await trial.control("pages", {"pages": ["pages/booking/booking"]})
    cases: list[tuple[dict[str, Any], int]] = [
        ({"data": GOOD | {"thing1": {"value": "长" * 21}}}, 47003),
        ({"data": GOOD | {"thing1": {"value": "两\n行"}}}, 47003),
        ({"data": GOOD | {"thing9": {"value": "多余"}}}, 47003),
        ({"data": {k: v for k, v in GOOD.items() if k != "thing3"}}, 47003),
        ({"data": []}, 47001),
        ({"data": GOOD | {"thing4": {"value": "加微信领券"}}}, 45168),
        ({"page": "pages/gone/gone"}, 41030),
        ({"page": "/pages/booking/booking"}, 41030),
        ({"miniprogram_state": "beta"}, 40097),
        ({"lang": "fr"}, 40097),
        ({"template_id": "nope"}, 40037),
        ({"touser": trial.openid(person)}, 40003),
    ]
    for changed, code in cases:
        assert (await trial.mini(ONCE, ask(trial, person, "one_time", **changed)))["errcode"] == code
    refused = await trial.mini(ONCE, ask(trial, person, "one_time", data=GOOD | {"time2": {"value": "25:00"}}))
    assert refused["errmsg"].startswith("argument invalid! data.time2.value invalid rid: ")
    assert (await trial.mini(ONCE, ask(trial, person, "one_time", page="pages/booking/booking?a=1")))["errcode"] == 0


async def test_official_subscription_notices_need_no_follower(trial: Trial) -> None:
    person = trial.world.add_person("小林")
    body = ask(trial, person, "subscription", page="https://shop.example/b/7")
    assert (await trial.official(BIZ, body))["errcode"] == 43101
    await credit(trial, person, "subscription")
    assert trial.events("subscribe_msg_popup_event")[0].kind == "official"
    assert (await trial.official(BIZ, body | {"page": "pages/x"}))["errcode"] == 41030
    assert (await trial.official(BIZ, body))["errcode"] == 0
    assert (await trial.official(BIZ, body))["errcode"] == 43101
    assert (await trial.chat(person, "subscribe"))[0]["url"] == "https://shop.example/b/7"


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("thing1", ["你" * 20, "a b，!"], ["你" * 21, "a\nb", "", " "]),
        ("number2", ["12", "-3.5", "1" * 32], ["1" * 33, "一", "1,000"]),
        ("letter3", ["abcXYZ"], ["a1", "a" * 33]),
        ("symbol4", ["￥%", "+-*/="], ["abc", "++++++"]),
        ("character_string5", ["SF-2026/1#", "1" * 32], ["单号1", "1" * 33]),
        ("time6", ["15:01", "2019年10月1日 15:01", "09:00~10:30"],
         ["24:00", "2019年10月1日", "15:01:02", "三点"]),
        ("date7", ["2019年10月1日", "2019年10月1日 15:01", "2019-12-25 09:42", "2019年10月1日~2019年10月7日"],
         ["2019/10/1", "10月1日", "2019年13月1日"]),
        ("amount8", ["¥19.90", "100元", "￥8"], ["12345678901", "一百元", "¥¥1"]),
        ("phone_number9", ["+86-0766-66888866", "13800138000"], ["电话", "1" * 18]),
        ("car_number10", ["粤A8Z888挂"], ["粤A8Z888888", "a b"]),
        ("name11", ["十个汉字以内都可以呀", "Alexander Smith"],
         ["十一个汉字就不可以了呢呀", "a" * 21, "Li 李小龙李小龙李小"]),
        ("phrase12", ["配送中", "顺丰速运"], ["六个汉字不行", "SF", "配送1"]),
    ],
)  # fmt: skip
def test_what_each_type_lets_through(key: str, good: list[str], bad: list[str]) -> None:
    assert [value for value in good if not fits(key, value)] == []
    assert [value for value in bad if fits(key, value)] == []


def test_latin_runs_count_as_one_when_cut() -> None:
    assert shortened("SF1234567890123456789012345 已发出") == "SF1234567890123456789012345 已发出"
    assert shortened("一" * 21) == "一" * 20 + "…"


async def test_defining_listing_and_deleting_templates(trial: Trial) -> None:
    made = await trial.control(
        "templates",
        {
            "id": "MiniOnce-Wash",
            "kind": "one_time",
            "title": "护理提醒",
            "keys": [
                {"name": "thing1", "label": "单品"},
                {"name": "enum2", "label": "方式", "choices": ["干洗", "手洗"]},
            ],
        },
    )
    assert made["account"] == "mini"
    listed = (await trial.mini("/wxaapi/newtmpl/gettemplate"))["data"]
    assert len(listed) == 6
    wash = next(t for t in listed if t["priTmplId"] == "MiniOnce-Wash")
    assert wash["content"] == "单品:{{thing1.DATA}}\n方式:{{enum2.DATA}}"
    assert wash["keywordEnumValueList"] == [{"keywordCode": "enum2.DATA", "enumValueList": ["干洗", "手洗"]}]
    assert wash["type"] == 2
    official = (await trial.official("/wxaapi/newtmpl/gettemplate"))["data"]
    assert {t["priTmplId"][:5] for t in official} == {"OaSub"}
    person = trial.world.add_person("小林")
    await trial.act(person, "consent", template_id="MiniOnce-Wash", accept=True)
    body = {"touser": trial.openid(person, "mini"), "template_id": "MiniOnce-Wash",
            "data": {"thing1": {"value": "大衣"}, "enum2": {"value": "水洗"}}}  # fmt: skip
    assert (await trial.mini(ONCE, body))["errcode"] == 47003
    body["data"] = {"thing1": {"value": "大衣"}, "enum2": {"value": "干洗"}}
    assert (await trial.mini(ONCE, body))["errcode"] == 0
    delete = "/wxaapi/newtmpl/deltemplate"
    assert (await trial.mini(delete, {"priTmplId": "MiniOnce-Wash"}))["errcode"] == 0
    assert (await trial.mini(delete, {"priTmplId": "MiniOnce-Wash"}))["errcode"] == 40037
    bad = {"id": "x", "kind": "one_time", "title": "x", "keys": [{"name": "first", "label": "x"}]}
    await trial.control("templates", bad, status=400)
