"""Two web processes, one database: for the last slot, unit or piece exactly one wins, the others are told so."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
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


async def test_fifty_members_want_one_slot(town: Town) -> None:
    people = await members(town, 50, "monthly")
    starts_at, stylist_id = (await free_times(town, people[0].token))[0]
    body = {"starts_at": starts_at, "stylist_id": stylist_id, "mode": "store"}
    told = await asyncio.gather(
        *(both(town)[n % 2].ask("POST", "/bookings", body, token=who.token) for n, who in enumerate(people))
    )
    assert tally(told) == {"won": 1, "slot_taken": 49}
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


async def one_booking(town: Town) -> tuple[Shopper, list[tuple[str, int]], dict[str, Any]]:
    """A member with a session booked next week, and the other times there are."""
    [who] = await members(town, 1, "monthly")
    (starts_at, stylist_id), *others = await free_times(town, who.token)
    body = {"starts_at": starts_at, "stylist_id": stylist_id, "mode": "store"}
    return who, others, await town.api("POST", "/bookings", body, token=who.token)


async def how_it_stands(town: Town, booking_id: int) -> tuple[str, int, int, int]:
    """The booking's state, the quarters that are held at its own time and elsewhere, and the units used and held."""
    [row] = await town.rows(
        "SELECT b.state, q.held, q.used,"
        " (SELECT count(*) FROM booking_cell c WHERE c.booking_id = b.id) AS cells,"
        " (SELECT count(*) FROM booking_cell c WHERE c.booking_id = b.id AND c.stylist_id = b.stylist_id"
        "   AND c.quarter - extract(epoch FROM b.starts_at) / 900 BETWEEN 0 AND 3) AS right_cells"
        " FROM booking b JOIN quota_counter q ON q.id = b.counter_id WHERE b.id = $1",
        booking_id,
    )
    assert row["cells"] == row["right_cells"], "no quarter is left at a time it was moved from"
    return row["state"], row["cells"], row["held"], row["used"]


async def test_moving_and_cancelling_from_both_sides_at_one_instant(town: Town) -> None:
    who, others, booking = await one_booking(town)
    here, boss = f"/bookings/{booking['id']}", await town.staff("admin1")
    acts = [("POST", f"{here}/move", {"starts_at": at, "stylist_id": stylist}, who.token) for at, stylist in others[:4]]
    acts += [("POST", f"{here}/cancel", {}, who.token), ("POST", f"/staff{here}/cancel", {"why": "设备故障"}, boss)]
    told = await asyncio.gather(
        *(both(town)[n % 2].ask(method, path, body, token=token) for n, (method, path, body, token) in enumerate(acts))
    )
    moved = tally(told[:4])
    assert moved["won"] <= 3, "three moves at most, whoever was first"
    assert set(moved) <= {"won", "wrong_state", "too_many"}
    assert tally(told[4:]) == {"won": 2}, "who is second finds it cancelled, which is what was wanted"
    assert await how_it_stands(town, booking["id"]) == ("cancelled", 0, 0, 0)
    steps = await town.rows("SELECT new FROM history WHERE noun = 'booking' AND row_id = $1 ORDER BY id", booking["id"])
    assert [row["new"] for row in steps] == ["booked"] + ["booked"] * moved["won"] + ["cancelled"]
    restored = await town.value(
        "SELECT count(*) FROM quota_entry WHERE step = 'restore' AND ref LIKE $1", f"booking:{booking['id']}%"
    )
    assert restored == 1


async def test_done_excused_and_closed_by_the_job_at_one_instant(town: Town) -> None:
    _, _, booking = await one_booking(town)
    here, boss = f"/staff/bookings/{booking['id']}", await town.staff("admin1")
    over = datetime.fromisoformat(booking["ends_at"]) + timedelta(hours=24, seconds=1)
    now = await town.now()
    await town.wechat("/clock", {"advance_seconds": (over - now).total_seconds()})
    boss = await town.staff("admin1")
    acts = [(f"{here}/done", {}), (f"{here}/no-show", {}), (f"{here}/cancel", {"why": "造型师迟到"})]
    told = await asyncio.gather(
        *(both(town)[n % 2].ask("POST", path, body, token=boss) for n, (path, body) in enumerate(acts * 2))
    )
    assert all(status in (200, 409) for status, _ in told), told
    await town.until("it is decided", lambda: decided(town, booking["id"]))
    state, cells, held, used = await how_it_stands(town, booking["id"])
    assert (state, held, used) in (("done", 0, 1), ("cancelled", 0, 0))
    assert {data["state"] for status, data in told if status == 200} <= {state}
    assert cells == (4 if state == "done" else 0)


async def decided(town: Town, booking_id: int) -> bool:
    return bool(await town.value("SELECT state <> 'booked' FROM booking WHERE id = $1", booking_id))


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
