"""Inviting friends: one level, once a friend, capped a year, undone with its cause, and nothing for oneself."""

import asyncio
from typing import Any

import pytest

from models import AuditEntry, Member, PointsLot, Referral, ReferralYear
from services import purchases
from services.transaction import transaction
from tests.support.house import House
from tests.support.money import Shopper, shopper


async def bought(house: House, who: Shopper, net_fen: int, ref: str = "") -> None:
    async with transaction():
        await purchases.keep(house.shop, who.member_id, ref or f"order:{who.member_id}", net_fen)


async def invite(house: House, inviter: Shopper, friend: Shopper, status: int | None = None) -> Any:
    code = (await house.api("GET", "/me/invitation", token=inviter.token))["code"]
    return await house.api("POST", "/me/inviter", {"code": code}, token=friend.token, status=status)


async def given(member_id: int) -> int:
    return sum(lot.unspent for lot in await PointsLot.filter(member_id=member_id, reason="referral"))


async def test_a_friends_first_purchase_is_rewarded_once_and_undone_with_it(house: House) -> None:
    one, friend, third = [await shopper(house, name) for name in ("林一", "周二", "吴三")]
    await house.follow(one.person)
    await house.move(seconds=5)
    assert (await invite(house, one, one, status=422))["field"] == "code"
    await invite(house, one, friend)
    assert (await invite(house, one, friend))["state"] == "bound"
    await invite(house, third, friend, status=422)  # one inviter for life
    await invite(house, friend, one, status=422)  # and never in a circle
    await invite(house, friend, third)
    await bought(house, friend, 19900)
    page = await house.api("GET", "/me/invitation", token=one.token)
    assert [(f["state"], f["points"]) for f in page["friends"]] == [("earned", 200)]
    said = await house.say(one.person, "邀请朋友有什么奖励")
    assert page["code"] in said
    assert "今年已有 1 位" in said
    # One level: what the friend's friend buys is the friend's alone.
    await bought(house, third, 9900)
    assert (await given(one.member_id), await given(friend.member_id)) == (200, 200)
    await bought(house, friend, 0)
    assert await given(one.member_id) == 0
    assert (await Referral.get(friend_id=friend.member_id)).state == "undone"
    assert (await ReferralYear.get(member_id=one.member_id)).earned == 0
    await bought(house, friend, 19900, "order:again")
    assert await given(one.member_id) == 0


async def test_who_has_bought_or_came_long_ago_is_nobodys_friend(house: House) -> None:
    one, buyer, old = [await shopper(house, name) for name in ("林一", "周二", "吴三")]
    await bought(house, buyer, 100)
    assert (await invite(house, one, buyer, status=409))["code"] == "too_late"
    await Member.filter(id=old.member_id).update(created_at=house.shop.now().replace(month=9))
    assert (await invite(house, one, old, status=409))["code"] == "too_late"


async def test_inviting_oneself_earns_nothing_once_it_is_known(house: House) -> None:
    one, other = await shopper(house), await shopper(house, "另一个号")
    await invite(house, one, other)
    await bought(house, other, 19900)
    assert await given(one.member_id) == 200
    # The same phone on both: one person.
    house.world.people[other.person.id].phone = house.world.people[one.person.id].phone
    for who in (one, other):
        code = (await house.wechat(f"/people/{who.person.id}/phone-code"))["code"]
        await house.api("POST", "/me/phone", {"code": code}, token=who.token)
    assert (await Referral.get()).state == "void"
    assert await given(one.member_id) == 0


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_the_years_cap_holds_for_friends_who_buy_at_once(house: House) -> None:
    one = await shopper(house)
    friends = [await shopper(house, f"友{number}") for number in range(13)]
    for friend in friends:
        await invite(house, one, friend)
    await asyncio.gather(*(bought(house, friend, 5000) for friend in friends))
    assert await Referral.filter(state="earned").count() == 10
    assert await Referral.filter(state="capped").count() == 3
    assert await given(one.member_id) == 2000


async def test_an_unlawful_rule_cannot_be_saved_and_a_lawful_one_holds_for_later_friends(house: House) -> None:
    one, early, late = [await shopper(house, name) for name in ("林一", "周二", "吴三")]
    await invite(house, one, early)
    token = await house.staff("marketing1")
    rule = {"name": "双旦邀请", "points": 500, "cap_per_year": 5, "least_fen": 10000}
    unlawful: tuple[tuple[dict[str, int], str], ...] = (
        ({"levels": 2}, "second_level"), ({"needs_invitees": 160}, "head_count"), ({"share_percent": 40}, "fee_share"),
    )  # fmt: skip
    for change, law in unlawful:
        told = await house.api("PUT", "/staff/referral-rule", {**rule, **change}, token=token, status=422)
        assert (told["code"], told["facts"]) == ("unlawful", {"rule": "双旦邀请", "law": law})
    assert await AuditEntry.filter(action="referral.rule").count() == 0
    assert (await house.api("PUT", "/staff/referral-rule", rule, token=token))["version"] == 1
    await house.api("PUT", "/staff/referral-rule", rule, token=await house.staff("service1"), status=403)
    await invite(house, one, late)
    await bought(house, early, 100)  # by the rule it was promised under
    await bought(house, late, 9999)
    assert await given(one.member_id) == 200
    await bought(house, late, 10000)
    assert await given(one.member_id) == 700
