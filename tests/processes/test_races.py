"""Two web processes, one database: for the last slot, unit or piece exactly one wins, the others are told so."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

from tests.processes.farm import Town
from tests.support.boxes import ADDRESS, life
from tests.support.doors import Doors
from tests.support.money import Shopper, buy, shopper


def both(town: Town) -> list[Doors]:
    return [town, town.mortal]


async def members(town: Town, count: int, plan: str) -> list[Shopper]:
    """So many members with a plan, each bought through the doors."""

    async def one(number: int) -> Shopper:
        who = await shopper(town, f"会员{number}")
        await buy(town, who, plan)
        return who

    return list(await asyncio.gather(*(one(number) for number in range(count))))


async def free_times(town: Town, token: str) -> list[tuple[str, int]]:
    """(starts_at, stylist) on offer next week, no two overlapping for one member."""
    day = (await town.now() + timedelta(days=7)).date()
    told = await town.api("GET", f"/slots?from={day}&to={day + timedelta(days=5)}&mode=store", token=token)
    return [(slot["starts_at"], slot["stylist_ids"][0]) for day in told["days"] for slot in day["slots"]]


def tally(told: list[tuple[int, Any]]) -> Counter[str]:
    """How often each outcome came: "won", or the refusal's code. Anything but these two fails."""
    assert all(status in (200, 201, 409) for status, _ in told), told
    return Counter("won" if status < 300 else str(data["code"]) for status, data in told)


async def test_twenty_members_want_one_slot(town: Town) -> None:
    people = await members(town, 20, "monthly")
    starts_at, stylist_id = (await free_times(town, people[0].token))[0]
    body = {"starts_at": starts_at, "stylist_id": stylist_id, "mode": "store"}
    told = await asyncio.gather(
        *(both(town)[n % 2].ask("POST", "/bookings", body, token=who.token) for n, who in enumerate(people))
    )
    assert tally(told) == {"won": 1, "slot_taken": 19}
    ids = [who.member_id for who in people]
    [booking] = await town.rows("SELECT id, state FROM booking WHERE member_id = ANY($1)", ids)
    assert booking["state"] == "booked"
    assert await town.value("SELECT count(*) FROM booking_cell WHERE booking_id = $1", booking["id"]) == 4
    held = await town.value(
        "SELECT sum(q.held) FROM quota_counter q JOIN membership m ON m.id = q.membership_id "
        "WHERE m.member_id = ANY($1) AND q.kind = 'styling'",
        ids,
    )
    assert held == 1


async def test_ten_bookings_of_a_member_with_one_unit_left(town: Town) -> None:
    [who] = await members(town, 1, "monthly")
    times = (await free_times(town, who.token))[:10]
    assert len(times) == 10
    told = await asyncio.gather(
        *(
            both(town)[n % 2].ask(
                "POST", "/bookings", {"starts_at": at, "stylist_id": stylist, "mode": "store"}, token=who.token
            )
            for n, (at, stylist) in enumerate(times)
        )
    )
    assert tally(told) == {"won": 1, "quota_spent": 9}
    [counter] = await town.rows(
        "SELECT granted, held, used FROM quota_counter q JOIN membership m ON m.id = q.membership_id "
        "WHERE m.member_id = $1 AND q.kind = 'styling'",
        who.member_id,
    )
    assert counter == {"granted": 1, "held": 1, "used": 0}
    assert await town.value("SELECT count(*) FROM booking WHERE member_id = $1", who.member_id) == 1


async def test_two_boxes_want_the_last_piece(town: Town) -> None:
    one, two = await life(town, name="甲"), await life(town, name="乙")
    sku_id = one.items[2]["sku_id"]
    await town.books.execute("UPDATE sku SET received = received - on_hand + 1, on_hand = 1 WHERE id = $1", sku_id)
    bodies = []
    for box in (one, two):
        address = await box.call("POST", "/me/addresses", ADDRESS)
        bodies.append({"version": box.box["version"], "cover": "deposit", "address_id": address["id"]})
    told = await asyncio.gather(
        *(
            doors.ask("POST", f"/boxes/{box.id}/confirm", body, token=box.who.token)
            for doors, box, body in zip(both(town), (one, two), bodies, strict=True)
        )
    )
    assert tally(told) == {"won": 1, "out_of_stock": 1}
    assert sorted([(await one.look())["state"], (await two.look())["state"]]) == ["confirmed", "proposed"]
    loser = one if one.box["state"] == "proposed" else two
    [sku] = await town.rows("SELECT on_hand, received - sold - lost - reserved AS left FROM sku WHERE id = $1", sku_id)
    assert sku == {"on_hand": 0, "left": 0}
    # Nothing of the refused confirmation is left: her quota is whole and her other pieces are free.
    page = await loser.call("GET", "/me/membership")
    assert next(q for q in page["quotas"] if q["kind"] == "round_trip")["left"] == 6
    assert await town.value("SELECT count(*) FROM payment WHERE ref = $1", f"box:{loser.id}") == 0
