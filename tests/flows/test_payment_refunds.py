"""Money given back: over several payments, under stable numbers, through every way it can go wrong."""

import asyncio
import itertools

import pytest

from domain.errors import TooMany
from domain.payment import PaymentPurpose, RefundState
from models import AuditEntry, Box, InboxNote, OutsideCall, Payment, Refund
from services import ledger, notices, outside, payments
from services.transaction import transaction
from tests.support.house import House
from tests.support.money import Shopper, balance, box, fault, shopper


async def paid(house: House, who: Shopper, ref: str, purpose: PaymentPurpose, fen: int) -> Payment:
    """A payment the member has made on the phone."""
    async with transaction():
        payment = await payments.want(house.shop, who.member_id, purpose, ref, fen, "盒子")
    params = await payments.prepare(house.shop, payment)
    prepay_id = params.package.removeprefix("prepay_id=")
    told = await house.wechat(f"/pay/orders/{prepay_id}/confirm")
    assert told["notice"]["accepted"], told
    await payment.refresh_from_db()
    return payment


async def give_back(house: House, who: Shopper, ref: str, fen: int, key: str) -> list[Refund]:
    """What a settlement does: book what is due, and want it refunded, in one transaction."""
    async with transaction():
        await Box.filter(id=int(ref[4:])).select_for_update().get()
        known = await Refund.filter(ref=ref).count()
        wanted = await payments.want_refund(house.shop, who.member_id, ref, fen, "盒子结算退回", key=key)
        if await Refund.filter(ref=ref).count() > known:
            await ledger.post(
                house.shop, f"back:{ref}:{key}", {"deposits": fen, "refunds_due": -fen}, box_id=int(ref[4:])
            )
        return wanted


async def at_wechat(house: House) -> list[dict[str, object]]:
    told: list[dict[str, object]] = (await house.wechat("/pay/state", method="GET"))["refunds"]
    return told


async def test_the_balance_is_given_back_first_then_the_deposit(house: House) -> None:
    who = await shopper(house)
    ref = f"box:{(await box(house, who, cover='deposit')).id}"
    deposit = await paid(house, who, ref, PaymentPurpose.DEPOSIT, 30000)
    rest = await paid(house, who, ref, PaymentPurpose.BALANCE, 20000)
    assert await payments.paid_fen(ref) == 50000

    refunds = await give_back(house, who, ref, 35000, "settle")
    assert [(r.transaction_id, r.amount_fen, r.total_fen) for r in refunds] == [
        (rest.transaction_id, 20000, 20000),
        (deposit.transaction_id, 15000, 30000),
    ]
    assert await payments.paid_fen(ref) == 15000
    assert [r.state for r in await Refund.all()] == [RefundState.ACCEPTED] * 2
    await house.move(seconds=10)
    assert [r.state for r in await Refund.all()] == [RefundState.DONE] * 2
    assert all(r.done_at is not None for r in await Refund.all())
    assert (await balance())["wechat"] == 15000
    assert "refunds_due" not in await balance()


async def test_the_same_cause_never_gives_back_twice(house: House) -> None:
    who = await shopper(house)
    ref = f"box:{(await box(house, who, cover='deposit')).id}"
    await paid(house, who, ref, PaymentPurpose.DEPOSIT, 30000)
    told = await asyncio.gather(*(give_back(house, who, ref, 12000, "item:7") for _ in range(5)))
    assert len({r.out_refund_no for refunds in told for r in refunds}) == 1
    assert await payments.paid_fen(ref) == 18000
    with pytest.raises(ValueError, match="more to refund"):
        await give_back(house, who, ref, 18001, "item:8")
    with pytest.raises(ValueError, match="at least one fen"):
        await give_back(house, who, ref, 0, "item:9")
    assert await Refund.all().count() == 1


async def test_refunds_of_one_payment_are_asked_a_minute_apart(house: House) -> None:
    who = await shopper(house)
    ref = f"box:{(await box(house, who, cover='deposit')).id}"
    await paid(house, who, ref, PaymentPurpose.DEPOSIT, 30000)
    for number in range(3):
        await give_back(house, who, ref, 1000, f"item:{number}")
    assert len(await at_wechat(house)) == 1
    for _ in range(6):
        await house.move(seconds=40)
        await outside.call_due(house.shop)
    assert len(await at_wechat(house)) == 3
    asked = [c.at for c in house.world.calls if c.path == "/v3/refund/domestic/refunds"]
    gaps = [(b - a).total_seconds() for a, b in itertools.pairwise(asked)]
    assert len(asked) == 3
    assert all(gap >= 60 for gap in gaps)
    assert (await balance())["wechat"] == 27000


async def test_a_fifty_first_refund_of_a_payment_is_refused(house: House) -> None:
    who = await shopper(house)
    ref = f"box:{(await box(house, who, cover='deposit')).id}"
    payment = await paid(house, who, ref, PaymentPurpose.DEPOSIT, 30000)
    await Refund.bulk_create(
        [
            Refund(
                member_id=who.member_id, out_refund_no=f"R{n}", transaction_id=payment.transaction_id, ref=ref,
                reason="", amount_fen=1, total_fen=30000, created_at=house.shop.now(),
            )
            for n in range(50)
        ]
    )  # fmt: skip
    with pytest.raises(TooMany):
        await give_back(house, who, ref, 1, "one-more")


@pytest.mark.parametrize("kind", ["drop", "drop_after", "status"])
async def test_an_unknown_answer_is_asked_again_under_the_same_number(house: House, kind: str) -> None:
    """`drop_after`: WeChat did it, and the process died before the answer came."""
    who = await shopper(house)
    ref = f"box:{(await box(house, who, cover='deposit')).id}"
    await paid(house, who, ref, PaymentPurpose.DEPOSIT, 30000)
    await fault(house, "/v3/refund/domestic/refunds", kind)
    [refund] = await give_back(house, who, ref, 30000, "settle")
    assert (await Refund.get(id=refund.id)).state is RefundState.WANTED
    for _ in range(4):
        await house.move(seconds=20)
        await outside.call_due(house.shop)
    assert [r["out_refund_no"] for r in await at_wechat(house)] == [refund.out_refund_no]
    assert (await Refund.get(id=refund.id)).state is RefundState.DONE
    assert await balance() == {}


async def test_a_lost_end_is_asked_about(house: House) -> None:
    who = await shopper(house)
    ref = f"box:{(await box(house, who, cover='deposit')).id}"
    await paid(house, who, ref, PaymentPurpose.DEPOSIT, 30000)
    await fault(house, "notify:REFUND.SUCCESS", "drop", times=20)
    [refund] = await give_back(house, who, ref, 30000, "settle")
    await house.move(minutes=4)
    await notices.ask_silent(house.shop)
    assert (await Refund.get(id=refund.id)).state is RefundState.DONE


async def test_an_abnormal_refund_is_visible_and_may_still_be_done(house: House) -> None:
    who = await shopper(house)
    ref = f"box:{(await box(house, who, cover='deposit')).id}"
    await paid(house, who, ref, PaymentPurpose.DEPOSIT, 30000)
    [refund] = await give_back(house, who, ref, 30000, "settle")
    await house.wechat(f"/pay/refunds/{refund.out_refund_no}", {"status": "ABNORMAL"})
    assert (await Refund.get(id=refund.id)).state is RefundState.ABNORMAL
    assert (await balance())["refunds_due"] == -30000  # still owed to the member
    await house.wechat(f"/pay/refunds/{refund.out_refund_no}", {"status": "SUCCESS"})
    assert (await Refund.get(id=refund.id)).state is RefundState.DONE
    assert await balance() == {}


async def test_a_closed_refund_has_failed_and_is_not_paid_out_by_another_one(house: House) -> None:
    who = await shopper(house)
    ref = f"box:{(await box(house, who, cover='deposit')).id}"
    await paid(house, who, ref, PaymentPurpose.DEPOSIT, 30000)
    [refund] = await give_back(house, who, ref, 30000, "settle")
    await house.wechat(f"/pay/refunds/{refund.out_refund_no}", {"status": "CLOSED"})
    assert (await Refund.get(id=refund.id)).state is RefundState.FAILED
    with pytest.raises(ValueError, match="more to refund"):
        await give_back(house, who, ref, 1, "another")


async def test_without_money_of_our_own_the_refund_waits_and_is_done_later(house: House) -> None:
    who = await shopper(house)
    ref = f"box:{(await box(house, who, cover='deposit')).id}"
    await paid(house, who, ref, PaymentPurpose.DEPOSIT, 30000)
    await house.wechat("/pay/settings", {"merchant_balance_fen": 100})
    [refund] = await give_back(house, who, ref, 30000, "settle")
    call = await OutsideCall.get(kind="refund", ref=refund.out_refund_no)
    assert (call.state, call.failure) == ("wanted", "NOT_ENOUGH")
    await house.wechat("/pay/settings", {"merchant_balance_fen": 1_000_000})
    for _ in range(3):
        await house.move(minutes=1)
        await outside.call_due(house.shop)
    assert (await Refund.get(id=refund.id)).state is RefundState.DONE


async def test_a_refund_wechat_refuses_for_good_is_marked_as_failed(house: House) -> None:
    who = await shopper(house)
    ref = f"box:{(await box(house, who, cover='deposit')).id}"
    await paid(house, who, ref, PaymentPurpose.DEPOSIT, 30000)
    await house.wechat("/pay/refusals", {"match": "/v3/refund", "code": "USER_ACCOUNT_ABNORMAL", "status": 403})
    [refund] = await give_back(house, who, ref, 30000, "settle")
    assert (await OutsideCall.get(kind="refund", ref=refund.out_refund_no)).state == "failed"
    await house.move(minutes=4)
    await notices.ask_silent(house.shop)
    assert (await Refund.get(id=refund.id)).state is RefundState.FAILED


async def test_a_failed_refund_is_seen_by_finance_and_resumed_under_its_own_number(house: House) -> None:
    who = await shopper(house)
    ref = f"box:{(await box(house, who, cover='deposit')).id}"
    await paid(house, who, ref, PaymentPurpose.DEPOSIT, 30000)
    await house.wechat("/pay/refusals", {"match": "/v3/refund", "code": "USER_ACCOUNT_ABNORMAL", "status": 403})
    [refund] = await give_back(house, who, ref, 30000, "settle")
    await house.move(minutes=4)
    await notices.ask_silent(house.shop)

    token = await house.staff("finance1")
    [seen] = (await house.api("GET", "/staff/refunds", token=token))["items"]
    assert (seen["id"], seen["state"], seen["amount_fen"]) == (refund.id, "failed", 30000)
    await house.api("POST", f"/staff/refunds/{refund.id}/resume", token=who.token, status=403)
    resumed = await house.api("POST", f"/staff/refunds/{refund.id}/resume", token=token)
    assert (resumed["state"], resumed["out_refund_no"]) == ("accepted", refund.out_refund_no)
    again = await house.api("POST", f"/staff/refunds/{refund.id}/resume", token=token, status=409)
    assert again["code"] == "wrong_state"
    await house.api("POST", "/staff/refunds/9999/resume", token=token, status=404)
    await house.move(seconds=10)
    assert (await house.api("GET", "/staff/refunds", token=token))["items"] == []
    assert await balance() == {}
    assert await AuditEntry.filter(action="refund.resume").count() == 1


async def test_a_refund_told_with_another_sum_is_not_applied(house: House) -> None:
    who = await shopper(house)
    ref = f"box:{(await box(house, who, cover='deposit')).id}"
    await paid(house, who, ref, PaymentPurpose.DEPOSIT, 30000)
    await fault(house, "notify:REFUND.SUCCESS", "wrong_amount")
    [refund] = await give_back(house, who, ref, 30000, "settle")
    await house.move(seconds=10)
    assert (await Refund.get(id=refund.id)).state is RefundState.ACCEPTED
    assert (await balance())["refunds_due"] == -30000
    await house.move(minutes=4)
    await notices.ask_silent(house.shop)  # WeChat itself says the right sum
    assert (await Refund.get(id=refund.id)).state is RefundState.DONE


async def test_an_abnormal_refund_paid_by_hand_needs_a_second_person(house: House) -> None:
    who = await shopper(house)
    ref = f"box:{(await box(house, who, cover='deposit')).id}"
    await paid(house, who, ref, PaymentPurpose.DEPOSIT, 30000)
    [refund] = await give_back(house, who, ref, 30000, "settle")
    finance, admin = await house.staff("finance1"), await house.staff("admin1")
    path, proof = f"/staff/refunds/{refund.id}/by-hand", {"reason": "银行转账，回单 0412"}
    moving = await house.api("POST", path, proof, token=finance, status=409)
    assert moving["code"] == "wrong_state", "what moves at WeChat is not paid by hand"

    await house.wechat(f"/pay/refunds/{refund.out_refund_no}", {"status": "ABNORMAL"})
    asked = await house.api("POST", path, proof, token=finance, status=201)
    await house.api("POST", f"/staff/approvals/{asked['id']}/approve", {}, token=finance, status=409)
    assert (await balance())["refunds_due"] == -30000
    await house.api("POST", f"/staff/approvals/{asked['id']}/approve", {}, token=admin)
    assert (await Refund.get(id=refund.id)).state is RefundState.DONE
    assert await balance() == {"wechat": 30000, "bank": -30000}
    await house.api("POST", path, proof, token=finance, status=409)
    # The member is told both times, and the case screen shows the case, who asked and who agreed.
    told = [note.title for note in await InboxNote.filter(member_id=who.member_id).order_by("id")]
    assert told == ["退款没有退成", "退款已转给您"]
    effects = (await house.api("GET", f"/staff/boxes/{ref[4:]}/effects", token=await house.staff("service1")))["items"]
    assert {"case: → open", "asked: refund_by_hand", "approval.approved"} <= {e["what"] for e in effects}


async def test_an_abnormal_refund_is_asked_about_when_a_person_takes_it_up(house: House) -> None:
    who = await shopper(house)
    ref = f"box:{(await box(house, who, cover='deposit')).id}"
    await paid(house, who, ref, PaymentPurpose.DEPOSIT, 30000)
    [refund] = await give_back(house, who, ref, 30000, "settle")
    await house.wechat(f"/pay/refunds/{refund.out_refund_no}", {"status": "ABNORMAL"})
    token = await house.staff("finance1")
    same = await house.api("POST", f"/staff/refunds/{refund.id}/resume", token=token)
    assert same["state"] == "abnormal"
    await fault(house, "notify:REFUND.SUCCESS", "drop", times=20)
    await house.wechat(f"/pay/refunds/{refund.out_refund_no}", {"status": "SUCCESS"})
    done = await house.api("POST", f"/staff/refunds/{refund.id}/resume", token=token)
    assert done["state"] == "done"
    assert await balance() == {}
