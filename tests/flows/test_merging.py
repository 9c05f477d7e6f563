"""Two members that turn out to be one person: what adds up, and what only a person can decide."""

from models import CareMessage, Case, Membership, PointsLot, QuotaCounter, Refund
from services import points
from services.merging import merge
from services.transaction import transaction
from tests.support.house import House
from tests.support.money import balance, buy, shopper


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

    # Either end is shown with its figures; the case is not closed by hand.
    path = f"/staff/members/{kept}/twin-plans"
    await house.api("POST", f"/staff/cases/{case.id}/close", {"outcome": "settled"}, token=desk, status=422)
    seen = await house.api("GET", path, token=desk)
    assert [seen["kept"]["id"], seen["other"]["id"]] == [plan.id for plan in plans]
    assert (seen["follow_starts_at"], seen["refund_fen"], seen["in_use"]) == (seen["kept"]["ends_at"], 4900, False)
    told = await house.api("POST", path, {"how": "follow", "why": "两份都用得上"}, token=desk)
    second = await Membership.get(id=plans[1].id)
    assert (second.state, second.follows_id, second.starts_at) == ("queued", plans[0].id, plans[0].ends_at)
    # A month from the end of the first one, counted from its own anchor.
    assert told["follow_ends_at"] == "2027-12-22T16:00:00Z"
    assert (await Case.get(id=case.id)).outcome == "follow"
    await house.api("POST", path, {"how": "refund", "why": "改主意"}, token=desk, status=404)
    page = await house.api("GET", "/me/membership", token=await house.login(one.person))
    assert (page["current"]["id"], page["queued"]["id"]) == (plans[0].id, plans[1].id)


async def test_a_second_plan_that_is_not_used_may_be_given_back(house: House) -> None:
    one, two = await shopper(house), await shopper(house, "周二")
    await buy(house, one)
    await buy(house, two, "monthly")
    async with transaction():
        kept = await merge(house.shop, two.member_id, one.member_id)
    desk = await house.staff("service1")
    path, body = f"/staff/members/{kept}/twin-plans", {"how": "refund", "why": "只要一份"}
    counter = await QuotaCounter.filter(membership__state="queued").first()
    assert counter is not None
    await QuotaCounter.filter(id=counter.id).update(held=1)
    assert (await house.api("POST", path, body, token=desk, status=409))["code"] == "wrong_state"
    await QuotaCounter.filter(id=counter.id).update(held=0)
    await house.api("POST", path, body, token=desk)
    await house.move(minutes=5)
    assert (await Refund.get(member_id=kept)).state == "done"
    assert await balance(member_id=kept) == {"wechat": 39800, "membership_fees": -39800}
    assert await Membership.filter(member_id=kept, state="cancelled").count() == 1


async def test_a_gift_both_halves_got_is_there_once(house: House) -> None:
    one, two = await shopper(house), await shopper(house, "周二")
    async with transaction():
        await points.award(house.shop, two.member_id, 40, reason="adjust", ref="x")
        said = CareMessage.filter(member_id=two.member_id, step="welcome.how_it_works")
        await said.update(state="sent", sent_at=house.shop.now())
        kept = await merge(house.shop, one.member_id, two.member_id)
    assert (await points.balance(house.shop, kept)).usable == 140
    # What one half was told already is not told again to the other.
    told = {m.step: m.state for m in await CareMessage.filter(member_id=kept)}
    assert (told["welcome.how_it_works"], told["welcome.opinion"]) == ("sent", "planned")


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
