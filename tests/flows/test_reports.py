"""The funnel, cohorts and renewals: figures a shop owner can count on the fingers."""

from datetime import datetime, timedelta
from typing import Any

from domain.membership import Level, PlanState, Source
from models import Booking, Box, Member, Membership, MemberStage, Purchase, Stylist
from tests.support.house import START, House

WHO = "marketing1"
SPAN = "first=2025-11-01&last=2026-11-30"


async def person(source: Source, seen: datetime, *, scene: str = "", registered: bool = True, stayed: int = 0) -> int:
    """Somebody first seen then, by one way in, and last seen so many days later."""
    made = await Member.create(
        level=Level.REGISTERED, first_seen_at=seen, last_seen_at=seen + timedelta(days=stayed), first_source=source,
        first_scene=scene, registered_at=seen if registered else None, created_at=seen,
    )  # fmt: skip
    return int(made.id)


async def bought(member_id: int, number: int, net_fen: int) -> None:
    await Purchase.create(
        member_id=member_id, ref=f"order:{member_id}{number}", net_fen=net_fen, bought_at=START, created_at=START
    )


async def plan(member_id: int, starts_at: datetime, ends_at: datetime, state: PlanState = PlanState.ENDED) -> None:
    await Membership.create(
        member_id=member_id, plan="yearly", state=state, price_fen=39800, price_locked_until=starts_at,
        starts_at=starts_at, ends_at=ends_at, created_at=starts_at,
    )  # fmt: skip


async def styled(member_id: int, day: datetime) -> None:
    """A session that took place."""
    stylist = await Stylist.all().first()
    assert stylist is not None
    await Booking.create(
        member_id=member_id, stylist_id=stylist.id, starts_at=day, ends_at=day, mode="store", state="done",
        counter_id=1, uid=f"u{member_id}", created_at=day,
    )  # fmt: skip


async def ask(house: House, what: str, query: str = SPAN) -> list[dict[str, Any]]:
    told = await house.api("GET", f"/staff/reports/{what}?{query}", token=await house.staff(WHO))
    items: list[dict[str, Any]] = told["items"]
    return items


async def test_each_person_counts_once_a_layer(house: House) -> None:
    day = START - timedelta(days=40)
    both = await person(Source.SCENE, day, scene="poster-7")
    guest = await person(Source.SCENE, day, registered=False)
    await person(Source.LOGIN, day)
    gone = await person(Source.LOGIN, day)
    await Member.filter(id=gone).update(merged_into_id=both)
    for _ in range(2):
        await Box.create(member_id=both, state="settled", address_sealed="", confirmed_at=day, created_at=day)
    for who in (both, guest):
        await styled(who, day)
    await MemberStage.create(member_id=both, stage="maturity", since_at=day)
    await plan(both, day, START + timedelta(days=300), PlanState.ACTIVE)
    everybody, login, scene = await ask(house, "funnel")

    def steps(group: dict[str, Any]) -> list[tuple[int, int, float | None]]:
        return [(s["people"], s["of_previous"], s["from_previous_percent"]) for s in group["steps"]]

    assert (everybody["source"], login["source"], scene["source"]) == ("", "login", "scene")
    assert steps(everybody) == [(3, 3, None), (2, 2, 66.7), (2, 1, 50.0), (1, 1, 50.0)]
    assert steps(login) == [(1, 1, None), (0, 0, 0.0), (1, 0, None), (0, 0, 0.0)]
    assert await ask(house, "funnel", "first=2026-11-01&last=2026-11-30") == [
        {"source": "", "steps": everybody["steps"][:0] + [
            {"layer": layer, "people": 0, "of_previous": 0, "from_previous_percent": None}
            for layer in ("aware", "trial", "registered", "loyal")
        ]}
    ]  # fmt: skip
    token = await house.staff(WHO)
    await house.api("GET", "/staff/reports/funnel?first=2026-11-30&last=2026-11-01", token=token, status=422)
    await house.api("GET", f"/staff/reports/funnel?{SPAN}", token=await house.staff("warehouse1"), status=403)


async def test_cohorts_keep_the_entry_code_and_renewals_count_the_grace(house: House) -> None:
    october = datetime.fromisoformat("2026-10-01T00:30+08:00")  # still September in UTC
    faithful = await person(Source.SCENE, october, scene="poster-7", stayed=45)
    await person(Source.SCENE, october, scene="poster-7", stayed=3)
    await person(Source.SCENE, october, scene="poster-8", registered=False)
    await person(Source.SCENE, START - timedelta(days=2))
    for number, net_fen in enumerate((10000, 5000, 0)):
        await bought(faithful, number, net_fen)
    old, new = await ask(house, "cohorts")
    assert (old["month"], old["source"], old["scene"], new["month"]) == ("2026-10", "scene", "", "2026-11")
    assert [old[name] for name in ("members", "registered", "buyers", "again", "net_fen")] == [3, 2, 1, 1, 15000]
    assert [(k["days"], k["old_enough"], k["kept"], k["percent"]) for k in old["kept"]] == [
        (30, 3, 1, 33.3), (90, 0, 0, None), (365, 0, 0, None),
    ]  # fmt: skip
    apart = await ask(house, "cohorts", SPAN + "&by_scene=true")
    assert [(c["month"], c["scene"], c["members"]) for c in apart] == [
        ("2026-10", "poster-7", 2), ("2026-10", "poster-8", 1), ("2026-11", "", 1),
    ]  # fmt: skip

    def midnight(text: str) -> datetime:
        return datetime.fromisoformat(f"{text}T00:00+08:00")

    a, b, c, d = [await person(Source.LOGIN, START) for _ in range(4)]
    for who, ends in ((a, "2026-10-01"), (b, "2026-10-01"), (c, "2026-09-10"), (d, "2026-11-10")):
        await plan(who, midnight(ends) - timedelta(days=365), midnight(ends))
    await plan(a, midnight("2026-10-01"), midnight("2027-10-01"), PlanState.ACTIVE)  # without a gap
    await plan(b, midnight("2026-10-30"), midnight("2027-10-30"), PlanState.ACTIVE)  # on the last day of grace
    await plan(c, midnight("2026-10-10"), midnight("2027-10-10"), PlanState.ACTIVE)  # one day too late
    rows = await ask(house, "renewals")
    assert [(r["month"], r["ended"], r["renewed"], r["still_open"], r["percent"]) for r in rows] == [
        ("2026-09", 3, 2, 0, 66.7),  # a period that ends at 24:00 on 30 September is September's
        ("2026-11", 1, 0, 1, None),
    ]
