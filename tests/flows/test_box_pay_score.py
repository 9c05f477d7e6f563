"""A box covered by Pay Score: nothing is charged before the outcome, and the outcome exactly once."""

import asyncio
from datetime import timedelta

from domain.box import BoxState
from miniapp_api.box_views import BoxItemView, BoxView, ParcelView
from models import BoxItem, CareMessage, History, PointsLot, QuotaEntry, ScoreCover
from services import settlement
from tests.support.boxes import life, stock_of
from tests.support.house import House
from tests.support.money import balance


async def test_some_is_kept_some_comes_back_and_the_bill_is_right_to_the_fen(house: House) -> None:
    box = await life(house)
    skus = [item["sku_id"] for item in box.items]
    before = await stock_of(skus)
    prices = [item["price_fen"] for item in box.items]

    preview = await box.call("GET", f"/boxes/{box.id}/preview")
    assert preview["highest_fen"] == sum(prices) == box.box["highest_fen"]
    assert (preview["round_trip_free"], preview["round_trips_left"]) == (True, 6)
    assert [(c["kind"], c["now_fen"], c["later_fen"]) for c in preview["covers"]] == [
        ("pay_score", 0, sum(prices)),
        ("deposit", 30000, max(0, sum(prices) - 30000)),
        ("stored_value", 0, sum(prices)),
    ]

    await box.cover("pay_score")
    assert {s: (a - 1, r + 1, b, c) for s, (a, r, b, c) in before.items()} == await stock_of(skus)
    await box.signed()
    assert box.box["state"] == "delivered"
    assert box.box["deadline_at"] == "2026-11-27T16:00:00Z"  # signed on the 22nd: 24:00 of the 27th
    assert await CareMessage.exists(occurrence=f"box:{box.id}", path="box")

    await box.decide(keep=2)
    told = await box.call("GET", f"/boxes/{box.id}/settlement-preview")
    assert told["charge_fen"] == sum(prices[:2])
    waybill = await box.send_back()
    assert (await box.look())["state"] == "returning"
    await box.come_back(waybill)

    assert (await box.look())["state"] == "settled"
    assert [i["state"] for i in box.items] == ["bought"] * 2 + ["returned"] * 3
    assert (box.box["goods_fen"], box.box["charge_fen"]) == (sum(prices[:2]), told["charge_fen"])
    cover = await ScoreCover.get(box_id=box.id)
    assert cover.total_fen == told["charge_fen"]
    [lot] = await PointsLot.filter(member_id=box.who.member_id, reason="box")
    assert lot.points == sum(prices[:2]) * 2 // 100 == told["points"]
    assert lot.usable_at.isoformat() == "2026-11-29T16:00:00+00:00"
    assert [e.step for e in await QuotaEntry.filter(ref__startswith=f"box:{box.id}:").order_by("id")] == [
        "hold",
        "use",
    ]
    after = await stock_of(skus)
    for number, sku in enumerate(skus):
        on_hand, reserved, sold, lost = before[sku]
        kept = number < 2
        assert after[sku] == (on_hand - kept, reserved, sold + kept, lost)
    feedback = [i.feedback for i in await BoxItem.filter(box_id=box.id).order_by("id")]
    assert feedback == ["合身", "合身", "袖子长", "袖子长", "袖子长"]
    assert await CareMessage.exists(occurrence=f"box:{box.id}", path="box_after")
    assert not await CareMessage.exists(occurrence=f"box:{box.id}", path="box", state="planned")

    # WeChat collects; then nothing is open any more.
    await house.wechat(f"/payscore/orders/{cover.out_order_no}/pay")
    assert (await box.look())["owed_fen"] == 0
    assert await balance(box_id=box.id) == {"wechat": sum(prices[:2]), "sales": -sum(prices[:2])}


async def test_nothing_is_charged_when_all_comes_back(house: House) -> None:
    box = await life(house)
    skus = [item["sku_id"] for item in box.items]
    before = await stock_of(skus)
    await box.cover("pay_score")
    await box.signed()
    await box.decide(keep=0)
    await box.come_back(await box.send_back())

    assert (await box.look())["state"] == "settled"
    assert (box.box["charge_fen"], box.box["owed_fen"]) == (0, 0)
    assert (await ScoreCover.get(box_id=box.id)).state == "DONE"
    assert await balance(box_id=box.id) == {}
    assert await stock_of(skus) == before
    assert not await PointsLot.exists(member_id=box.who.member_id, reason="box")


async def test_five_at_once_settle_it_once(house: House) -> None:
    box = await life(house)
    await box.cover("pay_score")
    await box.signed()
    house.world.clock.set(house.shop.now().replace(day=28), frozen=True)

    told = await asyncio.gather(
        *(settlement.settle(house.shop, box.id, f"job:{n}") for n in range(3)),
        settlement.settle_due(house.shop),
        settlement.settle_due(house.shop),
    )
    assert sum(1 for one in told if one not in (None, 0)) == 1
    assert await History.filter(noun="box", row_id=box.id, new=BoxState.SETTLED.value).count() == 1
    assert await PointsLot.filter(member_id=box.who.member_id, reason="box").count() == 1
    assert await balance(box_id=box.id) == {
        "receivable": sum(i["price_fen"] for i in box.items),
        "sales": -sum(i["price_fen"] for i in box.items),
    }


async def test_the_deadline_job_buys_what_was_not_answered(house: House) -> None:
    box = await life(house)
    await box.cover("pay_score")
    await box.signed()

    await box.at("2026-11-27T15:59:59+00:00")
    assert set(await box.states()) == {"at_member"}
    assert box.box["state"] == "delivered"
    assert box.box["deadline_at"] == "2026-11-27T16:00:00Z"
    late = {"items": [{"item_id": box.items[0]["id"], "decision": "return", "reason": "size"}]}
    house.world.clock.set(house.shop.now() + timedelta(seconds=1), frozen=True)
    assert (await box.call("POST", f"/boxes/{box.id}/decisions", late, status=409))["code"] == "too_late"
    await box.at("2026-11-27T16:01:00+00:00")
    assert set(await box.states()) == {"bought"}
    assert box.box["state"] == "settled"
    assert box.box["charge_fen"] == sum(i["price_fen"] for i in box.items)
    answer = await box.call("POST", f"/boxes/{box.id}/keep-all", status=409)
    assert answer["code"] == "wrong_state"


async def test_what_the_database_writes_is_what_the_document_promises(house: House) -> None:
    box = await life(house)
    await box.cover("deposit")
    await box.signed()
    await box.decide(keep=4)
    await box.call("POST", f"/boxes/{box.id}/return", {"pickup_at": "2026-11-23T10:00:00+08:00"})
    told = await box.look()
    assert set(told) == set(BoxView.model_fields)
    assert all(set(item) == set(BoxItemView.model_fields) for item in told["items"])
    assert all(set(parcel) == set(ParcelView.model_fields) for parcel in told["parcels"])
    # Read as the document says and written again, not a character differs.
    assert BoxView.model_validate(told).model_dump(mode="json") == told
    assert told["parcels"][1]["pickup_at"] == "2026-11-23T02:00:00Z"
    [line] = (await box.call("GET", "/boxes"))["items"]
    assert (line["id"], line["state"], line["deadline_at"]) == (box.id, "returning", told["deadline_at"])
