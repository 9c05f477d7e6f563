"""A member buys a plan: once, at the price that was shown, and whatever is fired in parallel."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import NotFound, PlanActive
from domain.membership import Level, MembershipRules, PlanOffer, PlanState
from domain.payment import PaymentState, RefundState
from models import History, Member, Membership, Payment, QuotaCounter, Refund
from services import plans
from services.shop import Shop
from tests.support.house import House
from tests.support.money import balance, buy, order, pay, shopper


def with_campaign(shop: Shop, price_fen: int, lasts: timedelta) -> Shop:
    """The same shop with a campaign on the yearly plan that has just begun."""
    now = shop.now()
    offer = PlanOffer(
        "yearly", "年度会员", 39800, 12, 6, 6,
        campaign_price_fen=price_fen,
        campaign_from=now.isoformat(),
        campaign_until=(now + lasts).isoformat(),
    )  # fmt: skip
    rules = replace(shop.rules, membership=MembershipRules(plans=(offer,)))
    return replace(shop, rules=rules)


async def test_a_paid_plan_runs_for_a_year_with_its_quotas(house: House) -> None:
    who = await shopper(house)
    page = await buy(house, who)

    assert page["current"]["state"] == "active"
    assert page["current"]["starts_at"] == "2026-11-22T02:00:00Z"
    assert page["current"]["ends_at"] == "2027-11-22T16:00:00Z"  # 24:00 of 22 November in Shanghai
    assert {q["kind"]: (q["granted"], q["left"]) for q in page["quotas"]} == {
        "styling": (6, 6),
        "round_trip": (6, 6),
    }
    assert page["value"]["fee_fen"] == 39800
    assert page["value"]["round_trips_left"] == 6
    assert await balance(member_id=who.member_id) == {"wechat": 39800, "membership_fees": -39800}
    assert (await Member.get(id=who.member_id)).level is Level.PAYER
    moves = await History.filter(noun="plan", row_id=page["current"]["id"]).values_list("old", "new")
    assert moves == [("wanted", "active")]


async def test_the_plans_on_sale_are_open_to_everybody(house: House) -> None:
    [yearly, monthly] = (await house.api("GET", "/plans"))["items"]
    assert (yearly["code"], yearly["price_fen"], yearly["price_now_fen"]) == ("yearly", 39800, 39800)
    assert (monthly["code"], monthly["months"]) == ("monthly", 1)
    assert yearly["campaign"] is None


async def test_within_the_price_lock_the_same_order_is_given_again(house: House) -> None:
    who = await shopper(house)
    first = await order(house, who)
    await house.move(minutes=14, seconds=59)
    again = await order(house, who)
    assert again["membership"]["id"] == first["membership"]["id"]
    assert again["payment"]["out_trade_no"] == first["payment"]["out_trade_no"]
    assert await Payment.filter(member_id=who.member_id).count() == 1


async def test_after_the_price_lock_the_order_is_made_anew(house: House) -> None:
    who = await shopper(house)
    first = await order(house, who)
    await house.move(minutes=15)
    again = await order(house, who)
    assert again["payment"]["out_trade_no"] != first["payment"]["out_trade_no"]
    old = await Membership.get(id=first["membership"]["id"])
    assert old.state is PlanState.CANCELLED
    assert (await Payment.get(out_trade_no=first["payment"]["out_trade_no"])).state is PaymentState.CLOSED
    assert (await pay(house, again["pay_params"]))["notice"]["accepted"]
    assert (await house.api("GET", "/me/membership", token=who.token))["current"]["state"] == "active"


async def test_another_plan_replaces_the_open_order(house: House) -> None:
    who = await shopper(house)
    yearly = await order(house, who, "yearly")
    monthly = await order(house, who, "monthly")
    assert monthly["payment"]["amount_fen"] == 4900
    assert await Membership.filter(member_id=who.member_id, state=PlanState.WANTED).count() == 1
    closed = await Payment.get(out_trade_no=yearly["payment"]["out_trade_no"])
    assert closed.state is PaymentState.CLOSED


async def test_a_campaign_price_of_zero_begins_without_wechat(house: House) -> None:
    who = await shopper(house)
    shop = with_campaign(house.shop, 0, timedelta(hours=1))
    membership, payment = await plans.order(shop, who.member_id, "yearly")
    assert payment is None
    assert membership.state is PlanState.ACTIVE
    assert await QuotaCounter.filter(membership_id=membership.id).count() == 2
    assert (await Member.get(id=who.member_id)).level is Level.REGISTERED  # nothing was paid
    assert await Payment.all().count() == 0


async def test_a_price_locked_in_the_campaign_holds_after_it_and_not_longer(house: House) -> None:
    who = await shopper(house)
    shop = with_campaign(house.shop, 100, timedelta(minutes=5))
    first, _ = await plans.order(shop, who.member_id, "yearly")
    await house.move(minutes=10)
    again, payment = await plans.order(shop, who.member_id, "yearly")
    assert payment is not None
    assert (again.id, payment.amount_fen) == (first.id, 100)
    await house.move(minutes=5)
    anew, payment = await plans.order(shop, who.member_id, "yearly")
    assert payment is not None
    assert anew.id != first.id
    assert payment.amount_fen == 39800


async def test_twenty_orders_at_once_are_one_order_and_one_plan(house: House) -> None:
    who = await shopper(house)
    told = await asyncio.gather(*(order(house, who) for _ in range(20)))
    assert len({t["payment"]["out_trade_no"] for t in told}) == 1
    await pay(house, told[0]["pay_params"])
    assert await Membership.filter(member_id=who.member_id).count() == 1
    assert await Membership.filter(member_id=who.member_id, state=PlanState.ACTIVE).count() == 1


async def test_twenty_free_orders_at_once_begin_one_plan(house: House) -> None:
    who = await shopper(house)
    shop = with_campaign(house.shop, 0, timedelta(hours=1))
    told = await asyncio.gather(
        *(plans.order(shop, who.member_id, "yearly") for _ in range(20)), return_exceptions=True
    )
    begun = [t for t in told if not isinstance(t, BaseException)]
    assert len(begun) == 1
    assert all(isinstance(t, PlanActive) for t in told if isinstance(t, BaseException))
    assert await Membership.filter(member_id=who.member_id, state=PlanState.ACTIVE).count() == 1
    assert await QuotaCounter.all().count() == 2


async def test_while_a_plan_runs_another_is_refused(house: House) -> None:
    who = await shopper(house)
    await buy(house, who)
    problem = await house.api("POST", "/plans/monthly/order", token=who.token, status=409)
    assert problem["code"] == "plan_active"
    assert problem["facts"]["ends_at"].startswith("2027-11-22T16:00:00")


async def test_a_payment_that_comes_although_a_plan_runs_goes_back_by_itself(house: House) -> None:
    who = await shopper(house)
    placed = await order(house, who)
    # The plan begins another way while the sheet is still open: a free day.
    free = with_campaign(house.shop, 0, timedelta(hours=1))
    await Membership.filter(id=placed["membership"]["id"]).update(
        price_locked_until=house.shop.now() - timedelta(seconds=1)
    )
    # The sheet stays open: the old payment is not known to be closed yet at WeChat.
    await house.wechat("/faults", {"match": "/v3/pay/transactions/out-trade-no", "kind": "status", "times": 9})
    running, _ = await plans.order(free, who.member_id, "yearly")
    assert running.state is PlanState.ACTIVE
    told = await pay(house, placed["pay_params"])
    assert told["notice"]["accepted"]
    await house.move(minutes=5)

    [refund] = await Refund.filter(ref=f"membership:{placed['membership']['id']}")
    assert (refund.amount_fen, refund.state) == (39800, RefundState.DONE)
    assert await balance(member_id=who.member_id) == {}
    assert await Membership.filter(member_id=who.member_id, state=PlanState.ACTIVE).count() == 1
    assert (await Member.get(id=who.member_id)).level is Level.REGISTERED


async def test_no_such_plan_and_no_session(house: House) -> None:
    who = await shopper(house)
    assert (await house.api("POST", "/plans/gold/order", token=who.token, status=404))["code"] == "not_found"
    await house.api("POST", "/plans/yearly/order", status=401)
    with pytest.raises(NotFound):
        await plans.order(house.shop, 999_999, "yearly")


async def test_a_member_sees_only_their_own_payment(house: House) -> None:
    one, other = await shopper(house, "林一"), await shopper(house, "周二")
    number = (await order(house, one))["payment"]["out_trade_no"]
    assert (await house.api("GET", f"/payments/{number}", token=one.token))["state"] == "wanted"
    await house.api("GET", f"/payments/{number}", token=other.token, status=404)
    await house.api("POST", f"/payments/{number}/prepare", token=other.token, status=404)
    await house.api("GET", "/payments/%00", token=one.token, status=404)


async def test_fresh_parameters_pay_the_same_order_until_its_time_is_over(house: House) -> None:
    who = await shopper(house)
    number = (await order(house, who))["payment"]["out_trade_no"]
    await house.move(minutes=5)
    params = await house.api("POST", f"/payments/{number}/prepare", token=who.token)
    await house.move(minutes=10)
    late = await house.api("POST", f"/payments/{number}/prepare", token=who.token, status=409)
    assert late["code"] in ("too_late", "wrong_state")
    assert params["package"].startswith("prepay_id=")


async def test_a_prepay_that_wechat_does_not_answer_is_asked_again_under_the_same_number(
    house: House,
) -> None:
    who = await shopper(house)
    await house.wechat("/faults", {"match": "/v3/pay/transactions/jsapi", "kind": "drop_after"})
    await house.api("POST", "/plans/yearly/order", token=who.token, key="k1", status=502)
    [left] = await Payment.filter(member_id=who.member_id)
    placed = await house.api("POST", "/plans/yearly/order", token=who.token, key="k1")
    assert placed["payment"]["out_trade_no"] == left.out_trade_no
    assert (await pay(house, placed["pay_params"]))["notice"]["accepted"]


async def test_instants_are_utc(house: House) -> None:
    who = await shopper(house)
    await buy(house, who)
    membership = await Membership.get(member_id=who.member_id)
    assert membership.ends_at == datetime(2027, 11, 22, 16, tzinfo=UTC)
    assert membership.anchor is not None
    assert membership.anchor.isoformat() == "2026-11-22"
