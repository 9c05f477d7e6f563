"""WeChat's daily bill compared with our rows: late ones retried, what differs listed, said, and closed by itself."""

from datetime import timedelta

from domain.clock import day_of
from models import AuditEntry, BillDifference, DayBill, DayBillLine, Payment, Refund
from services import day_bills
from tests.support.boxes import Life, life
from tests.support.house import House
from tests.support.money import fault

WHO = "finance1"


async def a_day(house: House) -> Life:
    """A plan, a box by deposit of which nothing stays, one by Pay Score that is kept."""
    box = await life(house)
    await box.cover("deposit")
    await box.signed()
    await box.decide(0)
    await box.come_back(await box.send_back())
    other = await life(house, name="周二")
    await other.cover("pay_score")
    await other.signed()
    await other.call("POST", f"/boxes/{other.id}/keep-all")
    await house.move(minutes=2)
    return other


async def next_morning(house: House, hour: int = 11) -> str:
    """To that hour of the next day in Shanghai; the day before, as the address takes it."""
    day = day_of(house.shop.now())
    start = house.shop.now().replace(hour=0, minute=0, second=0, microsecond=0)
    await house.move_to(start + timedelta(days=1, hours=hour - 8))
    return day.isoformat()


async def test_a_bill_that_agrees_lists_nothing(house: House) -> None:
    await a_day(house)
    assert await day_bills.fetch_due(house.shop) >= 0
    day = await next_morning(house)
    told = await house.api("GET", f"/staff/bills/{day}", token=await house.staff(WHO))
    assert told["differences"] == []
    assert told["lines"] == await DayBillLine.filter(day=day).count() == 5  # two plans, a deposit, its refund, a box
    [newest, *_] = (await house.api("GET", "/staff/bills", token=await house.staff(WHO)))["items"]
    assert (newest["day"], newest["open"]) == (day, 0)
    again = await house.api("POST", f"/staff/bills/{day}/fetch", token=await house.staff(WHO))
    assert again == told
    assert await DayBill.filter(day=day).count() == 1


async def test_what_differs_is_listed_and_resolved_with_a_note(house: House) -> None:
    # The refund that is set back by hand is asked about, and cannot be booked twice.
    house.broken.expected.add("silent.ask_broke")
    await a_day(house)
    plan = await Payment.filter(purpose="plan").order_by("id").first()
    deposit = await Payment.get(purpose="deposit")
    refund = await Refund.get(transaction_id=deposit.transaction_id)
    second = await Payment.filter(purpose="plan").order_by("-id").first()
    assert plan is not None
    assert second is not None
    await Payment.filter(id=plan.id).update(amount_fen=plan.amount_fen + 1)
    await Payment.filter(id=second.id).update(out_trade_no="HZUNKNOWN", transaction_id="HZUNKNOWN")
    await Refund.filter(id=refund.id).update(state="accepted")
    day = await next_morning(house)
    token = await house.staff(WHO)
    told = (await house.api("GET", f"/staff/bills/{day}", token=token))["differences"]
    assert sorted((d["differs"], d["kind"], d["number"], d["ours_fen"], d["theirs_fen"]) for d in told) == sorted(
        [
            ("amount_differs", "payment", plan.out_trade_no, plan.amount_fen + 1, plan.amount_fen),
            ("ours_only", "payment", "HZUNKNOWN", second.amount_fen, None),
            ("theirs_only", "payment", second.out_trade_no, None, second.amount_fen),
            ("state_differs", "refund", refund.out_refund_no, refund.amount_fen, refund.amount_fen),
        ]
    )
    one = next(d for d in told if d["differs"] == "theirs_only")
    note = {"note": "测试时改过单号"}
    await house.api(
        "POST", f"/staff/bills/differences/{one['id']}/resolve", note, token=await house.staff("service1"), status=403
    )
    done = await house.api("POST", f"/staff/bills/differences/{one['id']}/resolve", note, token=token)
    assert (done["state"], done["note"]) == ("resolved", "测试时改过单号")
    again = await house.api("POST", f"/staff/bills/differences/{one['id']}/resolve", note, token=token, status=409)
    assert again["code"] == "wrong_state"
    assert await AuditEntry.filter(action="bill.resolve").count() == 1

    # What explains itself is closed by the next look; what was resolved stays so.
    await Refund.filter(id=refund.id).update(state="done")
    assert await day_bills.compare(house.shop, day_of(house.shop.now()) - timedelta(days=1)) == 2
    states = {d.differs.value: d.state.value for d in await BillDifference.all()}
    assert states == {
        "amount_differs": "open", "ours_only": "open", "theirs_only": "resolved", "state_differs": "gone",
    }  # fmt: skip


async def test_a_late_bill_is_asked_for_again(house: House) -> None:
    await a_day(house)
    day = await next_morning(house, 9)
    token = await house.staff(WHO)
    early = await house.api("POST", f"/staff/bills/{day}/fetch", token=token, status=409)
    assert early["code"] == "too_early"
    gone = await house.api("POST", "/staff/bills/2026-07-31/fetch", token=token, status=409)
    assert gone["code"] == "too_late", "WeChat keeps a bill for three months"
    await fault(house, "/v3/bill/tradebill", "drop", times=3)
    await house.move(hours=1, minutes=1)
    assert await DayBill.filter(day=day).count() == 0
    await house.api("GET", f"/staff/bills/{day}", token=token, status=404)
    await house.move(hours=3)
    await house.move(hours=1)
    assert await DayBill.filter(day=day).count() == 1
    await house.api("GET", "/staff/bills/yesterday", token=await house.staff(WHO), status=404)


async def test_a_day_without_anything_has_an_empty_bill(house: House) -> None:
    day = await next_morning(house)
    told = await house.api("GET", f"/staff/bills/{day}", token=await house.staff(WHO))
    assert (told["lines"], told["differences"]) == (0, [])
