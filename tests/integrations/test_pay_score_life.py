"""A Pay Score order's life: opened, confirmed, completed, collected; and every way it ends otherwise."""

from datetime import timedelta
from typing import Any

import pytest

from domain.errors import OutsideFault, OutsideRefusal
from domain.ports import RefundOrder, ScoreLine, ScoreOrder, Wechat
from sandbox.world import Person
from tests.integrations.shop import NOW, Shop

COMPLETE = "/v3/payscore/serviceorder/"
NUMBER = "S2026_1-|*"
END = NOW + timedelta(days=7)
COAT, SHIRT = ScoreLine("羊绒大衣 驼色 M", 199900), ScoreLine("真丝衬衫", 59900, "白色 S")


@pytest.fixture
def member(shop: Shop) -> Person:
    return shop.person()


@pytest.fixture
def order() -> ScoreOrder:
    return ScoreOrder(NUMBER, "盒子试穿 · 先试后付", [COAT, SHIRT], 259800, NOW, END)


async def confirm(shop: Shop, wechat: Wechat, order: ScoreOrder, member: Person) -> None:
    fact = await wechat.score.create(order)
    assert (fact.state, bool(fact.package)) == ("CREATED", True)
    await shop.act(f"/sandbox/payscore/{fact.package}/confirm", person=member.id)


async def complete(wechat: Wechat, shop: Shop, total: int, *lines: ScoreLine) -> Any:
    return await wechat.score.complete(NUMBER, lines, total, NOW, shop.clock.now())


async def test_tried_kept_and_paid(shop: Shop, wechat: Wechat, order: ScoreOrder, member: Person) -> None:
    await confirm(shop, wechat, order, member)
    fact = await wechat.score.query(NUMBER)
    assert (fact.state, fact.description, fact.openid) == ("DOING", "USER_CONFIRM", shop.openid(member))
    notice = wechat.pay.read_notice(*shop.letterbox.letters[-1])
    assert (notice.event_type, notice.resource["out_order_no"]) == ("PAYSCORE.USER_CONFIRM", NUMBER)

    await shop.pass_time(days=3)
    fact = await complete(wechat, shop, 59900, SHIRT)
    assert (fact.state, fact.description, fact.collection) == ("DOING", "MCH_COMPLETE", "USER_PAYING")
    assert fact.total_fen == 59900
    again = await complete(wechat, shop, 59900, SHIRT)
    assert again == fact, "completed twice is completed once"

    await shop.pass_time(seconds=5)
    fact = await wechat.score.query(NUMBER)
    assert (fact.state, fact.collection, fact.total_fen) == ("DONE", "USER_PAID", 59900)
    assert fact.paid_at == NOW + timedelta(days=3, seconds=5)
    assert (await complete(wechat, shop, 59900, SHIRT)).state == "DONE"
    notice = wechat.pay.read_notice(*shop.letterbox.letters[-1])
    assert notice.event_type == "PAYSCORE.USER_PAID"

    refund = await wechat.pay.refund(RefundOrder("RS1", fact.transaction_id, 100, 59900, "差价"))
    assert refund.refund_fen == 100


async def test_all_sent_back_costs_nothing(shop: Shop, wechat: Wechat, order: ScoreOrder, member: Person) -> None:
    await confirm(shop, wechat, order, member)
    fact = await complete(wechat, shop, 0)
    assert (fact.state, fact.total_fen, fact.collection) == ("DONE", 0, "")
    assert (await complete(wechat, shop, 0)).state == "DONE"


async def test_another_sum_is_not_taken_for_the_same(
    shop: Shop, wechat: Wechat, order: ScoreOrder, member: Person
) -> None:
    await confirm(shop, wechat, order, member)
    await complete(wechat, shop, 59900, SHIRT)
    with pytest.raises(OutsideRefusal) as no:
        await complete(wechat, shop, 199900, COAT)
    assert no.value.code == "INVALID_REQUEST"


async def test_lines_over_the_total_become_a_discount(
    shop: Shop, wechat: Wechat, order: ScoreOrder, member: Person
) -> None:
    await confirm(shop, wechat, order, member)
    fact = await complete(wechat, shop, 50000, SHIRT, ScoreLine("会员券", -5000))
    assert fact.total_fen == 50000
    final = shop.pay.score_orders[NUMBER].final
    assert [(item["name"], item["amount"]) for item in final["post_discounts"]] == [
        ("会员券", 5000),
        ("优惠", 4900),
    ]
    with pytest.raises(ValueError, match="fall short"):
        await complete(wechat, shop, 60000, SHIRT)


async def test_two_pieces_of_one_name_and_long_texts_fit(shop: Shop, wechat: Wechat, member: Person) -> None:
    name = "一件名字特别特别特别特别特别长的羊绒双面呢大衣"
    lines = [ScoreLine(name, 100, "说明" * 40), ScoreLine(name, 200), ScoreLine(name, 300)]
    order = ScoreOrder(NUMBER, "介绍" * 30, lines, 600, NOW, END)
    await confirm(shop, wechat, order, member)
    assert (await complete(wechat, shop, 600, *lines)).total_fen == 600
    names = [item["name"] for item in shop.pay.score_orders[NUMBER].asked["post_payments"]]
    assert len(set(names)) == 3
    assert all(len(one) <= 20 for one in names)


async def test_asked_again_it_is_the_same_order_even_much_later(shop: Shop, wechat: Wechat, order: ScoreOrder) -> None:
    first = await wechat.score.create(order)
    await shop.pass_time(hours=1)
    second = await wechat.score.create(order)
    assert first.order_id == second.order_id
    assert first.package != second.package


async def test_an_end_in_the_future_is_told_as_now(
    shop: Shop, wechat: Wechat, order: ScoreOrder, member: Person
) -> None:
    await confirm(shop, wechat, order, member)
    fact = await wechat.score.complete(NUMBER, [SHIRT], 59900, NOW + timedelta(hours=1), END)
    assert fact.description == "MCH_COMPLETE"


async def test_lowered_while_it_cannot_be_collected(
    shop: Shop, wechat: Wechat, order: ScoreOrder, member: Person
) -> None:
    shop.pay.settings.deduction_failures = 1
    await confirm(shop, wechat, order, member)
    await complete(wechat, shop, 259800, COAT, SHIRT)
    await shop.pass_time(seconds=5)
    fact = await wechat.score.modify(NUMBER, [SHIRT], 59900, "大衣已退回")
    assert (fact.total_fen, fact.collection) == (59900, "USER_PAYING")
    await shop.act(f"/sandbox/payscore/orders/{NUMBER}/pay")
    assert (await wechat.score.modify(NUMBER, [SHIRT], 59900, "大衣已退回")).state == "DONE"


async def test_cancelled_once_or_twice_but_not_after_completion(
    shop: Shop, wechat: Wechat, order: ScoreOrder, member: Person
) -> None:
    await wechat.score.cancel("S-never-1", "没有这单")
    await confirm(shop, wechat, order, member)
    await wechat.score.cancel(NUMBER, "会员改了主意")
    await wechat.score.cancel(NUMBER, "另一个理由")
    assert (await wechat.score.query(NUMBER)).state == "REVOKED"
    other = ScoreOrder("S-0002", "盒子", [SHIRT], 59900, NOW, END)
    await confirm(shop, wechat, other, member)
    await wechat.score.complete("S-0002", [SHIRT], 59900, NOW, NOW)
    with pytest.raises(OutsideRefusal) as no:
        await wechat.score.cancel("S-0002", "太晚")
    assert "271316592" in no.value.text


async def test_what_may_not_be_completed(shop: Shop, wechat: Wechat, order: ScoreOrder) -> None:
    assert (await wechat.score.query(NUMBER)).state == "NOT_FOUND"
    with pytest.raises(OutsideRefusal) as no:
        await complete(wechat, shop, 59900, SHIRT)
    assert no.value.code == "ORDER_NOT_EXIST"
    await wechat.score.create(order)
    with pytest.raises(OutsideRefusal) as no:
        await complete(wechat, shop, 59900, SHIRT)
    assert no.value.code == "INVALID_REQUEST"


async def test_nobody_confirms_for_thirty_days(shop: Shop, wechat: Wechat, order: ScoreOrder) -> None:
    await wechat.score.create(order)
    await shop.pass_time(days=30)
    assert (await wechat.score.query(NUMBER)).state == "EXPIRED"
    await wechat.score.cancel(NUMBER, "已过期")


async def test_more_than_the_service_may_risk(shop: Shop, wechat: Wechat) -> None:
    with pytest.raises(OutsideRefusal):
        await wechat.score.create(ScoreOrder(NUMBER, "盒子", [], 3_000_001, NOW, END))


@pytest.mark.parametrize("kind", ["drop", "drop_after"])
async def test_a_lost_answer_is_settled_by_the_same_call_again(
    shop: Shop, wechat: Wechat, order: ScoreOrder, member: Person, kind: str
) -> None:
    shop.fault("/v3/payscore/serviceorder", kind)
    with pytest.raises(OutsideFault):
        await wechat.score.create(order)
    await confirm(shop, wechat, order, member)
    shop.fault(COMPLETE, kind)
    with pytest.raises(OutsideFault):
        await complete(wechat, shop, 59900, SHIRT)
    assert (await complete(wechat, shop, 59900, SHIRT)).total_fen == 59900
