"""Pushes: modes, formats, signatures, retries, passive replies, and pushes that go wrong."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from sandbox.chat import FAULT_TEXT
from sandbox.trial import Push, Trial, open_trial


@pytest.fixture
async def trial(tmp_path: Path) -> AsyncIterator[Trial]:
    async with open_trial(tmp_path) as opened:
        yield opened


MODES = ["plain", "compatible", "safe"]
FORMATS = ["xml", "json"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("fmt", FORMATS)
async def test_a_message_and_its_passive_reply_in_every_mode(trial: Trial, mode: str, fmt: str) -> None:
    await trial.control("accounts/official", {"mode": mode, "format": fmt})
    person = await trial.follower()
    trial.answer = lambda push: trial.passive(push, f"收到：{push.fields['Content']}]]>")
    done = await trial.act(person, "text", content="有 ]]> 大衣吗")
    reply = {"msgtype": "text", "content": "收到：有 ]]> 大衣吗]]>"}
    assert [(d["status"], d["reply"]) for d in done["deliveries"]] == [(200, reply)]
    push = trial.pushes[-1]
    assert push.genuine
    assert push.content_type == ("application/json" if fmt == "json" else "text/xml")
    assert push.query["openid"] == push.fields["FromUserName"] == trial.openid(person)
    assert push.fields["MsgType"] == "text"
    assert int(push.fields["MsgId"]) > 2**50
    assert int(push.fields["CreateTime"]) == int(trial.world.now().timestamp())
    keys = set(push.outer)
    assert ("Encrypt" in keys) == (mode != "plain")
    assert ("Content" in keys) == (mode != "safe")
    if mode == "safe":
        assert keys == {"ToUserName", "Encrypt"}
    assert ("msg_signature" in push.query) == (mode != "plain")
    last = (await trial.chat(person))[-1]
    assert last | reply == last
    assert (last["direction"], last["kind"], last["account"]) == ("out", "passive", "official")


async def test_events_carry_no_msgid(trial: Trial) -> None:
    await trial.follower()
    assert "MsgId" not in trial.pushes[0].fields
    assert trial.pushes[0].fields["EventKey"] == ""


@pytest.mark.parametrize("fmt", FORMATS)
async def test_one_item_is_an_object_in_json_and_several_are_an_array(trial: Trial, fmt: str) -> None:
    await trial.control("accounts/mini", {"format": fmt})
    ids = list(trial.credentials["templates"]["one_time"].values())
    person = trial.world.add_person("小林")
    await trial.act(person, "consent", template_id=ids[0], accept=True)
    await trial.act(person, "consent", template_ids=ids[:2], accept=False)
    one, two = (p.fields for p in trial.events("subscribe_msg_popup_event"))
    if fmt == "json":
        assert one["List"] == {"TemplateId": ids[0], "SubscribeStatusString": "accept", "PopupScene": "0"}
        assert [item["TemplateId"] for item in two["List"]] == ids[:2]
        assert isinstance(one["CreateTime"], str)
    else:
        assert one["SubscribeMsgPopupEvent"]["List"]["TemplateId"] == ids[0]
        assert len(two["SubscribeMsgPopupEvent"]["List"]) == 2


async def test_repeated_on_5xx_with_the_same_message_and_a_new_nonce(trial: Trial) -> None:
    person = await trial.follower()
    trial.pushes.clear()
    answers = iter([web.Response(status=500), web.Response(status=502), web.Response(text="")])
    trial.answer = lambda push: next(answers)
    done = await trial.act(person, "text", content="在吗")
    assert [d["status"] for d in done["deliveries"]] == [500, 502, 200]
    assert len({p.fields["MsgId"] for p in trial.pushes}) == 1
    assert len({p.fields["CreateTime"] for p in trial.pushes}) == 1
    assert len({p.query["nonce"] for p in trial.pushes}) == 3
    assert all(p.genuine for p in trial.pushes)
    assert await trial.chat(person, "passive", "notice") == []


async def test_given_up_after_the_set_number_of_deliveries(trial: Trial) -> None:
    person = await trial.follower()
    await trial.control("tuning", {"callback_deliveries": 2})
    trial.answer = lambda push: web.Response(status=500)
    done = await trial.act(person, "text", content="在吗")
    assert [d["status"] for d in done["deliveries"]] == [500, 500]
    assert (await trial.chat(person, "notice"))[0]["content"] == FAULT_TEXT


async def test_too_slow_counts_as_no_answer(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    person = await trial.follower()
    await trial.control("tuning", {"callback_timeout_seconds": 0.0001, "callback_deliveries": 1})
    done = await trial.act(person, "text", content="在吗")
    assert done["deliveries"][0]["status"] == 0
    assert done["deliveries"][0]["note"] == "timeout"


async def test_nobody_listening(trial: Trial) -> None:
    await trial.control("accounts/official", {"callback_url": "http://127.0.0.1:9/none"})
    person = trial.world.add_person("小林")
    done = await trial.act(person, "follow")
    assert [d["note"] for d in done["deliveries"]] == ["unreachable"] * 3
    await trial.control("accounts/official", {"callback_url": ""})
    assert (await trial.act(person, "unfollow"))["deliveries"] == []


def _other_root(trial: Trial, push: Push) -> str:
    return trial.sealed(trial.world.official, "<html><ToUserName>x</ToUserName></html>")


def _unencrypted(trial: Trial, push: Push) -> str:
    fields = {"FromUserName": trial.world.official.gh_id, "ToUserName": push.fields["FromUserName"]}
    inside = "".join(f"<{k}>{v}</{k}>" for k, v in fields.items())
    return f"<xml>{inside}<CreateTime>1</CreateTime><MsgType>text</MsgType><Content>x</Content></xml>"


def _bad_signature(trial: Trial, push: Push) -> str:
    return trial.passive(push, "x").replace("<MsgSignature><![CDATA[", "<MsgSignature><![CDATA[0")


@pytest.mark.parametrize(
    "answer",
    [
        lambda trial, push: "<html>500</html>",
        lambda trial, push: '{"ok":true}',
        lambda trial, push: web.Response(status=404, text="not found"),
        lambda trial, push: web.Response(body=b"\xff\xfe"),
        lambda trial, push: "<!DOCTYPE x><xml/>",
        lambda trial, push: trial.passive(push, ""),
        lambda trial, push: trial.passive(push, "长" * 683),
        lambda trial, push: trial.passive(push, "x", ToUserName="somebody"),
        lambda trial, push: trial.passive(push, "x", FromUserName="gh_other"),
        lambda trial, push: trial.passive(push, "x", CreateTime="now"),
        lambda trial, push: trial.passive(push, "x", MsgType="sms"),
        lambda trial, push: trial.passive(push, "x", MsgType=["text", "text"]),
        lambda trial, push: trial.passive(push, "x", MsgType="image"),
        lambda trial, push: trial.passive(push, "x", MsgType="news", ArticleCount=2, Articles={"item": {}}),
        _other_root,
        _unencrypted,
        _bad_signature,
    ],
)  # fmt: skip
async def test_a_malformed_reply_shows_the_fault_text(trial: Trial, answer: object) -> None:
    person = await trial.follower()
    trial.answer = lambda push: answer(trial, push)  # type: ignore[operator]
    done = await trial.act(person, "text", content="在吗")
    assert len(done["deliveries"]) == 1
    assert [item["content"] for item in await trial.chat(person, "notice")] == [FAULT_TEXT]
    assert await trial.chat(person, "passive") == []


async def test_an_event_hides_the_fault_but_a_menu_tap_does_not(trial: Trial) -> None:
    person = await trial.follower()
    trial.answer = lambda push: "oops"
    await trial.act(person, "wifi", shop_id="12")
    assert await trial.chat(person, "notice") == []
    await trial.act(person, "menu", key="STYLIST")
    assert len(await trial.chat(person, "notice")) == 1


async def test_other_kinds_of_replies(trial: Trial) -> None:
    person = await trial.follower()
    article = {"Title": "本周盒子", "Description": "五件", "PicUrl": "http://p", "Url": "http://u"}
    kinds = {
        "news": {"ArticleCount": 1, "Articles": {"item": article}},
        "image": {"Image": {"MediaId": "m1"}},
        "transfer_customer_service": {},
    }
    for kind, more in kinds.items():
        trial.answer = lambda push, kind=kind, more=more: trial.passive(push, "", MsgType=kind, **more)  # type: ignore[misc]
        await trial.act(person, "text", content="看看")
    news, image, transfer = await trial.chat(person, "passive")
    assert news["articles"] == [{"title": "本周盒子", "description": "五件", "url": "http://u", "picurl": "http://p"}]
    assert image["MediaId"] == "m1"
    assert transfer["msgtype"] == "transfer_customer_service"


async def test_a_mini_program_may_only_transfer(trial: Trial) -> None:
    person = trial.world.add_person("小林")
    trial.answer = lambda push: trial.passive(push, "你好")
    await trial.act(person, "text", content="在吗", account="mini")
    assert (await trial.chat(person, "notice"))[0]["account"] == "mini"
    trial.answer = lambda push: trial.passive(push, "", MsgType="transfer_customer_service")
    done = await trial.act(person, "text", content="在吗", account="mini")
    assert done["deliveries"][0]["reply"]["msgtype"] == "transfer_customer_service"


async def test_duplicate(trial: Trial) -> None:
    person = await trial.follower()
    trial.pushes.clear()
    trial.answer = lambda push: trial.passive(push, "收到")
    await trial.control("faults", {"match": "callback:text", "kind": "duplicate"})
    done = await trial.act(person, "text", content="在吗")
    assert [d["status"] for d in done["deliveries"]] == [200, 200]
    assert len({(p.fields["MsgId"], p.fields["CreateTime"]) for p in trial.pushes}) == 1
    assert len({p.query["nonce"] for p in trial.pushes}) == 2
    assert len(await trial.chat(person, "passive")) == 1


async def test_drop(trial: Trial) -> None:
    await trial.control("faults", {"match": "callback:", "kind": "drop"})
    person = trial.world.add_person("小林")
    done = await trial.act(person, "follow")
    assert done["deliveries"] == [{"status": 0, "ms": 0, "reply": None, "note": "dropped"}]
    assert trial.pushes == []
    assert done["person"]["follows"] is True


async def test_reorder_holds_one_back_until_the_next(trial: Trial) -> None:
    await trial.control("faults", {"match": "callback:subscribe", "kind": "reorder"})
    person = trial.world.add_person("小林")
    assert (await trial.act(person, "follow"))["deliveries"][0]["note"] == "held"
    trial.pass_time(seconds=5)
    await trial.act(person, "unfollow")
    first, second = trial.pushes
    assert (first.fields["Event"], second.fields["Event"]) == ("unsubscribe", "subscribe")
    assert int(first.fields["CreateTime"]) - int(second.fields["CreateTime"]) == 5


async def test_what_is_held_is_released_by_settle(trial: Trial) -> None:
    await trial.control("faults", {"match": "callback:subscribe", "kind": "reorder"})
    await trial.act(trial.world.add_person("小林"), "follow")
    assert (await trial.control("settle", {}))["released"] == 1
    assert len(trial.pushes) == 1


async def test_delay_waits_for_the_clock(trial: Trial) -> None:
    await trial.control("faults", {"match": "callback:subscribe", "kind": "delay", "seconds": 60})
    began = int(trial.world.now().timestamp())
    person = trial.world.add_person("小林")
    assert (await trial.act(person, "follow"))["deliveries"][0]["note"] == "delayed"
    await trial.settle()
    assert trial.pushes == []
    trial.pass_time(seconds=60)
    await trial.settle()
    assert int(trial.pushes[0].fields["CreateTime"]) == began


@pytest.mark.parametrize("kind", ["wrong_signature", "stale_timestamp"])
async def test_a_suspect_push_comes_before_the_genuine_one(trial: Trial, kind: str) -> None:
    person = await trial.follower()
    trial.pushes.clear()
    await trial.control("faults", {"match": "callback:", "kind": kind})
    done = await trial.act(person, "text", content="在吗")
    assert [d.get("note", "") for d in done["deliveries"]] == [kind, ""]
    suspect, genuine = trial.pushes
    assert suspect.genuine == (kind == "stale_timestamp")
    assert genuine.genuine
    age = int(genuine.query["timestamp"]) - int(suspect.query["timestamp"])
    assert age == (86_400 if kind == "stale_timestamp" else 0)


async def test_the_url_check(trial: Trial) -> None:
    for kind in ("official", "mini"):
        assert await trial.control("verify-url", {"account": kind}) == {
            "ok": True,
            "status": 200,
            "reason": "",
        }
    await trial.control("accounts/mini", {"callback_url": f"{trial.base}/sandbox/state"})
    assert (await trial.control("verify-url", {"account": "mini"}))["ok"] is False


async def test_a_blacklisted_follower_is_not_heard(trial: Trial) -> None:
    person = await trial.follower()
    await trial.act(person, "settings", blacklisted=True)
    trial.pushes.clear()
    assert (await trial.act(person, "text", content="在吗"))["deliveries"] == []
    assert trial.pushes == []
