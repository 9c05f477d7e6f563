"""The notice door: verified before it is read, worked once in any order, and never on a wrong sum."""

import asyncio
import json

import pytest

from domain.errors import PlanActive
from domain.membership import PlanState
from domain.payment import PaymentPurpose, PaymentState
from domain.ports import Prepay
from models import InboundEvent, LedgerLine, Membership, OutsideCall, Payment, QuotaCounter, Refund
from services import members, notices, payments, plans
from services.transaction import transaction
from tests.support.house import House
from tests.support.money import balance, buy, fault, letter, order, pay, post, shopper

PAID = "TRANSACTION.SUCCESS"


def told_of(number: str, fen: int, **more: object) -> dict[str, object]:
    """The plaintext of a payment notice."""
    return {
        "out_trade_no": number,
        "trade_state": "SUCCESS",
        "transaction_id": f"T{number[-20:]}",
        "amount": {"total": fen, "payer_total": fen, "currency": "CNY"},
        "payer": {"openid": "o"},
        "success_time": "2026-11-22T10:00:00+08:00",
        **more,
    }


async def test_five_equal_notices_at_once_are_worked_once(house: House) -> None:
    who = await shopper(house)
    placed = await order(house, who)
    plain = told_of(placed["payment"]["out_trade_no"], 39800)
    headers, body = letter(house, PAID, plain)
    answers = await asyncio.gather(*(post(house, headers, body) for _ in range(5)))
    assert [status for status, _ in answers] == [204] * 5
    assert await InboundEvent.filter(source="pay").count() == 1
    assert await Membership.filter(state=PlanState.ACTIVE).count() == 1
    assert await QuotaCounter.all().count() == 2
    assert await balance() == {"wechat": 39800, "membership_fees": -39800}


async def test_the_same_payment_told_under_two_notice_numbers_is_booked_once(house: House) -> None:
    who = await shopper(house)
    placed = await order(house, who)
    plain = told_of(placed["payment"]["out_trade_no"], 39800)
    answers = await asyncio.gather(*(post(house, *letter(house, PAID, plain)) for _ in range(4)))
    assert [status for status, _ in answers] == [204] * 4
    assert await LedgerLine.all().count() == 2
    assert await Refund.all().count() == 0


async def test_a_duplicate_from_wechat_itself(house: House) -> None:
    who = await shopper(house)
    placed = await order(house, who)
    await fault(house, f"notify:{PAID}", "duplicate")
    told = await pay(house, placed["pay_params"])
    assert [a["status"] for a in told["notice"]["attempts"]] == [204, 204]
    assert await balance() == {"wechat": 39800, "membership_fees": -39800}


async def test_a_notice_before_the_commit_is_refused_and_its_repeat_works(house: House) -> None:
    """The order exists at WeChat and is paid, but our transaction has not committed yet."""
    who = await shopper(house)
    openid = await members.openid_of(who.member_id, house.shop.accounts.mini_appid)
    assert openid is not None
    prepay_id = await house.shop.wechat.pay.prepay(Prepay("HZ261122020000early", "年度会员", 39800, openid))
    told = await house.wechat(f"/pay/orders/{prepay_id}/confirm")
    assert told["notice"]["status"] == 500
    assert json.loads(told["notice"]["answer"])["code"] == "FAIL"
    assert await InboundEvent.filter(source="pay").count() == 0

    async with transaction():
        membership, payment = await plans.order(house.shop, who.member_id, "yearly")
        assert payment is not None
        await Payment.filter(id=payment.id).update(out_trade_no="HZ261122020000early")
    await house.move(seconds=15)
    assert (await Membership.get(id=membership.id)).state is PlanState.ACTIVE
    assert await balance() == {"wechat": 39800, "membership_fees": -39800}


async def test_a_wrong_amount_is_kept_and_alerted_but_never_applied(house: House) -> None:
    who = await shopper(house)
    placed = await order(house, who)
    number = placed["payment"]["out_trade_no"]
    headers, body = letter(house, PAID, told_of(number, 39801))
    assert [(await post(house, headers, body))[0] for _ in range(2)] == [204, 204]
    [kept] = await InboundEvent.filter(source="pay")
    assert kept.failure.startswith("amount_mismatch")
    assert kept.payload == {"number": number, "expected_fen": 39800, "told_fen": 39801}
    assert (await Payment.get(out_trade_no=number)).state is PaymentState.WANTED
    assert await LedgerLine.all().count() == 0
    assert await Membership.filter(state=PlanState.ACTIVE).count() == 0


async def test_after_a_wrong_notice_the_truth_is_learnt_by_asking(house: House) -> None:
    who = await shopper(house)
    placed = await order(house, who)
    await fault(house, f"notify:{PAID}", "wrong_amount")
    told = await pay(house, placed["pay_params"])
    assert told["notice"]["status"] == 204
    assert await Membership.filter(state=PlanState.ACTIVE).count() == 0
    await house.move(minutes=4)
    await notices.ask_silent(house.shop)
    assert await Membership.filter(state=PlanState.ACTIVE).count() == 1


@pytest.mark.parametrize("kind", ["wrong_signature", "stale_timestamp", "signtest"])
async def test_what_is_not_proven_is_refused_unread_and_the_true_repeat_works(house: House, kind: str) -> None:
    who = await shopper(house)
    placed = await order(house, who)
    if kind == "signtest":
        await house.wechat("/pay/settings", {"signtest_every": 1})
    else:
        await fault(house, f"notify:{PAID}", kind)
    told = await pay(house, placed["pay_params"])
    first = told["notice"]["attempts"][0]
    assert first["status"] == 401
    assert json.loads(first["answer"])["code"] == "FAIL"
    await house.move(seconds=15)
    assert await Membership.filter(state=PlanState.ACTIVE).count() == 1


async def test_a_forged_body_leaves_nothing_behind(house: House) -> None:
    who = await shopper(house)
    placed = await order(house, who)
    headers, body = letter(house, PAID, told_of(placed["payment"]["out_trade_no"], 39800))
    for changed in (body + b" ", b"{}", b"", b"<xml/>", body[:-9], b"\xff" * 40):
        assert (await post(house, headers, changed))[0] == 401
    assert (await post(house, {}, body))[0] == 401
    assert (await post(house, headers, b"x" * 2_000_000))[0] == 413
    assert await InboundEvent.filter(source="pay").count() == 0
    assert await LedgerLine.all().count() == 0


async def test_a_kind_of_notice_that_concerns_nothing_here_is_answered(house: House) -> None:
    headers, body = letter(house, "PAYSCORE.USER_OPEN_SERVICE", {"openid": "o"})
    assert (await post(house, headers, body))[0] == 204
    assert (await InboundEvent.get(source="pay")).reply == "ignored"


@pytest.mark.parametrize(
    "plain",
    [
        {},
        {"out_trade_no": 7, "trade_state": "SUCCESS"},
        {"out_trade_no": "HZ1", "trade_state": "SOMETHING"},
        {"out_trade_no": "HZ1", "trade_state": "SUCCESS", "amount": {"total": "many"}},
    ],
)
async def test_a_signed_notice_that_cannot_be_read_is_asked_for_again(house: House, plain: dict[str, object]) -> None:
    house.broken.expected.add("pay.notice_broke")
    assert (await post(house, *letter(house, PAID, plain)))[0] == 500
    assert await InboundEvent.filter(source="pay").count() == 0


async def test_a_lost_notice_is_made_up_for_by_asking(house: House) -> None:
    who = await shopper(house)
    placed = await order(house, who)
    await fault(house, f"notify:{PAID}", "drop", times=20)
    await pay(house, placed["pay_params"])
    number = placed["payment"]["out_trade_no"]
    await house.move(seconds=10)
    page = await house.api("GET", f"/payments/{number}", token=who.token)
    assert page["state"] == "paid"
    assert (await house.api("GET", "/me/membership", token=who.token))["current"]["state"] == "active"


async def test_the_waiting_page_never_fails_over_wechat_and_asks_seldom(house: House) -> None:
    who = await shopper(house)
    number = (await order(house, who))["payment"]["out_trade_no"]
    await fault(house, "/v3/pay/transactions/out-trade-no", "status", times=3)
    await house.move(seconds=10)
    for _ in range(3):
        assert (await house.api("GET", f"/payments/{number}", token=who.token))["state"] == "wanted"
    asked = [c for c in house.world.calls if c.method == "GET" and number in c.path]
    assert len(asked) == 3  # one question, which a read may try three times


async def test_the_job_asks_about_a_silent_payment_and_closes_one_that_was_not_made(house: House) -> None:
    who = await shopper(house)
    made, unmade = await order(house, who), None
    await fault(house, f"notify:{PAID}", "drop", times=20)
    await pay(house, made["pay_params"])
    other = await shopper(house, "周二")
    unmade = await order(house, other)
    await house.move(minutes=3)
    await notices.ask_silent(house.shop)
    assert await Membership.filter(member_id=who.member_id, state=PlanState.ACTIVE).count() == 1

    await house.move(minutes=14)
    await notices.ask_silent(house.shop)
    closed = await Payment.get(out_trade_no=unmade["payment"]["out_trade_no"])
    assert closed.state is PaymentState.CLOSED
    assert (await Membership.get(member_id=other.member_id)).state is PlanState.CANCELLED
    assert (await OutsideCall.get(kind="pay_close", ref=closed.out_trade_no)).state == "done"
    assert (await house.wechat("/pay/state", method="GET"))["orders"][1]["trade_state"] == "CLOSED"


async def test_paid_in_the_very_moment_it_is_closed_it_is_given_back(house: House) -> None:
    who = await shopper(house)
    placed = await order(house, who)
    prepay_id = placed["pay_params"]["package"].removeprefix("prepay_id=")
    await house.wechat(f"/pay/orders/{prepay_id}/begin")  # at the password
    async with transaction():
        closed = await payments.close(house.shop, f"membership:{placed['membership']['id']}", "given up")
    assert closed == 1
    await fault(house, f"notify:{PAID}", "drop")
    await house.wechat(f"/pay/orders/{prepay_id}/confirm")
    await house.move(seconds=15)  # the notice comes after the closing
    [refund] = await Refund.all()
    assert (refund.amount_fen, refund.total_fen) == (39800, 39800)
    await house.move(minutes=1)
    assert await balance() == {}
    assert (await Payment.get(id=1)).state is PaymentState.PAID
    assert await Membership.filter(state=PlanState.ACTIVE).count() == 0


async def test_money_that_came_before_wechat_heard_of_the_closing_is_found_by_the_close_itself(
    house: House,
) -> None:
    who = await shopper(house)
    placed = await order(house, who)
    await fault(house, f"notify:{PAID}", "drop", times=20)
    await pay(house, placed["pay_params"])
    async with transaction():
        await payments.close(house.shop, f"membership:{placed['membership']['id']}", "given up")
    await house.move(minutes=1)
    assert await Refund.all().count() == 1
    assert await balance() == {}


async def test_one_open_payment_for_one_thing_whatever_is_fired_at_once(house: House) -> None:
    who = await shopper(house)

    async def want(fen: int) -> Payment:
        async with transaction():
            return await payments.want(house.shop, who.member_id, PaymentPurpose.BALANCE, "box:9", fen, "盒子尾款")

    found = await asyncio.gather(*(want(5000) for _ in range(8)))
    assert len({p.out_trade_no for p in found}) == 1
    other = await want(6000)
    assert other.out_trade_no != found[0].out_trade_no
    assert await Payment.filter(state=PaymentState.WANTED).count() == 1
    with pytest.raises(ValueError, match="below one fen"):
        await want(0)


async def test_a_slow_working_is_answered_in_time_and_goes_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    who = await shopper(house)
    placed = await order(house, who)
    gate, entered = asyncio.Event(), asyncio.Event()
    on_paid = plans.on_paid

    async def slow(*given: object) -> None:
        entered.set()
        await gate.wait()
        await on_paid(*given)  # type: ignore[arg-type]  # The same two it was called with.

    monkeypatch.setattr("services.notices.plans.on_paid", slow)
    monkeypatch.setattr("miniapp_api.pay_notify.ANSWER_SECONDS", 0.2)
    headers, body = letter(house, PAID, told_of(placed["payment"]["out_trade_no"], 39800))
    assert (await post(house, headers, body))[0] == 500
    assert entered.is_set()
    gate.set()
    # The repeat waits for the first one and finds it done.
    monkeypatch.setattr("miniapp_api.pay_notify.ANSWER_SECONDS", 4.0)
    assert (await post(house, headers, body))[0] == 204
    assert await Membership.filter(state=PlanState.ACTIVE).count() == 1
    assert await balance() == {"wechat": 39800, "membership_fees": -39800}


async def test_notices_of_two_members_in_any_order(house: House) -> None:
    one, two = await shopper(house, "林一"), await shopper(house, "周二")
    await fault(house, f"notify:{PAID}", "reorder")
    first, second = await order(house, one), await order(house, two)
    await pay(house, first["pay_params"])
    await pay(house, second["pay_params"])
    assert await Membership.filter(member_id=one.member_id, state=PlanState.ACTIVE).count() == 0
    assert await Membership.filter(member_id=two.member_id, state=PlanState.ACTIVE).count() == 1
    await house.move(minutes=1)
    assert await Membership.filter(member_id=one.member_id, state=PlanState.ACTIVE).count() == 1


async def test_a_coupon_of_wechat_changes_nothing_for_us(house: House) -> None:
    who = await shopper(house)
    placed = await order(house, who)
    prepay_id = placed["pay_params"]["package"].removeprefix("prepay_id=")
    await house.wechat(f"/pay/orders/{prepay_id}/confirm", {"coupon_fen": 1000})
    assert await balance() == {"wechat": 39800, "membership_fees": -39800}
    assert (await buy(house, await shopper(house, "周二")))["current"]["state"] == "active"


async def test_orders_and_the_notice_at_once_neither_block_each_other_nor_begin_two_plans(
    house: House,
) -> None:
    who = await shopper(house)
    placed = await order(house, who)
    plain = told_of(placed["payment"]["out_trade_no"], 39800)

    async def again() -> str:
        try:
            membership, _ = await plans.order(house.shop, who.member_id, "yearly")
        except PlanActive:
            return "active"
        return membership.state.value

    told = await asyncio.gather(
        *(again() for _ in range(5)),
        *(post(house, *letter(house, PAID, plain)) for _ in range(3)),
        *(again() for _ in range(5)),
    )
    assert {t for t in told if isinstance(t, str)} <= {"wanted", "active"}
    assert [t[0] for t in told if not isinstance(t, str)] == [204] * 3
    assert await Membership.filter(member_id=who.member_id).count() == 1
    assert await balance() == {"wechat": 39800, "membership_fees": -39800}
