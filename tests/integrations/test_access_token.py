"""One token per account: fetched once however many wait, renewed in time, replaced when refused."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from domain.errors import OutsideFault, OutsideRefusal
from domain.ports import Wechat
from sandbox.api.tokens import Tokens
from tests.integrations.shop import Heard, Shop

STABLE = "/cgi-bin/stable_token"
INFO = "/cgi-bin/user/info"


@pytest.fixture
def openid(shop: Shop) -> str:
    return shop.person().openids[shop.world.official.appid]


async def test_fifty_at_once_fetch_one_token(
    shop: Shop, wechat: Wechat, openid: str, together: Callable[..., Any]
) -> None:
    users = await together(50, lambda: wechat.official.user_info(openid))
    assert {user.openid for user in users} == {openid}
    assert len(shop.seen(STABLE)) == 1
    assert len({call.query["access_token"] for call in shop.seen(INFO)}) == 1


async def test_the_two_accounts_have_a_token_each(shop: Shop, wechat: Wechat, openid: str) -> None:
    await wechat.official.user_info(openid)
    await wechat.mini.scene_code("a1", "pages/index/index")
    assert len(shop.seen(STABLE)) == 2


async def test_a_caller_who_gives_up_does_not_take_the_fetch_from_the_others(
    shop: Shop, wechat: Wechat, openid: str
) -> None:
    shop.fault(STABLE, "delay", seconds=0.2)
    first = asyncio.create_task(wechat.official.user_info(openid))
    second = asyncio.create_task(wechat.official.user_info(openid))
    while not shop.world.faults or shop.world.faults[0].times:
        await asyncio.sleep(0)
    first.cancel()
    assert (await second).openid == openid
    assert first.cancelled()
    assert len(shop.seen(STABLE)) == 1


async def test_renewed_five_minutes_before_its_end(shop: Shop, wechat: Wechat, openid: str) -> None:
    await wechat.official.user_info(openid)
    await shop.pass_time(seconds=7200 - 301)
    await wechat.official.user_info(openid)
    assert len(shop.seen(STABLE)) == 1
    await shop.pass_time(seconds=1)
    await wechat.official.user_info(openid)
    assert len(shop.seen(STABLE)) == 2


async def test_a_token_with_life_left_is_used_while_it_cannot_be_renewed(
    shop: Shop, wechat: Wechat, openid: str
) -> None:
    await wechat.official.user_info(openid)
    await shop.pass_time(seconds=7200 - 200)
    shop.fault(STABLE, "status", status=502, times=1000)
    await wechat.official.user_info(openid)
    tries = len(shop.seen(STABLE))
    await wechat.official.user_info(openid)
    assert len(shop.seen(STABLE)) == tries, "asked again at once"
    await shop.pass_time(seconds=201)
    with pytest.raises(OutsideFault):
        await wechat.official.user_info(openid)


@pytest.mark.parametrize("code", [40001, 40014, 42001])
async def test_a_refused_token_is_replaced_and_the_call_made_again_once(
    shop: Shop, wechat: Wechat, openid: str, heard: Heard, code: int
) -> None:
    await wechat.official.user_info(openid)
    shop.fault(INFO, "errcode", errcode=code)
    assert (await wechat.official.user_info(openid)).openid == openid
    assert heard.outcomes(INFO) == ["ok", str(code), "ok"]


async def test_a_token_killed_elsewhere_is_replaced_for_everybody_at_once(
    shop: Shop, wechat: Wechat, openid: str, together: Callable[..., Any]
) -> None:
    await wechat.official.user_info(openid)
    shop.world.room(Tokens).revoke("official")
    users = await together(50, lambda: wechat.official.user_info(openid))
    assert {user.openid for user in users} == {openid}
    assert len(shop.seen(STABLE)) == 2


async def test_a_poisoned_token_is_forced_once_and_does_not_loop(
    shop: Shop, wechat: Wechat, openid: str, together: Callable[..., Any]
) -> None:
    await wechat.official.user_info(openid)
    shop.fault(INFO, "errcode", errcode=40001, times=10_000)
    for answer in await together(20, lambda: wechat.official.user_info(openid)):
        assert isinstance(answer, OutsideRefusal)
        assert answer.code == "40001"
    assert len(shop.seen(INFO)) == 1 + 2 * 20
    forced = [call for call in shop.seen(STABLE) if call.body["force_refresh"]]
    assert len(forced) == 1
    with pytest.raises(OutsideRefusal):
        await wechat.official.user_info(openid)
    assert len([call for call in shop.seen(STABLE) if call.body["force_refresh"]]) == 1


async def test_a_wrong_secret_is_a_refusal_and_nothing_else_is_called(shop: Shop, wechat: Wechat, openid: str) -> None:
    shop.fault(STABLE, "errcode", errcode=40164, times=100)
    with pytest.raises(OutsideRefusal) as no:
        await wechat.official.user_info(openid)
    assert no.value.code == "40164"
    assert not shop.seen(INFO)
