"""Two members that turn out to be one person: what adds up, and what only a person can decide."""

from models import Case, Membership, PointsLot
from services import points
from services.merging import merge
from services.transaction import transaction
from tests.support.house import House
from tests.support.money import buy, shopper


async def test_two_running_plans_are_a_case_for_staff(house: House) -> None:
    one, two = await shopper(house), await shopper(house, "周二")
    await buy(house, one)
    await buy(house, two, "monthly")
    async with transaction():
        kept = await merge(house.shop, two.member_id, one.member_id)
    assert kept == one.member_id
    [case] = await Case.filter(kind="merge", ref=f"member:{kept}")
    assert case.member_id == kept
    plans = await Membership.filter(member_id=kept).order_by("id")
    assert case.facts == {"membership_ids": [plan.id for plan in plans]}
    assert [plan.state for plan in plans] == ["active", "queued"]
    desk = await house.staff("service1")
    told = await house.api("GET", "/staff/cases?kind=merge", token=desk)
    assert told["items"][0]["ref"] == f"member:{kept}"


async def test_a_gift_both_halves_got_is_there_once(house: House) -> None:
    one, two = await shopper(house), await shopper(house, "周二")
    async with transaction():
        await points.award(house.shop, two.member_id, 40, reason="adjust", ref="x")
        kept = await merge(house.shop, one.member_id, two.member_id)
    assert (await points.balance(house.shop, kept)).usable == 140


async def test_a_second_gift_that_was_spent_is_owed(house: House) -> None:
    one, two = await shopper(house), await shopper(house, "周二")
    for who in (one, two):
        async with transaction():
            await points.spend(house.shop, who.member_id, 80, reason="coupon", ref=f"coupon:{who.member_id}")
    async with transaction():
        kept = await merge(house.shop, one.member_id, two.member_id)
    # One gift of 100, and 160 spent.
    assert (await points.balance(house.shop, kept)).usable == -60
    assert not await PointsLot.exists(member_id=two.member_id)
