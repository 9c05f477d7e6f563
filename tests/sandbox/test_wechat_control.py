"""The control endpoints: shapes, refusals, clock, and what the phone page shows."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.trial import Trial, open_trial


@pytest.fixture
async def trial(tmp_path: Path) -> AsyncIterator[Trial]:
    async with open_trial(tmp_path) as opened:
        yield opened


async def test_the_state(trial: Trial) -> None:
    state = await trial.control("state")
    assert state["frozen"] is True
    assert state["accounts"]["mini"]["appid"] == trial.world.mini.appid
    assert "secret" not in state["accounts"]["mini"]
    assert state["mchid"] == trial.world.merchant.mchid


async def test_people(trial: Trial) -> None:
    made = await trial.control("people", {"name": "小林", "phone": "13812345678"})
    assert made["phone"] == "13812345678"
    assert made["openid"]["mini"] == made["openids"][trial.world.mini.appid]
    assert made["follows"] is False
    assert (await trial.control("people"))["people"][0]["id"] == made["id"]
    assert (await trial.control(f"people/{made['id']}"))["name"] == "小林"


async def test_the_chat_after_a_number(trial: Trial) -> None:
    person = await trial.follower()
    trial.answer = lambda push: trial.passive(push, "收到")
    await trial.act(person, "text", content="在吗")
    items = (await trial.control(f"people/{person.id}/chat"))["items"]
    assert [(i["direction"], i["kind"], i["account"]) for i in items] == [
        ("in", "event", "official"),
        ("in", "message", "official"),
        ("out", "passive", "official"),
    ]
    assert items[0]["event"] == "subscribe"
    assert (items[1]["msgtype"], items[1]["content"]) == ("text", "在吗")
    assert [i["n"] for i in items] == sorted(i["n"] for i in items)
    later = await trial.control(f"people/{person.id}/chat?after={items[1]['n']}")
    assert [i["kind"] for i in later["items"]] == ["passive"]
    assert later["typing"] == []


async def test_the_clock(trial: Trial) -> None:
    start = trial.world.now()
    moved = await trial.control("clock", {"advance_seconds": 90})
    assert (trial.world.now() - start).total_seconds() == 90
    assert moved["frozen"] is True
    await trial.control("clock", {"set": "2027-01-01T09:00:00+08:00"})
    assert trial.world.now().isoformat() == "2027-01-01T01:00:00+00:00"
    assert (await trial.control("clock", {"frozen": False}))["frozen"] is False
    assert (await trial.control("clock", {"frozen": True, "advance_seconds": 1.5}))["frozen"] is True
    assert (await trial.control("clock"))["now"].startswith("2027-01-01T01:00:")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("people", {}),
        ("people", {"name": ""}),
        ("people", {"name": 5}),
        ("people", {"name": "a", "age": 5}),
        ("people", []),
        ("clock", {}),
        ("clock", {"set": "yesterday"}),
        ("clock", {"set": "2027-01-01T09:00:00"}),
        ("clock", {"advance_seconds": -1}),
        ("clock", {"advance_seconds": True}),
        ("clock", {"advance_seconds": "9"}),
        ("clock", {"frozen": 1}),
        ("clock", {"set": "9999-01-01T09:00:00+08:00"}),
        ("clock", {"advance_seconds": 10**12}),
        ("faults", {"match": "/cgi-bin/"}),
        ("faults", {"match": "cgi-bin", "kind": "drop"}),
        ("faults", {"match": "/cgi-bin", "kind": "duplicate"}),
        ("faults", {"match": "callback:", "kind": "status"}),
        ("faults", {"match": "/sandbox/state", "kind": "drop"}),
        ("faults", {"match": "/", "kind": "drop", "times": 0}),
        ("faults", {"match": "/", "kind": "drop", "chance": 2}),
        ("faults", {"match": "/", "kind": "drop", "id": 7}),
        ("accounts/mini", {"mode": "open"}),
        ("accounts/mini", {"callback_url": "mailto:x"}),
        ("tuning", {"speed": 1}),
        ("tuning", {"callback_deliveries": "3"}),
        ("tuning", {"callback_timeout_seconds": -1}),
        ("tokens", {"account": "other", "action": "revoke"}),
        ("quota", {"cgi_path": "/x", "daily_limit": -1}),
        ("pages", {"pages": [1]}),
        ("moderation", {"word": "", "label": 100}),
        ("moderation", {"word": "x", "label": 5}),
        ("templates", {"id": "x", "kind": "one_time", "title": "x", "keys": []}),
        ("templates", {"id": "x", "kind": "one_time", "title": "x", "keys": ["thing1"]}),
    ],
)
async def test_wrong_control_input(trial: Trial, path: str, body: object) -> None:
    refused = await trial.control(path, body, method="POST", status=400)
    assert set(refused) == {"error"}


@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("text", {}),
        ("text", {"content": ""}),
        ("text", {"content": "a", "times": 0}),
        ("text", {"content": "a", "times": 101}),
        ("text", {"content": "a", "account": "pay"}),
        ("menu", {}),
        ("menu", {"key": "a", "url": "b"}),
        ("scan", {}),
        ("consent", {"template_id": "nope", "accept": True}),
        ("consent", {"accept": True}),
        ("consent", {"template_ids": [], "accept": True}),
        ("settings", {"wallet_fen": -1}),
        ("settings", {"follows": True}),
        ("settings", {"risk_rank": 5}),
        ("wifi", {}),
        ("card", {"card_id": 5}),
        ("location", {"latitude": 1}),
        ("visit", {"now": True}),
        ("event", {"event": "no such thing"}),
        ("event", {"event": "LOCATION", "fields": {"FromUserName": "x"}}),
        ("event", {"event": "LOCATION", "fields": []}),
    ],
)
async def test_wrong_acts(trial: Trial, act: str, body: object) -> None:
    person = await trial.follower()
    await trial.control(f"people/{person.id}/{act}", body, method="POST", status=400)


async def test_unknown_people_and_addresses(trial: Trial) -> None:
    await trial.control("people/p99", status=404)
    await trial.control("people/p99/follow", {}, status=404)
    await trial.control("nothing", status=404)
    await trial.control("faults/99", method="DELETE", status=404)
    async with trial.session.post(f"{trial.base}/sandbox/people", data="{") as response:
        assert response.status == 400
    async with trial.session.get(f"{trial.base}/sandbox/calls?after=x") as response:
        assert response.status == 400


async def test_faults_are_listed_and_cleared(trial: Trial) -> None:
    one = await trial.control("faults", {"match": "/cgi-bin/", "kind": "drop", "times": 2})
    two = await trial.control("faults", {"match": "notify:", "kind": "wrong_amount"})
    assert [f["id"] for f in (await trial.control("faults"))["faults"]] == [one["id"], two["id"]]
    left = (await trial.control(f"faults/{one['id']}", method="DELETE"))["faults"]
    assert [f["kind"] for f in left] == ["wrong_amount"]
    assert (await trial.control("faults", method="DELETE"))["faults"] == []


async def test_control_calls_are_no_application_calls(trial: Trial) -> None:
    await trial.control("faults", {"match": "/", "kind": "drop", "times": 9})
    await trial.control("state")
    assert (await trial.control("calls"))["calls"] == []


async def test_any_event(trial: Trial) -> None:
    person = await trial.follower()
    fields = {"OpenID": trial.openid(person), "RevokeInfo": "201", "event": "", "person": "", "openid": ""}
    await trial.act(person, "event", event="user_authorization_revoke", fields=fields, account="mini")
    push = trial.pushes[-1]
    assert (push.kind, push.fields["Event"]) == ("mini", "user_authorization_revoke")
    assert push.fields["RevokeInfo"] == "201"


async def test_settings(trial: Trial) -> None:
    person = trial.world.add_person("小林")
    done = await trial.act(person, "settings", payscore_accepts=False, wallet_fen=5)
    assert done["deliveries"] == []
    assert (done["person"]["payscore_accepts"], done["person"]["wallet_fen"]) == (False, 5)


async def test_texts_sent_several_times(trial: Trial) -> None:
    person = await trial.follower()
    done = await trial.act(person, "text", content="在吗", times=3)
    assert len(done["deliveries"]) == 3
    assert len({p.fields["MsgId"] for p in trial.pushes if "MsgId" in p.fields}) == 3
