"""A box covered by a deposit: used for kept goods first, the rest comes back, or the balance is asked for."""

from datetime import timedelta

from models import Member, OutsideCall, Payment, Refund
from services import settlement
from tests.support.boxes import Life, life
from tests.support.house import House
from tests.support.money import balance, pay


async def cheapest_kept(box: Life) -> int:
    """Keep only the cheapest item; its price."""
    prices = [i["price_fen"] for i in box.items]
    cheap = min(range(len(prices)), key=lambda n: prices[n])
    lines = [
        {"item_id": i["id"], "decision": "keep"} if n == cheap
        else {"item_id": i["id"], "decision": "return", "reason": "style"}
        for n, i in enumerate(box.items)
    ]  # fmt: skip
    box.box = await box.call("POST", f"/boxes/{box.id}/decisions", {"items": lines})
    return int(prices[cheap])


async def test_the_rest_of_the_deposit_comes_back(house: House) -> None:
    box = await life(house, cheap=True)
    await box.cover("deposit")
    assert await balance(box_id=box.id) == {"wechat": 30000, "deposits": -30000}
    await box.signed()
    assert await OutsideCall.filter(kind="upload_shipping", state="done").count() == 1
    assert await OutsideCall.filter(kind="trace_parcel", state="done").count() == 1
    kept = await cheapest_kept(box)
    assert kept < 30000
    told = await box.call("GET", f"/boxes/{box.id}/settlement-preview")
    assert (told["deposit_used_fen"], told["deposit_refund_fen"], told["balance_fen"]) == (kept, 30000 - kept, 0)
    await box.come_back(await box.send_back())

    assert (await box.look())["state"] == "settled"
    assert (box.box["charge_fen"], box.box["owed_fen"]) == (kept, 0)
    [refund] = await Refund.filter(ref=f"box:{box.id}")
    assert refund.amount_fen == 30000 - kept
    await house.move(minutes=30)
    assert (await Refund.get(id=refund.id)).state == "done"
    assert await balance(box_id=box.id) == {"wechat": kept, "sales": -kept}


async def test_what_the_deposit_does_not_cover_is_asked_for(house: House) -> None:
    box = await life(house)
    await box.cover("deposit")
    await box.signed()
    total = sum(i["price_fen"] for i in box.items)
    # A return that is booked and not picked up yet does not stand in the way.
    await box.decide(keep=4)
    await box.call("POST", f"/boxes/{box.id}/return", {})
    told = await box.call("GET", f"/boxes/{box.id}/settlement-preview?keep_all=true")
    assert (told["charge_fen"], told["balance_fen"]) == (total, total - 30000)

    settled = await box.call("POST", f"/boxes/{box.id}/keep-all")
    assert (settled["state"], settled["owed_fen"], settled["kept_all"]) == ("settled", total - 30000, True)
    points = (await box.call("GET", "/me"))["points"]
    assert points["pending"] == told["points"] + told["perk_points"]
    again = await box.call("POST", f"/boxes/{box.id}/keep-all")
    assert again == settled
    sheet = await box.call("POST", f"/boxes/{box.id}/balance")
    assert sheet["owed_fen"] == total - 30000
    await pay(house, sheet["pay"])

    assert (await box.look())["owed_fen"] == 0
    assert await balance(box_id=box.id) == {"wechat": total, "sales": -total}
    assert (await Member.get(id=box.who.member_id)).level == "payer"
    paid = await Payment.filter(ref=f"box:{box.id}", state="paid").count()
    assert paid == 2
    answer = await box.call("POST", f"/boxes/{box.id}/balance", status=409)
    assert answer["code"] == "wrong_state"


async def test_all_back_gives_the_whole_deposit_back(house: House) -> None:
    box = await life(house)
    await box.cover("deposit")
    await box.signed()
    await box.decide(keep=0)
    await box.come_back(await box.send_back())
    await house.move(minutes=30)
    [refund] = await Refund.filter(ref=f"box:{box.id}")
    assert (refund.amount_fen, refund.state) == (30000, "done")
    assert await balance(box_id=box.id) == {}


async def test_beyond_the_quota_the_legs_are_shown_before_and_charged_after(house: House) -> None:
    box = await life(house, plan=False)
    preview = await box.call("GET", f"/boxes/{box.id}/preview")
    goods = sum(i["price_fen"] for i in box.items)
    assert (preview["round_trip_free"], preview["freight_out_fen"], preview["freight_back_fen"]) == (False, 1200, 1200)
    assert preview["highest_fen"] == goods + 1200  # keeping all, nothing travels back
    await box.cover("deposit")
    await box.signed()
    await box.decide(keep=0)
    await box.come_back(await box.send_back())

    assert (await box.look())["charge_fen"] == 2400
    await house.move(minutes=30)
    assert await balance(box_id=box.id) == {"wechat": 2400, "freight": -2400}


async def test_cancelled_before_shipping_everything_is_as_it_was(house: House) -> None:
    box = await life(house)
    await box.cover("deposit")
    told = await box.call("GET", f"/boxes/{box.id}/cancel-preview")
    assert (told["refund_fen"], told["released_fen"]) == (30000, 0)
    assert (told["round_trip_back"], told["coupon_back"]) == (True, False)
    assert (await box.look())["state"] == "packing", "a preview writes nothing"
    cancelled = await box.call("POST", f"/boxes/{box.id}/cancel", {})
    assert cancelled["state"] == "cancelled"
    await house.move(minutes=30)
    assert await balance(box_id=box.id) == {}
    page = await box.call("GET", "/me/membership")
    assert next(q for q in page["quotas"] if q["kind"] == "round_trip")["left"] == 6


async def test_switching_the_cover_gives_the_first_one_up(house: House) -> None:
    box = await life(house)
    first = await box.confirm("deposit")
    second = await box.call("POST", f"/boxes/{box.id}/cover", {"cover": "pay_score"})
    assert (first["kind"], second["kind"], bool(second["package"])) == ("deposit", "pay_score", True)
    fresh = await box.call("GET", f"/boxes/{box.id}/cover")
    await house.wechat(f"/payscore/{fresh['package']}/confirm", {"person": box.who.person.id})
    assert (await box.look())["state"] == "packing"
    assert (await Payment.get(ref=f"box:{box.id}")).state == "closed"


async def test_a_box_that_is_never_covered_goes_back_to_proposed(house: House) -> None:
    box = await life(house)
    await box.confirm("pay_score")
    version = (await box.look())["version"]
    await house.move(minutes=61)
    assert (await box.look())["state"] == "proposed"
    assert box.box["version"] == version + 1
    assert set(await box.states()) == {"proposed"}
    await box.cover("deposit")
    await box.signed()
    assert await settlement.settle(house.shop, box.id, "nobody") is None
    house.world.clock.set(house.shop.now() + timedelta(days=7), frozen=True)
    assert await settlement.settle(house.shop, box.id, "job:late") is not None
