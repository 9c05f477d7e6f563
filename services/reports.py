"""Reports on people by set-based statements: the funnel, cohorts by way in, and renewals."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from domain.clock import at, day_end
from domain.errors import Invalid
from domain.money import Fen
from domain.report import Layer, Step, funnel, percent
from models.sql import run
from services.shop import Shop

GRACE_DAYS = 30
"""A plan taken up again so many days after its end counts as renewed."""
MOST_DAYS = 1100
COUNTED = (*Layer, "trial_registered", "registered_loyal")


def _span(first: date, last: date) -> tuple[datetime, datetime]:
    """Both days included, as half-open instants. Raises Invalid for the wrong order, or more than three years."""
    if not timedelta(0) <= last - first <= timedelta(days=MOST_DAYS):
        raise Invalid("last", f"not before the first day, and at most {MOST_DAYS} days after it")
    return at(first), day_end(last)


@dataclass(frozen=True)
class Group:
    """The funnel of everybody who came one way; an empty source is everybody."""

    source: str
    steps: list[Step]


async def funnels(first: date, last: date) -> list[Group]:
    """Everybody first seen in those days together, then by first source. Merged and closed accounts are nobody."""
    since, until = _span(first, last)
    rows = await run("funnel", since=since, until=until)
    total = {name: sum(int(row[name]) for row in rows) for name in COUNTED}
    groups = [Group(str(row["source"]), funnel({name: int(row[name]) for name in COUNTED})) for row in rows]
    return [Group("", funnel(total)), *groups]


@dataclass(frozen=True)
class Kept:
    """Of those first seen at least so many days ago: how many were still seen so many days after their first time."""

    days: int
    old_enough: int
    kept: int
    percent: float | None


@dataclass(frozen=True)
class Cohort:
    """Who was first seen in one month by one way in. `again`: with a second purchase; sums net of returns."""

    month: str
    source: str
    scene: str
    members: int
    registered: int
    buyers: int
    again: int
    net_fen: Fen
    kept: list[Kept]


async def cohorts(shop: Shop, first: date, last: date, *, by_scene: bool) -> list[Cohort]:
    """By month in Shanghai and first source; with `by_scene` by the entry code, poster or store as well."""
    since, until = _span(first, last)
    rows = await run("cohorts", since=since, until=until, now=shop.now(), by_scene=int(by_scene))
    return [_cohort(row) for row in rows]


def _cohort(row: dict[str, Any]) -> Cohort:
    return Cohort(
        month=str(row["month"]),
        source=str(row["source"]),
        scene=str(row["scene"]),
        members=int(row["members"]),
        registered=int(row["registered"]),
        buyers=int(row["buyers"]),
        again=int(row["again"]),
        net_fen=int(row["net_fen"]),
        kept=[_kept(row, days) for days in (30, 90, 365)],
    )


def _kept(row: dict[str, Any], days: int) -> Kept:
    old, kept = int(row[f"old_{days}"]), int(row[f"kept_{days}"])
    return Kept(days, old, kept, percent(kept, old))


@dataclass(frozen=True)
class Renewal:
    """Periods of one plan whose last day lies in one month. `still_open` may yet be renewed within the grace."""

    month: str
    plan: str
    ended: int
    renewed: int
    still_open: int
    percent: float | None  # of those that are decided


async def renewals(shop: Shop, first: date, last: date) -> list[Renewal]:
    """How many of the periods that ended in those days were followed by another paid one, at once or in the grace."""
    since, until = _span(first, last)
    grace_from = shop.now() - timedelta(days=GRACE_DAYS)
    rows = await run(
        "renewals", since=since + timedelta(seconds=1), until=until + timedelta(seconds=1), grace_days=GRACE_DAYS,
        grace_from=grace_from,
    )  # fmt: skip
    found = []
    for row in rows:
        ended, renewed, still_open = (int(row[name]) for name in ("ended", "renewed", "still_open"))
        share = percent(renewed, ended - still_open)
        found.append(Renewal(str(row["month"]), str(row["plan"]), ended, renewed, still_open, share))
    return found
