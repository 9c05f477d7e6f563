"""The life of a plan: renewed early, turned over at midnight, ended; and the consent to renewal."""

from datetime import UTC, datetime

from domain.membership import PlanState, Quota
from models import CareMessage, Consent, InboxNote, Membership, QuotaCounter, QuotaEntry
from services import plans, quotas
from services.transaction import transaction
from tests.support.house import House
from tests.support.money import balance, buy, order, pay, shopper

YEAR_END = datetime(2027, 11, 22, 16, tzinfo=UTC)


async def test_renewed_early_the_next_year_follows_without_a_gap(house: House) -> None:
    who = await shopper(house)
    await buy(house, who)
    page = await buy(house, who, renew=True)
    assert page["current"]["ends_at"] == page["queued"]["starts_at"] == "2027-11-22T16:00:00Z"
    assert page["queued"]["ends_at"] == "2028-11-22T16:00:00Z"
    assert page["queued"]["state"] == "queued"
    assert [q["left"] for q in page["quotas"]] == [6, 6]
    # One year may wait, not two.
    refused = await house.api("POST", "/plans/yearly/order?renew=true", token=who.token, status=409)
    assert refused["code"] == "plan_active"


async def test_a_service_of_next_year_uses_next_years_counter(house: House) -> None:
    who = await shopper(house)
    await buy(house, who)
    await buy(house, who, renew=True)
    async with transaction():
        now_id = await quotas.hold(
            house.shop, who.member_id, Quota.STYLING, house.shop.now(), ref="booking:1", reason="booked"
        )
        then_id = await quotas.hold(
            house.shop, who.member_id, Quota.STYLING, YEAR_END, ref="booking:2", reason="booked"
        )
    assert now_id != then_id
    page = await house.api("GET", "/me/membership", token=who.token)
    assert [(q["kind"], q["held"], q["left"]) for q in page["quotas"]] == [
        ("styling", 1, 5),
        ("round_trip", 0, 6),
    ]
    assert [(line["step"], line["ref"]) for line in page["lines"]] == [("hold", "booking:1")]


async def test_at_midnight_the_old_year_ends_and_the_new_one_starts_with_fresh_counters(
    house: House,
) -> None:
    who = await shopper(house)
    first = (await buy(house, who))["current"]["id"]
    second = (await buy(house, who, renew=True))["queued"]["id"]
    async with transaction():
        counter_id = await quotas.hold(
            house.shop, who.member_id, Quota.STYLING, house.shop.now(), ref="booking:1", reason="booked"
        )
        await quotas.use(house.shop, counter_id, ref="booking:1", reason="done")

    await house.move_to(YEAR_END)
    await plans.turn_over(house.shop)
    assert (await Membership.get(id=first)).state is PlanState.ENDED
    assert (await Membership.get(id=second)).state is PlanState.ACTIVE
    page = await house.api("GET", "/me/membership", token=await house.login(who.person))
    assert page["current"]["id"] == second
    assert [q["left"] for q in page["quotas"]] == [6, 6]
    assert page["lines"] == []
    assert await plans.turn_over(house.shop) == 0


async def test_without_a_renewal_the_plan_is_over_at_24_oclock(house: House) -> None:
    who = await shopper(house)
    plan = (await buy(house, who))["current"]["id"]
    await house.move_to(YEAR_END)
    page = await house.api("GET", "/me/membership", token=await house.login(who.person))
    assert page["current"] is None
    assert page["quotas"] == []
    assert page["value"] is None
    await plans.turn_over(house.shop)
    assert (await Membership.get(id=plan)).state is PlanState.ENDED


async def test_an_order_after_the_end_begins_a_year_of_its_own_even_before_the_job_ran(
    house: House,
) -> None:
    who = await shopper(house)
    await buy(house, who)
    house.world.clock.set(YEAR_END, frozen=True)  # No job runs here.
    token = await house.login(who.person)
    placed = await house.api("POST", "/plans/yearly/order", token=token)
    await pay(house, placed["pay_params"])
    page = await house.api("GET", "/me/membership", token=token)
    assert page["current"]["starts_at"] == "2027-11-22T16:00:00Z"
    assert page["current"]["ends_at"] == "2028-11-23T16:00:00Z"  # bought on 23 November 2027


async def test_a_renewal_paid_in_the_last_minute_and_told_after_midnight_still_follows(
    house: House,
) -> None:
    who = await shopper(house)
    first = (await buy(house, who))["current"]["id"]
    house.world.clock.set(datetime(2027, 11, 22, 15, 59, tzinfo=UTC), frozen=True)
    token = await house.login(who.person)
    placed = await house.api("POST", "/plans/yearly/order?renew=true", token=token)
    await house.wechat("/faults", {"match": "notify:TRANSACTION.SUCCESS", "kind": "drop"})
    await pay(house, placed["pay_params"])
    house.world.clock.set(datetime(2027, 11, 22, 16, 1, tzinfo=UTC), frozen=True)
    await plans.turn_over(house.shop)
    assert (await Membership.get(id=first)).state is PlanState.ENDED
    await house.world.settle()  # WeChat repeats the notice.
    page = await house.api("GET", "/me/membership", token=token)
    assert page["current"]["state"] == "active"
    assert page["current"]["starts_at"] == "2027-11-22T16:00:00Z"
    assert page["current"]["ends_at"] == "2028-11-22T16:00:00Z"


async def test_the_end_of_a_period_is_announced_and_no_more_once_it_is_renewed(house: House) -> None:
    who = await shopper(house)
    first = (await buy(house, who))["current"]["id"]
    planned = CareMessage.filter(occurrence=f"membership:{first}", state="planned")
    assert await planned.count() >= 1
    assert all(m.send_at < YEAR_END for m in await planned)
    await buy(house, who, renew=True)
    assert await planned.count() == 0


async def test_renewal_is_a_consent_of_its_own_and_one_call_ends_it(house: House) -> None:
    who = await shopper(house)
    assert (await house.api("POST", "/me/renewal", token=who.token, status=404))["code"] == "not_found"
    await house.api("PUT", "/me/consents/renewal", {"given": True}, token=who.token, status=404)
    await buy(house, who)
    page = await house.api("GET", "/me/membership", token=who.token)
    assert page["renewal"] is False  # buying is no consent to renewal
    assert (await house.api("POST", "/me/renewal", token=who.token))["renewal"] is True
    assert (await house.api("GET", "/me/membership", token=who.token))["renewal"] is True
    for _ in range(2):
        assert (await house.api("DELETE", "/me/renewal", token=who.token))["renewal"] is False
    assert (await house.api("GET", "/me/membership", token=who.token))["renewal"] is False
    lines = await Consent.filter(member_id=who.member_id, purpose="renewal").order_by("id")
    assert [line.given for line in lines] == [True, False]


async def test_a_monthly_plan_of_the_31st(house: House) -> None:
    house.world.clock.set(datetime(2026, 12, 31, 4, tzinfo=UTC), frozen=True)
    who = await shopper(house)
    page = await buy(house, who, "monthly")
    assert page["current"]["ends_at"] == "2027-01-31T16:00:00Z"
    page = await buy(house, who, "monthly", renew=True)
    assert page["queued"]["ends_at"] == "2027-02-28T16:00:00Z"
    await house.move_to(datetime(2027, 2, 1, 4, tzinfo=UTC))
    await plans.turn_over(house.shop)
    who2 = type(who)(who.person, await house.login(who.person), who.member_id)
    page = await buy(house, who2, "monthly", renew=True)
    assert page["queued"]["ends_at"] == "2027-03-31T16:00:00Z"
    assert {c.granted for c in await QuotaCounter.all()} == {1}


async def test_the_statement_counts_what_was_used(house: House) -> None:
    who = await shopper(house)
    await buy(house, who, "monthly")
    async with transaction():
        for kind, ref in ((Quota.STYLING, "booking:1"), (Quota.ROUND_TRIP, "box:1")):
            counter_id = await quotas.hold(
                house.shop, who.member_id, kind, house.shop.now(), ref=ref, reason="confirmed"
            )
            await quotas.use(house.shop, counter_id, ref=ref, reason="shipped")
    value = (await house.api("GET", "/me/membership", token=who.token))["value"]
    assert (value["stylings_used"], value["stylings_left"]) == (1, 0)
    assert (value["round_trips_used"], value["round_trips_left"]) == (1, 0)
    assert value["saved_freight_fen"] == value["saved_fen"] == 2400
    assert await QuotaEntry.all().count() == 4
    # The announcement of the end says the same, the money saved among it.
    await house.move_to(datetime(2026, 12, 17, 2, 1, tzinfo=UTC))
    [note] = await InboxNote.filter(member_id=who.member_id, title="会员快到期了")
    assert "用了 1 次造型、1 次免费往返，一共省下 24.00 元；还剩 0 次造型、0 次往返" in note.text
    assert "49.00 元" in note.text


async def test_a_second_open_order_is_never_left_behind(house: House) -> None:
    who = await shopper(house)
    await buy(house, who)
    await order(house, who, "monthly", renew=True)
    await order(house, who, "yearly", renew=True)
    assert await Membership.filter(member_id=who.member_id, state=PlanState.WANTED).count() == 1


async def test_a_styling_above_the_quota_is_priced_first_and_there_once_it_is_paid(house: House) -> None:
    who = await shopper(house)
    path = "/me/stylings/extra"
    await house.api("GET", path, token=who.token, status=404)
    await buy(house, who, "monthly")
    counter = await QuotaCounter.get(kind=Quota.STYLING)
    await QuotaCounter.filter(id=counter.id).update(used=1)
    seen = await house.api("GET", path, token=who.token)
    assert seen == {"price_fen": 12800, "left": 0, "until": "2026-12-22T16:00:00Z"}
    assert (await house.api("POST", path, {"price_fen": 1}, token=who.token, status=409))["code"] == "stale_version"
    placed = await house.api("POST", path, {"price_fen": 12800}, token=who.token)
    again = await house.api("POST", path, {"price_fen": 12800}, token=who.token)
    assert again["payment"]["out_trade_no"] == placed["payment"]["out_trade_no"]
    assert (await house.api("GET", path, token=who.token))["left"] == 0
    assert (await pay(house, placed["pay_params"]))["notice"]["accepted"]
    assert (await house.api("GET", path, token=who.token))["left"] == 1
    page = await house.api("GET", "/me/membership", token=who.token)
    assert [(line["step"], line["reason"]) for line in page["lines"]] == [("grant", "bought")]
    assert await balance(member_id=who.member_id) == {"wechat": 17700, "membership_fees": -17700}
    # A second one is another order; paid when the period is over, it goes back by itself.
    placed = await house.api("POST", path, {"price_fen": 12800}, token=who.token)
    await Membership.all().update(state=PlanState.ENDED)
    await pay(house, placed["pay_params"])
    await house.move(minutes=5)
    assert await balance(member_id=who.member_id) == {"wechat": 17700, "membership_fees": -17700}
    assert (await QuotaCounter.get(id=counter.id)).granted == 2
