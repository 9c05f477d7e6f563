"""What every endpoint shares: shapes, methods, rids, content types, quotas, faults, the record."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from sandbox.trial import Trial, open_trial


@pytest.fixture
async def trial(tmp_path: Path) -> AsyncIterator[Trial]:
    async with open_trial(tmp_path) as opened:
        yield opened


SEND = "/cgi-bin/message/custom/send"


async def test_errors_are_200_with_a_rid_and_raw_utf8(trial: Trial) -> None:
    async with trial.session.get(f"{trial.base}/cgi-bin/user/get") as response:
        assert response.status == 200
        fields = await response.json(content_type=None)
        assert fields["errcode"] == 41001
        assert fields["errmsg"].startswith("access_token missing rid: ")
        assert response.headers["rid"] in fields["errmsg"]


async def test_the_content_type_cannot_be_relied_on(trial: Trial) -> None:
    seen = set()
    for _ in range(40):
        async with trial.session.get(f"{trial.base}/cgi-bin/user/get") as response:
            seen.add(response.content_type)
    assert seen == {"application/json", "text/plain"}


async def test_wrong_bodies(trial: Trial) -> None:
    assert (await trial.official(SEND, ""))["errcode"] == 44002
    assert (await trial.official(SEND, "{"))["errcode"] == 47001
    assert (await trial.official(SEND, [1]))["errcode"] == 47001
    assert (await trial.official(SEND, {"touser": 1, "msgtype": "text"}))["errcode"] == 47001
    person = await trial.follower()
    body = {"touser": trial.openid(person), "msgtype": "text", "text": ["hi"]}
    assert (await trial.official(SEND, body))["errcode"] == 47001
    assert (await trial.official(SEND, b"\xff\xfe"))["errcode"] == 47001


async def test_wrong_methods_paths_and_accounts(trial: Trial) -> None:
    assert (await trial.official(SEND))["errcode"] == 43002
    assert (await trial.official("/cgi-bin/user/get", {}))["errcode"] == 43001
    assert (await trial.official("/cgi-bin/User/get"))["errcode"] == 40066
    assert (await trial.mini("/cgi-bin/user/get"))["errcode"] == 48001
    assert (await trial.official("/wxa/sec/order/get_order", {"transaction_id": "1"}))["errcode"] == 48001


async def test_daily_quota_clear_and_its_own_limit(trial: Trial) -> None:
    await trial.control("quota", {"cgi_path": "/cgi-bin/user/get", "daily_limit": 2})
    codes = [(await trial.official("/cgi-bin/user/get")).get("errcode", 0) for _ in range(3)]
    assert codes == [0, 0, 45009]
    asked = await trial.official("/cgi-bin/openapi/quota/get", {"cgi_path": "/cgi-bin/user/get"})
    assert asked["quota"] == {"daily_limit": 2, "used": 2, "remain": 0}
    appid = trial.world.official.appid
    assert (await trial.official("/cgi-bin/clear_quota", {"appid": "wx1"}))["errcode"] == 40013
    assert (await trial.official("/cgi-bin/clear_quota", {"appid": appid}))["errcode"] == 0
    assert "total" in await trial.official("/cgi-bin/user/get")
    codes = [(await trial.official("/cgi-bin/clear_quota", {"appid": appid}))["errcode"] for _ in range(10)]
    assert codes == [0] * 9 + [48006]
    trial.pass_time(days=1)
    assert (await trial.official("/cgi-bin/openapi/quota/get", {"cgi_path": "/x"}))["quota"]["used"] == 0
    trial.pass_time(days=30)
    assert (await trial.official("/cgi-bin/clear_quota", {"appid": appid}))["errcode"] == 0


async def test_every_call_is_recorded_with_its_answer(trial: Trial) -> None:
    await trial.official(SEND, {"touser": "x", "msgtype": "text", "text": {"content": "你好"}})
    calls = (await trial.control(f"calls?path={SEND}"))["calls"]
    assert calls[0]["method"] == "POST"
    assert calls[0]["body"]["text"] == {"content": "你好"}
    assert calls[0]["reply"]["errcode"] == 40003
    assert calls[0]["status"] == 200
    later = await trial.control(f"calls?after={calls[0]['n']}")
    assert later == {"calls": [], "last": calls[0]["n"], "more": False}


async def test_only_the_last_twenty_thousand_calls_are_kept(trial: Trial) -> None:
    assert trial.world.calls.maxlen == 20_000


async def test_faults_on_endpoints(trial: Trial) -> None:
    await trial.token("official")
    path = "/cgi-bin/user/get"
    await trial.control("faults", {"match": path, "kind": "errcode", "errcode": -1, "times": 2})
    answers = [await trial.official(path) for _ in range(3)]
    assert [a.get("errcode", 0) for a in answers] == [-1, -1, 0]
    assert answers[0]["errmsg"].startswith("system error rid: ")
    await trial.control("faults", {"match": "/cgi-bin/user/", "kind": "status", "status": 503})
    async with trial.session.get(f"{trial.base}{path}") as response:
        assert response.status == 503
    assert (await trial.control("faults"))["faults"] == []


async def test_drop_loses_the_call_and_drop_after_the_answer(trial: Trial) -> None:
    person = await trial.follower()
    body = {"touser": trial.openid(person), "msgtype": "text", "text": {"content": "在"}}
    await trial.token("official")
    await trial.control("faults", {"match": SEND, "kind": "drop"})
    with pytest.raises(aiohttp.ClientError):
        await trial.official(SEND, body)
    assert await trial.chat(person, "custom") == []
    await trial.control("faults", {"match": SEND, "kind": "drop_after"})
    with pytest.raises(aiohttp.ClientError):
        await trial.official(SEND, body)
    assert len(await trial.chat(person, "custom")) == 1
    calls = (await trial.control(f"calls?path={SEND}"))["calls"]
    assert [call["status"] for call in calls] == [0, 0]
    assert [call["reply"] for call in calls] == [None, {"errcode": 0, "errmsg": "ok"}]


async def test_a_delay_and_a_fault_together(trial: Trial) -> None:
    await trial.control("faults", {"match": "/cgi-bin/", "kind": "delay", "seconds": 0.01})
    await trial.control("faults", {"match": "/cgi-bin/", "kind": "delay_after", "seconds": 0.01})
    await trial.control("faults", {"match": "/cgi-bin/", "kind": "errcode", "errcode": 45009})
    assert (await trial.get("/cgi-bin/user/get"))["errcode"] == 45009
    assert (await trial.control("faults"))["faults"] == []


async def test_older_endpoints_keep_escaped_chinese_literally(trial: Trial) -> None:
    person = await trial.follower()
    escaped = '{"touser":"%s","msgtype":"text","text":{"content":"\\u4f60\\u597d"}}' % trial.openid(person)  # noqa: UP031
    assert (await trial.official(SEND, escaped))["errcode"] == 0
    item = (await trial.chat(person, "custom"))[0]
    assert item["content"] == "\\u4f60\\u597d"
    assert item["escaped"] is True
    menu = '{"button":[{"type":"click","name":"\\u6211","key":"ME"}]}'
    assert (await trial.official("/cgi-bin/menu/create", menu))["errcode"] == 0
    shown = (await trial.control("menu"))["menu"]
    assert shown["button"][0]["name"] == "\\u6211"
