"""Notices of the sandbox's WeChat Pay: the schedule, and everything that goes wrong on the way."""

from typing import Any

import pytest

from sandbox.pay.notify import SCHEDULE_SECONDS
from sandbox.pay.trial import TrialMerchant
from sandbox.world import Fault, Person

PAID = "notify:TRANSACTION.SUCCESS"


async def pay(shop: TrialMerchant, person: Person, number: str = "hezi-0001") -> dict[str, Any]:
    prepay_id = await shop.open_order(person, out_trade_no=number)
    status, told = await shop.drive("POST", f"/sandbox/pay/orders/{prepay_id}/confirm")
    assert status == 200
    return dict(told["notice"])


async def logged(shop: TrialMerchant) -> list[dict[str, Any]]:
    return list((await shop.drive("GET", "/sandbox/pay/state"))[1]["notices"])


async def test_fifteen_repeats_and_then_silence(shop: TrialMerchant, lin: Person) -> None:
    shop.answers = [500] * 20
    notice = await pay(shop, lin)
    assert (notice["status"], notice["accepted"]) == (500, False)
    assert notice["next_at"] == "2026-11-22T12:00:15+08:00"
    for seconds in SCHEDULE_SECONDS:
        before = len(shop.heard)
        await shop.pass_time(seconds=seconds - 1)
        assert len(shop.heard) == before
        await shop.pass_time(seconds=1)
        assert len(shop.heard) == before + 1
    assert len(shop.heard) == 16
    assert len({h.envelope["id"] for h in shop.heard}) == 1
    assert len({h.envelope["resource"]["nonce"] for h in shop.heard}) == 16
    await shop.pass_time(days=2)
    assert len(shop.heard) == 16
    assert (await logged(shop))[0]["given_up"] is True


@pytest.mark.parametrize(("answer", "ends"), [(200, True), (204, True), (201, False), (302, False), (400, False)])
async def test_only_200_and_204_end_it(shop: TrialMerchant, lin: Person, answer: int, ends: bool) -> None:
    shop.answers = [answer]
    notice = await pay(shop, lin)
    assert notice["accepted"] is ends
    await shop.pass_time(seconds=15)
    assert len(shop.heard) == (1 if ends else 2)


async def test_the_schedule_can_be_scaled(shop: TrialMerchant, lin: Person) -> None:
    shop.world.tuning.pay_schedule_scale = 0.01
    shop.answers = [500]
    await pay(shop, lin)
    await shop.pass_time(seconds=0.2)
    assert len(shop.heard) == 2


async def test_a_slow_or_absent_door(shop: TrialMerchant, lin: Person) -> None:
    shop.world.tuning.callback_timeout_seconds = 0.05
    shop.slow_seconds = 0.3
    notice = await pay(shop, lin)
    assert (notice["status"], notice["accepted"]) == (None, False)
    assert "Timeout" in notice["error"]
    shop.slow_seconds = 0
    await shop.pass_time(seconds=15)
    assert (await logged(shop))[0]["accepted"] is True
    prepay_id = await shop.open_order(lin, out_trade_no="hezi-0002", notify_url="http://127.0.0.1:9/none")
    _, told = await shop.drive("POST", f"/sandbox/pay/orders/{prepay_id}/confirm")
    assert told["notice"]["status"] is None
    assert told["notice"]["error"]


async def test_dropped_and_sent_again_later(shop: TrialMerchant, lin: Person) -> None:
    shop.world.inject(Fault(match=PAID, kind="drop"))
    notice = await pay(shop, lin)
    assert (notice["status"], notice["fault"], shop.heard) == (None, "drop", [])
    await shop.pass_time(seconds=15)
    assert len(shop.heard) == 1


async def test_delayed(shop: TrialMerchant, lin: Person) -> None:
    shop.world.inject(Fault(match=PAID, kind="delay", seconds=600))
    await pay(shop, lin)
    await shop.pass_time(seconds=599)
    assert shop.heard == []
    await shop.pass_time(seconds=1)
    assert len(shop.heard) == 1


async def test_duplicated(shop: TrialMerchant, lin: Person) -> None:
    shop.world.inject(Fault(match="notify:", kind="duplicate"))
    await pay(shop, lin)
    assert len(shop.heard) == 2
    assert shop.heard[0].envelope["id"] == shop.heard[1].envelope["id"]


async def test_reordered(shop: TrialMerchant, lin: Person) -> None:
    shop.world.inject(Fault(match=PAID, kind="reorder"))
    await pay(shop, lin, "hezi-0001")
    await pay(shop, lin, "hezi-0002")
    await shop.world.settle()
    assert [h.plain["out_trade_no"] for h in shop.heard] == ["hezi-0002", "hezi-0001"]
    await shop.pass_time(minutes=2)
    assert len(shop.heard) == 2


async def test_held_back_alone_it_comes_after_a_minute(shop: TrialMerchant, lin: Person) -> None:
    shop.world.inject(Fault(match=PAID, kind="reorder"))
    await pay(shop, lin)
    await shop.pass_time(minutes=1)
    assert len(shop.heard) == 1


@pytest.mark.parametrize("kind", ["wrong_signature", "stale_timestamp"])
async def test_not_provably_from_wechat(shop: TrialMerchant, lin: Person, kind: str) -> None:
    shop.world.inject(Fault(match=PAID, kind=kind))
    shop.answers = [401]
    await pay(shop, lin)
    assert not shop.heard[0].verified
    await shop.pass_time(seconds=15)
    assert shop.heard[1].verified


async def test_a_wrong_amount_is_properly_signed(shop: TrialMerchant, lin: Person) -> None:
    shop.world.inject(Fault(match=PAID, kind="wrong_amount"))
    shop.answers = [400]
    await pay(shop, lin)
    await shop.pass_time(seconds=15)
    assert [h.plain["amount"]["total"] for h in shop.heard] == [19901, 19900]
    assert all(h.verified for h in shop.heard)


async def test_a_signature_probe_comes_before_the_true_notice(shop: TrialMerchant, lin: Person) -> None:
    await shop.drive("POST", "/sandbox/pay/settings", {"signtest_every": 1})
    notice = await pay(shop, lin)
    probe, true = shop.heard
    assert probe.headers["Wechatpay-Signature"].startswith("WECHATPAY/SIGNTEST/")
    assert not probe.verified
    assert true.verified
    assert [a["fault"] for a in notice["attempts"]] == ["signtest", None]


async def test_again_by_hand(shop: TrialMerchant, lin: Person) -> None:
    notice = await pay(shop, lin)
    status, told = await shop.drive("POST", f"/sandbox/pay/notices/{notice['id']}/again")
    assert (status, told["notice"]["status"]) == (200, 204)
    assert len(shop.heard) == 2
    assert (await shop.drive("POST", "/sandbox/pay/notices/nobody/again"))[0] == 404


async def test_pay_score_totals_may_come_as_text(shop: TrialMerchant, lin: Person) -> None:
    await shop.drive("POST", "/sandbox/pay/settings", {"score_total_as_text": True})
    score = "/v3/payscore/serviceorder"
    package = (await shop.post(score, shop.score_body())).body["package"]
    await shop.drive("POST", f"/sandbox/payscore/{package}/confirm", {"person": lin.id})
    body = {
        "appid": shop.world.mini.appid,
        "service_id": shop.merchant.payscore_service_id,
        "post_payments": [{"name": "衣物", "amount": 5000}],
        "total_amount": 5000,
        "time_range": {"end_time": "20261122120000"},
    }
    await shop.post(f"{score}/box-0001/complete", body)
    shop.world.inject(Fault(match="notify:PAYSCORE.USER_PAID", kind="wrong_amount"))
    await shop.pass_time(seconds=2)
    assert shop.heard[1].plain["total_amount"] == "5001"


async def test_settings_are_checked(shop: TrialMerchant) -> None:
    where = "/sandbox/pay/settings"
    assert (await shop.drive("POST", where, {"colour": "red"}))[0] == 400
    assert (await shop.drive("POST", where, {"payscore_kind": "none"}))[0] == 400
    assert (await shop.drive("POST", where, {"deduction_failures": 1.5}))[0] == 400
    assert (await shop.drive("POST", where, {"certificates_open": 1}))[0] == 400
    status, told = await shop.drive("POST", where, {"merchant_balance_fen": None, "refund_delay_seconds": 1})
    assert (status, told["settings"]["refund_delay_seconds"]) == (200, 1)


async def test_the_state_tells_everything(shop: TrialMerchant, lin: Person) -> None:
    await pay(shop, lin)
    _, state = await shop.drive("GET", "/sandbox/pay/state")
    assert state["orders"][0]["trade_state"] == "SUCCESS"
    assert state["payments"][0]["total_fen"] == 19900
    assert state["notices"][0]["accepted"] is True
    assert state["refunds"] == state["payscore_orders"] == []
