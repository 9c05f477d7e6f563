"""Pay Score covers of boxes: confirmed by the member, completed once, lowered, cancelled; in any order."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from domain.box import BoxState
from domain.errors import CoverRefused, WrongState
from domain.payment import RefundState, ScoreState
from domain.ports import ScoreLine
from models import Box, History, InboundEvent, OutsideCall, Refund, ScoreCover
from services import covers, notices, outside, payments
from services.transaction import transaction
from tests.support.house import House
from tests.support.money import Shopper, balance, box, fault, shopper

CONFIRMED, PAID = "PAYSCORE.USER_CONFIRM", "PAYSCORE.USER_PAID"
COAT = [ScoreLine("羊毛大衣", 89900, "驼色 M"), ScoreLine("衬衫", 20000, "白色 M")]


async def opened(house: House, who: Shopper, *, risk_fen: int = 109900) -> tuple[Box, ScoreCover]:
    """A confirmed box whose cover waits for the member's yes."""
    made = await box(house, who, cover="pay_score")
    now = house.shop.now()
    async with transaction():
        await covers.open_score(house.shop, who.member_id, made.id, risk_fen, COAT, now, now + timedelta(days=30))
    return made, await ScoreCover.get(box_id=made.id)


async def says_yes(house: House, who: Shopper, cover: ScoreCover) -> dict[str, Any]:
    told: dict[str, Any] = await house.wechat(f"/payscore/{cover.package}/confirm", {"person": who.person.id})
    return told


async def covered(house: House, who: Shopper) -> tuple[Box, ScoreCover]:
    made, cover = await opened(house, who)
    assert (await says_yes(house, who, cover))["notice"]["accepted"]
    return made, await ScoreCover.get(id=cover.id)


async def completed(house: House, box_id: int, total_fen: int) -> None:
    """What a settlement does: the charge becomes receivable, the cover is completed, in one transaction."""
    lines = [ScoreLine("羊毛大衣", total_fen)] if total_fen else []
    async with transaction():
        await Box.filter(id=box_id).select_for_update().get()
        await covers.complete(house.shop, box_id, lines, total_fen)


async def test_a_cover_is_opened_confirmed_completed_and_collected(house: House) -> None:
    who = await shopper(house)
    made, cover = await opened(house, who)
    assert (cover.state, cover.risk_fen) == (ScoreState.CREATED, 109900)
    assert cover.package

    await says_yes(house, who, cover)
    await cover.refresh_from_db()
    assert (cover.state, cover.description) == (ScoreState.DOING, "USER_CONFIRM")
    assert (await Box.get(id=made.id)).state is BoxState.PACKING

    await house.move(days=6)
    await completed(house, made.id, 89900)
    await cover.refresh_from_db()
    assert (cover.state, cover.description, cover.collection) == (
        ScoreState.DOING, "MCH_COMPLETE", "USER_PAYING",
    )  # fmt: skip
    assert await balance() == {}  # nothing is booked before the money has come

    await house.move(seconds=10)
    await cover.refresh_from_db()
    assert (cover.state, cover.collection, cover.total_fen) == (ScoreState.DONE, "USER_PAID", 89900)
    assert cover.transaction_id
    assert await balance(box_id=made.id) == {"wechat": 89900, "receivable": -89900}
    assert await payments.paid_fen(f"box:{made.id}") == 89900
    assert [h.new for h in await History.filter(noun="score_cover").order_by("id")] == [
        "CREATED", "DOING", "DOING", "DONE",
    ]  # fmt: skip


async def test_nothing_kept_ends_it_with_nothing_collected(house: House) -> None:
    who = await shopper(house)
    made, cover = await covered(house, who)
    await completed(house, made.id, 0)
    await cover.refresh_from_db()
    assert (cover.state, cover.total_fen, cover.transaction_id) == (ScoreState.DONE, 0, None)
    await house.move(hours=1)
    assert await balance() == {}


async def test_the_risk_sum_is_the_highest_that_can_be_named(house: House) -> None:
    who = await shopper(house)
    made, _ = await covered(house, who)
    with pytest.raises(CoverRefused):
        await completed(house, made.id, 109901)
    cap = house.shop.rules.box.risk_cap_fen
    with pytest.raises(CoverRefused) as refused:
        await opened(house, who, risk_fen=cap + 1)
    assert refused.value.highest_fen == cap


async def test_one_cover_a_box_and_one_sum_a_cover_whatever_is_fired_at_once(house: House) -> None:
    who = await shopper(house)
    made, cover = await opened(house, who)
    now = house.shop.now()

    async def again() -> ScoreCover:
        async with transaction():
            return await covers.open_score(
                house.shop, who.member_id, made.id, 109900, COAT, now, now + timedelta(days=30)
            )

    found = await asyncio.gather(*(again() for _ in range(6)))
    assert {c.out_order_no for c in found} == {cover.out_order_no}
    await says_yes(house, who, cover)
    await asyncio.gather(*(completed(house, made.id, 50000) for _ in range(4)))
    assert await OutsideCall.filter(kind="score_complete").count() == 1
    with pytest.raises(WrongState):
        await completed(house, made.id, 49999)


async def test_a_package_is_asked_for_anew_when_it_has_lapsed(house: House) -> None:
    who = await shopper(house)
    _, cover = await opened(house, who)
    old = cover.package
    await house.move(minutes=10)
    assert await covers.fresh_package(house.shop, cover) != old
    assert (await says_yes(house, who, cover))["notice"]["accepted"]
    with pytest.raises(WrongState):
        await covers.fresh_package(house.shop, await ScoreCover.get(id=cover.id))


@pytest.mark.parametrize("kind", ["drop", "drop_after", "status"])
async def test_a_creation_without_an_answer_is_made_up_for(house: House, kind: str) -> None:
    who = await shopper(house)
    await fault(house, "/v3/payscore/serviceorder", kind)
    _, cover = await opened(house, who)
    assert cover.state == ScoreState.WANTED
    await house.move(seconds=30)
    await outside.call_due(house.shop)
    cover = await ScoreCover.get(id=cover.id)
    assert cover.state == ScoreState.CREATED
    assert (await says_yes(house, who, cover))["notice"]["accepted"]


async def test_a_lost_yes_and_lost_money_are_learnt_by_asking(house: House) -> None:
    who = await shopper(house)
    await fault(house, f"notify:{CONFIRMED}", "drop", times=20)
    await fault(house, f"notify:{PAID}", "drop", times=20)
    made, cover = await opened(house, who)
    await says_yes(house, who, cover)
    await house.move(minutes=4)
    await notices.ask_silent(house.shop)
    assert (await Box.get(id=made.id)).state is BoxState.PACKING
    await completed(house, made.id, 20000)
    await house.move(minutes=4)
    await notices.ask_silent(house.shop)
    assert (await ScoreCover.get(id=cover.id)).state == ScoreState.DONE
    assert await balance() == {"wechat": 20000, "receivable": -20000}


async def test_an_older_word_told_again_under_a_new_number_is_no_news(house: House) -> None:
    who = await shopper(house)
    made, cover = await covered(house, who)
    await completed(house, made.id, 20000)
    await house.move(seconds=10)
    before = await History.filter(noun="score_cover").count()
    told = (await house.wechat("/pay/state", method="GET"))["notices"]
    [yes] = [n for n in told if n["event_type"] == CONFIRMED]
    # WeChat repeats the older word under a new number.
    await InboundEvent.filter(external_id=yes["id"]).delete()
    await house.wechat(f"/pay/notices/{yes['id']}/again")
    assert await History.filter(noun="score_cover").count() == before
    assert (await ScoreCover.get(id=cover.id)).state == ScoreState.DONE


async def test_another_sum_than_was_named_is_never_applied(house: House) -> None:
    who = await shopper(house)
    made, cover = await covered(house, who)
    await fault(house, f"notify:{PAID}", "wrong_amount")
    await completed(house, made.id, 20000)
    await house.move(seconds=10)
    assert (await ScoreCover.get(id=cover.id)).state == ScoreState.DOING
    assert await balance() == {}
    assert await InboundEvent.filter(source="pay").exclude(failure="").count() == 1
    await house.move(minutes=4)
    await notices.ask_silent(house.shop)
    assert await balance() == {"wechat": 20000, "receivable": -20000}


async def test_a_risk_sum_that_was_never_asked_for_covers_nothing(house: House) -> None:
    who = await shopper(house)
    await fault(house, f"notify:{CONFIRMED}", "wrong_amount")
    made, cover = await opened(house, who)
    await says_yes(house, who, cover)
    assert (await Box.get(id=made.id)).state is BoxState.CONFIRMED
    assert await InboundEvent.filter(source="pay").exclude(failure="").count() == 1


async def test_cancelled_it_is_released_at_wechat_and_a_later_yes_changes_nothing(house: House) -> None:
    who = await shopper(house)
    made, cover = await covered(house, who)
    await Box.filter(id=made.id).update(state=BoxState.CANCELLED)
    async with transaction():
        assert await covers.cancel(house.shop, made.id, "盒子已取消")
        assert not await covers.cancel(house.shop, made.id, "盒子已取消")
    assert (await ScoreCover.get(id=cover.id)).state == ScoreState.REVOKED
    [there] = (await house.wechat("/pay/state", method="GET"))["payscore_orders"]
    assert there["state"] == "REVOKED"
    assert await covers.cover_of(made.id) is None


async def test_a_completed_cover_cannot_be_cancelled(house: House) -> None:
    who = await shopper(house)
    made, _ = await covered(house, who)
    await completed(house, made.id, 20000)
    with pytest.raises(WrongState):
        async with transaction():
            await covers.cancel(house.shop, made.id, "盒子已取消")


async def test_a_sum_is_lowered_while_it_is_not_collected(house: House) -> None:
    who = await shopper(house)
    made, cover = await covered(house, who)
    await house.wechat("/pay/settings", {"deduction_failures": 1, "deduction_retry_seconds": 60})
    await completed(house, made.id, 20000)
    await house.move(seconds=5)  # the first deduction has failed
    async with transaction():
        assert await covers.lower(house.shop, made.id, [ScoreLine("衬衫", 15000)], 15000, "退回一件")
    with pytest.raises(CoverRefused):
        async with transaction():
            await covers.lower(house.shop, made.id, [ScoreLine("衬衫", 15000)], 15000, "退回一件")
    await house.move(minutes=2)
    await cover.refresh_from_db()
    assert (cover.state, cover.total_fen) == (ScoreState.DONE, 15000)
    assert await balance() == {"wechat": 15000, "receivable": -15000}
    async with transaction():
        assert not await covers.lower(house.shop, made.id, [], 0, "退回一件")  # refund instead


async def test_collected_in_the_moment_it_is_lowered_the_difference_goes_back(house: House) -> None:
    who = await shopper(house)
    made, cover = await covered(house, who)
    await completed(house, made.id, 20000)
    # The lowering does not reach WeChat before the deduction does.
    await fault(house, f"/v3/payscore/serviceorder/{cover.out_order_no}/modify", "drop", times=1)
    async with transaction():
        assert await covers.lower(house.shop, made.id, [ScoreLine("衬衫", 15000)], 15000, "退回一件")
    await house.move(seconds=30)
    await outside.call_due(house.shop)
    await house.move(seconds=30)
    [refund] = await Refund.all()
    assert (refund.amount_fen, refund.total_fen, refund.state) == (5000, 20000, RefundState.DONE)
    assert await balance() == {"wechat": 15000, "receivable": -15000}
    assert await payments.paid_fen(f"box:{made.id}") == 15000
    assert await OutsideCall.filter(state="failed").count() == 0


async def test_a_collected_cover_is_refunded_by_its_transaction(house: House) -> None:
    who = await shopper(house)
    made, cover = await covered(house, who)
    await completed(house, made.id, 20000)
    await house.move(seconds=10)
    async with transaction():
        [refund] = await payments.want_refund(
            house.shop, who.member_id, f"box:{made.id}", 8000, "七天无理由退货", key="item:3"
        )
    await cover.refresh_from_db()
    assert refund.transaction_id == cover.transaction_id
    await house.move(seconds=10)
    assert (await Refund.get(id=refund.id)).state is RefundState.DONE
    assert await payments.paid_fen(f"box:{made.id}") == 12000


async def test_an_expired_cover_is_learnt_by_asking(house: House) -> None:
    who = await shopper(house)
    _, cover = await opened(house, who)
    house.world.clock.advance(timedelta(days=30))
    await notices.ask_silent(house.shop)
    assert (await ScoreCover.get(id=cover.id)).state == ScoreState.EXPIRED
