"""The shop's switches, and covers that come late, twice, or not at all."""

import asyncio
from dataclasses import replace

import pytest

from domain.errors import CoverRefused, NotAllowed, QuotaSpent
from models import Box, Payment, ScoreCover
from services import boxes, reclaims, returns, settlement
from services.shop import Shop
from tests.support.boxes import ADDRESS, SIGNED, life
from tests.support.house import House
from tests.support.money import balance, fault, pay


def ruled(shop: Shop, **box_rules: object) -> Shop:
    """The same shop with other rules for boxes."""
    rules = replace(shop.rules, box=replace(shop.rules.box, **box_rules))  # type: ignore[arg-type]  # By name.
    return replace(shop, rules=rules)


async def test_keep_all_discount_where_it_is_on_and_readjusted(house: House) -> None:
    shop = ruled(house.shop, keep_all_discount_percent=10)
    box = await life(house)
    await box.cover("pay_score")
    await box.signed()
    total = sum(i["price_fen"] for i in box.items)
    await returns.keep_all(shop, box.who.member_id, box.id)
    settled = await box.look()
    assert settled["charge_fen"] == total - total // 10
    price = box.items[0]["price_fen"]
    told = await reclaims.preview(shop, box.who.member_id, box.id, box.items[0]["id"])
    assert told.refund_fen == max(0, settled["charge_fen"] - (total - price))


async def test_silence_until_the_deadline_earns_no_keep_all_discount(house: House) -> None:
    shop = ruled(house.shop, keep_all_discount_percent=10)
    box = await life(house)
    await box.cover("pay_score")
    await box.signed()
    house.world.clock.set(house.shop.now().replace(day=28), frozen=True)
    figures = await settlement.settle(shop, box.id, "job:deadlines")
    assert figures is not None
    assert (figures.keep_all_fen, figures.charge_fen) == (0, sum(i["price_fen"] for i in box.items))


async def test_a_shop_may_refuse_boxes_beyond_the_quota(house: House) -> None:
    shop = ruled(house.shop, beyond_quota="refuse")
    box = await life(house, plan=False)
    address = (await box.call("POST", "/me/addresses", ADDRESS))["id"]
    with pytest.raises(QuotaSpent):
        await boxes.preview(shop, box.who.member_id, box.id)
    with pytest.raises(QuotaSpent):
        await boxes.confirm(shop, box.who.member_id, box.id, box.box["version"], "deposit", address)
    assert (await box.look())["state"] == "proposed"


async def test_above_the_risk_cap_pay_score_is_refused_and_the_preview_says_so(house: House) -> None:
    shop = ruled(house.shop, risk_cap_fen=100_000, over_cap="refuse")
    box = await life(house)
    preview = await boxes.preview(shop, box.who.member_id, box.id)
    assert [(c.kind, c.available, c.reason) for c in preview.covers] == [
        ("pay_score", False, "above_risk_cap"),
        ("deposit", True, ""),
        ("stored_value", False, "not_enough_stored"),
    ]
    address = (await box.call("POST", "/me/addresses", ADDRESS))["id"]
    with pytest.raises(CoverRefused) as refused:
        await boxes.confirm(shop, box.who.member_id, box.id, box.box["version"], "pay_score", address)
    assert refused.value.highest_fen == 100_000
    assert (await box.look())["state"] == "proposed"


async def test_the_price_is_looked_at_again_before_the_yes(house: House) -> None:
    box = await life(house)
    house.world.clock.set(house.shop.now().replace(year=2027, month=12), frozen=True)
    box.who = replace(box.who, token=await house.login(box.who.person))
    address = (await box.call("POST", "/me/addresses", ADDRESS))["id"]
    body = {"version": box.box["version"], "cover": "deposit", "address_id": address}
    # The plan has ended: the member price is not hers any more, and she sees the new sum first.
    assert (await box.call("POST", f"/boxes/{box.id}/confirm", body, status=409))["code"] == "stale_version"
    before = box.box["highest_fen"]
    assert (await box.look())["highest_fen"] > before


async def test_a_deposit_paid_after_switching_to_pay_score_covers_the_box_and_the_other_is_released(
    house: House,
) -> None:
    box = await life(house)
    first = await box.confirm("deposit")
    # The money is on its way in the moment she switches: WeChat cannot close what is paid.
    told, switched = await asyncio.gather(
        pay(house, first["pay"]), box.call("POST", f"/boxes/{box.id}/cover", {"cover": "pay_score"}),
        return_exceptions=True,
    )  # fmt: skip
    assert not isinstance(told, BaseException) or not isinstance(switched, BaseException)
    await house.move(minutes=10)
    await box.look()
    row = await Box.get(id=box.id)
    if row.cover == "deposit":
        assert row.state == "packing"
        assert await balance(box_id=box.id) == {"wechat": 30000, "deposits": -30000}
    else:
        assert row.state == "confirmed"
        assert await balance(box_id=box.id) == {}


async def test_two_yeses_at_once_confirm_once(house: House) -> None:
    box = await life(house)
    address = (await box.call("POST", "/me/addresses", ADDRESS))["id"]
    body = {"version": box.box["version"], "cover": "pay_score", "address_id": address}
    told = await asyncio.gather(*(box.call("POST", f"/boxes/{box.id}/confirm", body) for _ in range(3)))
    assert len({t["out_trade_no"] for t in told}) == 1
    assert await ScoreCover.filter(box_id=box.id).count() == 1
    page = await box.call("GET", "/me/membership")
    assert next(q for q in page["quotas"] if q["kind"] == "round_trip")["left"] == 5


async def test_wechat_silent_at_confirmation_leaves_a_box_that_can_be_covered_later(house: House) -> None:
    box = await life(house)
    await fault(house, "/v3/pay/transactions/jsapi", "status", status=500, times=9)
    address = (await box.call("POST", "/me/addresses", ADDRESS))["id"]
    body = {"version": box.box["version"], "cover": "deposit", "address_id": address}
    assert (await box.call("POST", f"/boxes/{box.id}/confirm", body, status=502))["code"] == "wechat_unavailable"
    assert (await box.look())["state"] == "confirmed"
    async with house.http.delete(f"{house.sandbox_base}/sandbox/faults") as cleared:
        assert cleared.status < 400
    sheet = await box.call("GET", f"/boxes/{box.id}/cover")
    await pay(house, sheet["pay"])
    assert (await box.look())["state"] == "packing"
    assert await Payment.filter(ref=f"box:{box.id}").count() == 1


async def test_everybody_stays_in_their_own_part_of_the_house(house: House) -> None:
    box = await life(house)
    stylist, service = await house.staff("stylist1"), await house.staff("service1")
    ship = {"parcels": [{"carrier": "SF", "waybill": "SF0009", "item_ids": [1]}]}
    for token in (box.who.token, stylist, service):
        answer = await house.api("POST", f"/staff/boxes/{box.id}/ship", ship, token=token, status=403)
        assert answer["code"] == NotAllowed.code
    seen = await house.api("GET", f"/staff/boxes/{box.id}", token=stylist)
    assert seen["address"] is None
    proposal = {"sku_ids": [i["sku_id"] for i in box.items]}
    await box.staff("POST", f"/staff/boxes/{box.id}/proposal", proposal, status=403)
    await box.cover("deposit")
    answer = await house.api("POST", f"/staff/boxes/{box.id}/proposal", proposal, token=stylist, status=409)
    assert answer["code"] == "wrong_state"
    assert (await house.api("GET", f"/staff/boxes/{box.id}", token=stylist))["address"] is None
    [parcel] = await box.ship()
    await box.carrier(parcel["id"], SIGNED)
    await box.call("POST", f"/boxes/{box.id}/cancel", {}, status=409)


async def test_above_the_risk_cap_a_deposit_tops_it_up_and_is_used_first(house: House) -> None:
    shop = ruled(house.shop, risk_cap_fen=100_000)
    box = await life(house)
    member_id, top = box.who.member_id, box.box["highest_fen"]
    preview = await boxes.preview(shop, member_id, box.id)
    score = preview.covers[0]
    assert (score.available, score.reason, score.now_fen, score.later_fen) == (
        True, "topped_up", top - 100_000, 100_000,
    )  # fmt: skip
    address = (await box.call("POST", "/me/addresses", ADDRESS))["id"]
    sheet = await boxes.confirm(shop, member_id, box.id, box.box["version"], "pay_score", address)
    assert sheet.pay is not None
    assert (sheet.now_fen, (await ScoreCover.get(box_id=box.id)).risk_fen) == (top - 100_000, 100_000)
    await pay(house, vars(sheet.pay) if not isinstance(sheet.pay, dict) else sheet.pay)
    assert (await box.look())["state"] == "confirmed"
    await house.wechat(f"/payscore/{sheet.package}/confirm", {"person": box.who.person.id})
    assert (await box.look())["state"] == "packing"
    await box.signed()
    await box.call("POST", f"/boxes/{box.id}/keep-all")
    cover = await ScoreCover.get(box_id=box.id)
    assert cover.total_fen == 100_000
    # A piece comes back by law before it is collected: Pay Score is lowered, and no more than it holds.
    item = box.items[0]
    await box.grade({item["id"]: "ok"}, note="店长同意")
    assert (await ScoreCover.get(box_id=box.id)).total_fen == max(0, 100_000 - item["price_fen"])
    await house.wechat(f"/payscore/orders/{cover.out_order_no}/pay")
    await house.move(minutes=30)
    kept = top - item["price_fen"]
    assert await balance(box_id=box.id) == {"wechat": kept, "sales": -kept}
