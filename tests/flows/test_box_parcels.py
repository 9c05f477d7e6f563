"""Parcels: carrier events in any order, split boxes, and what happens when one is lost."""

from datetime import timedelta

from domain.membership import Quota
from models import InboxNote, Parcel, ParcelEvent, QuotaEntry, ScoreCover
from services import parcels, quotas
from tests.support.boxes import MOVING, PICKED, SIGNED, life, stock_of
from tests.support.house import House
from tests.support.money import balance


async def test_a_box_lost_before_signing_costs_nothing_and_gives_everything_back(house: House) -> None:
    box = await life(house)
    skus = [i["sku_id"] for i in box.items]
    before = await stock_of(skus)
    await box.cover("pay_score")
    [parcel] = await box.ship()
    await box.carrier(parcel["id"], PICKED)
    for _ in range(2):  # told twice, done once
        await box.staff("POST", f"/staff/parcels/{parcel['id']}/lost")

    assert (await box.look())["state"] == "lost"
    assert {i["state"] for i in box.items} == {"lost"}
    assert box.box["charge_fen"] == 0
    assert (await ScoreCover.get(box_id=box.id)).state == "REVOKED"
    assert await balance(box_id=box.id) == {}
    assert [e.step for e in await QuotaEntry.filter(ref__startswith=f"box:{box.id}:").order_by("id")] == [
        "hold",
        "use",
        "restore",
    ]
    assert await InboxNote.filter(member_id=box.who.member_id, title__contains="遗失").count() == 1
    # The promise is off every piece, and the pieces that are gone are written off: nobody can buy them.
    after = await stock_of(skus)
    assert after == {s: (a - 1, r, b, c + 1) for s, (a, r, b, c) in before.items()}


async def test_a_lost_box_gives_the_styling_back_too(house: House) -> None:
    box = await life(house)
    member_id = box.who.member_id
    stylist = await house.staff("stylist1")
    slots = await box.call("GET", "/slots")
    slot = next(s for day in slots["days"][1:] for s in day["slots"])
    body = {"starts_at": slot["starts_at"], "mode": "store", "occasion": "面试", "stylist_id": slot["stylist_ids"][0]}
    booking = await box.call("POST", "/bookings", body)
    skus = [i["sku_id"] for i in box.items]
    told = await house.api(
        "POST", f"/staff/bookings/{booking['id']}/proposal", {"sku_ids": skus, "words": "试试看"}, token=stylist
    )
    again = await house.api("POST", f"/staff/bookings/{booking['id']}/proposal", {"sku_ids": skus[::-1]}, token=stylist)
    assert (told["id"], told["version"] + 1) == (again["id"], again["version"])
    box.box = await box.call("GET", f"/boxes/{told['id']}")
    assert (box.box["occasion"], box.box["state"], len(box.items)) == ("面试", "proposed", 5)
    await box.cover("deposit")
    [parcel] = await box.ship()
    await box.staff("POST", f"/staff/parcels/{parcel['id']}/lost")

    left = {v.kind: v.left for v in await quotas.overview(member_id)}
    assert left == {Quota.STYLING: 6, Quota.ROUND_TRIP: 6}
    await house.move(minutes=30)
    assert await balance(box_id=box.id) == {}


async def test_events_come_twice_and_out_of_order(house: House) -> None:
    box = await life(house)
    await box.cover("deposit")
    [parcel] = await box.ship()
    await house.move(hours=6)
    now = house.shop.now()
    for action, hours in ((SIGNED, 1), (MOVING, 3), (SIGNED, 1), (PICKED, 5), (PICKED, 5)):
        await box.carrier(parcel["id"], action, now - timedelta(hours=hours))
    row = await Parcel.get(id=parcel["id"])
    assert (row.state, row.accepted_at, row.signed_at) == (
        "signed", now - timedelta(hours=5), now - timedelta(hours=1),
    )  # fmt: skip
    assert await ParcelEvent.filter(parcel_id=row.id).count() == 3
    assert (await box.look())["state"] == "delivered"
    assert await parcels.on_carrier_event(house.shop, "SF-NOBODYS", SIGNED, now) is False


async def test_the_clock_of_a_split_box_starts_at_its_last_parcel(house: House) -> None:
    box = await life(house, count=6)
    await box.cover("deposit")
    one, two, three = await box.ship(2, 2, 2)
    await box.carrier(one["id"], SIGNED)
    assert (await box.look())["state"] == "shipped"
    await house.move(hours=11)
    await box.carrier(two["id"], SIGNED)
    assert (await box.look())["state"] == "shipped"
    # The third is lost: its items leave the bill, the clock runs from the last signed one.
    await box.staff("POST", f"/staff/parcels/{three['id']}/lost")
    assert (await box.look())["state"] == "delivered"
    assert box.box["deadline_at"] == "2026-11-27T16:00:00Z"
    assert [i["state"] for i in box.items] == ["at_member"] * 4 + ["lost"] * 2
    note = await InboxNote.filter(member_id=box.who.member_id, title__contains="遗失").get()
    assert all(f"「{i['name']}」" in note.text for i in box.items[4:])
    settled = await box.call("POST", f"/boxes/{box.id}/keep-all")
    assert settled["state"] == "settled"
    assert settled["charge_fen"] == sum(i["price_fen"] for i in box.items[:4])
    late = await box.staff("POST", f"/staff/parcels/{one['id']}/lost", status=409)
    assert late["code"] == "wrong_state"
