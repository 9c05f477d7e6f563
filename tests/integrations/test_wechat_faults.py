"""What goes wrong on the way leaves as one of our two errors; reads are tried again, sends never."""

import logging
import traceback
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from domain.errors import OutsideFault, OutsideRefusal
from domain.ports import Wechat
from integrations import connect
from sandbox.api.custom import Windows
from sandbox.api.login import Logins
from sandbox.world import Person
from tests.integrations.shop import NOW, Heard, Shop

INFO = "/cgi-bin/user/info"
SEND = "/cgi-bin/message/custom/send"
TOKEN = "/cgi-bin/stable_token"


@pytest.fixture
def follower(shop: Shop) -> Person:
    person = shop.person()
    person.follows, person.subscribed_at = True, NOW - timedelta(days=1)
    shop.world.room(Windows).grant(shop.world.official, person, "message")
    return person


@pytest.fixture
def openid(shop: Shop, follower: Person) -> str:
    return follower.openids[shop.world.official.appid]


HICCUPS: list[dict[str, Any]] = [
    {"kind": "drop"},
    {"kind": "drop_after"},
    {"kind": "status", "status": 502},
    {"kind": "errcode", "errcode": -1},
]


@pytest.mark.parametrize("fault", HICCUPS, ids=str)
async def test_a_read_survives_two_hiccups(shop: Shop, wechat: Wechat, openid: str, fault: dict[str, Any]) -> None:
    await wechat.official.user_info(openid)
    shop.fault(INFO, times=2, **fault)
    assert (await wechat.official.user_info(openid)).follows


@pytest.mark.parametrize("fault", HICCUPS, ids=str)
async def test_a_read_gives_up_after_three(
    shop: Shop, wechat: Wechat, openid: str, heard: Heard, fault: dict[str, Any]
) -> None:
    shop.fault(INFO, times=100, **fault)
    with pytest.raises(OutsideFault):
        await wechat.official.user_info(openid)
    assert len(heard.outcomes(INFO)) == 3


@pytest.mark.parametrize("fault", HICCUPS, ids=str)
async def test_a_send_is_tried_once(
    shop: Shop, wechat: Wechat, openid: str, heard: Heard, fault: dict[str, Any]
) -> None:
    shop.fault(SEND, **fault)
    with pytest.raises(OutsideFault):
        await wechat.official.send_text(openid, "您好")
    assert len(heard.outcomes(SEND)) == 1
    await wechat.official.send_text(openid, "您好")


@pytest.mark.parametrize("code", [45009, 45011, 44990, 44991])
async def test_a_used_up_quota_may_pass_and_is_not_hammered(
    shop: Shop, wechat: Wechat, openid: str, heard: Heard, code: int
) -> None:
    shop.fault(INFO, "errcode", errcode=code)
    with pytest.raises(OutsideFault):
        await wechat.official.user_info(openid)
    assert heard.outcomes(INFO) == [str(code)]


async def test_a_refusal_carries_wechats_code(wechat: Wechat, shop: Shop) -> None:
    stranger = shop.person().openids[shop.world.official.appid]
    with pytest.raises(OutsideRefusal) as no:
        await wechat.official.send_text(stranger, "您好")
    assert no.value.code == "43004"
    assert "rid" in no.value.text


async def test_no_answer_in_time_is_a_fault(shop: Shop, openid: str, heard: Heard) -> None:
    hasty = shop.settings.model_copy(
        update={"wechat": shop.settings.wechat.model_copy(update={"timeout_seconds": 0.5})}
    )
    shop.fault(INFO, "delay", seconds=1.0)
    async with connect(hasty, shop.clock, on_call=heard) as wechat:
        with pytest.raises(OutsideFault):
            await wechat.official.user_info(openid)
    assert heard.outcomes(INFO) == ["timeout"]


async def test_nobody_listening_is_a_fault(shop: Shop, openid: str, heard: Heard) -> None:
    nowhere = shop.settings.model_copy(
        update={"wechat": shop.settings.wechat.model_copy(update={"api_base": "http://127.0.0.1:9"})}
    )
    async with connect(nowhere, shop.clock, on_call=heard) as wechat:
        with pytest.raises(OutsideFault):
            await wechat.official.user_info(openid)
    assert set(heard.outcomes(TOKEN)) == {"connection"}


async def test_no_secret_and_no_token_in_any_error_or_log(
    shop: Shop, wechat: Wechat, openid: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await wechat.official.user_info(openid)
    token = shop.seen(INFO)[0].query["access_token"]
    told = ""

    async def fails(call: Callable[[], Awaitable[object]]) -> str:
        with pytest.raises((OutsideFault, OutsideRefusal)) as problem:
            await call()
        assert problem.value.__cause__ is None
        assert problem.value.__context__ is None
        return "".join(traceback.format_exception(problem.value)) + repr(problem.value)

    for fault in [*HICCUPS, {"kind": "errcode", "errcode": 40003}, {"kind": "errcode", "errcode": 40001}]:
        shop.fault(INFO, times=6, **fault)
        told += await fails(lambda: wechat.official.user_info(openid))
        for left in shop.world.faults:
            left.times = 0
    code = shop.world.room(Logins).code(shop.person(), "login")
    for fault in HICCUPS:
        shop.fault("/sns/", **fault)
        told += await fails(lambda: wechat.mini.login(code))
    told += caplog.text
    for secret in (
        token,
        shop.world.official.secret,
        shop.world.mini.secret,
        shop.credentials["merchant"]["api_v3_key"],
        code,
    ):
        assert secret not in told
    assert "wechat.token" in caplog.text
