"""An audience as the statements ask it: one expression of who is meant, for planning, previews and sending."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from domain.audience import Audience
from domain.clock import day_of
from domain.stage import Stage
from models import sql

NO_LIMIT = 2**62


def conditions(audience: Audience, now: datetime) -> dict[str, Any]:
    """The parameters of `models/sql/audience_*.sql`; days count back from `now`."""

    def before(days: int) -> datetime:
        return now - timedelta(days=days)

    # All four stages are no condition; of fewer, the statement has three places.
    stages = [str(stage) for stage in audience.stages][:3]
    every = len(set(audience.stages)) in (0, len(Stage))
    places = (stages + [stages[-1] if stages else ""] * 3)[:3]
    orders = (audience.orders_365_min, audience.orders_365_max)
    spend = (audience.spend_365_min_fen, audience.spend_365_max_fen)
    return {
        "every_stage": int(every),
        "stage_a": places[0],
        "stage_b": places[1],
        "stage_c": places[2],
        "joined_days": audience.joined_within_days,
        "joined_from": before(audience.joined_within_days),
        "bought_days": audience.bought_within_days,
        "bought_from": before(audience.bought_within_days),
        "silent_days": audience.silent_days,
        "silent_from": before(audience.silent_days),
        "orders_asked": int(any(orders)),
        "orders_min": orders[0],
        "orders_max": orders[1] or NO_LIMIT,
        "spend_asked": int(any(spend)),
        "spend_min_fen": spend[0],
        "spend_max_fen": spend[1] or NO_LIMIT,
        "year_from": before(365),
        "plan": _asked(audience.plan),
        "tiers": _listed(audience.tiers),
        "super": _asked(audience.super_user),
        "year": day_of(now).year,
        "tags": _listed(audience.tags),
        "did_what": audience.did or "",
        "did_since": before(audience.did_within_days),
        "missed_what": audience.missed or "",
        "missed_since": before(audience.missed_within_days),
    }


def _asked(answer: bool | None) -> int:
    return -1 if answer is None else int(answer)


def _listed(names: Sequence[object]) -> str:
    return f",{','.join(str(name) for name in names)}," if names else ""


async def among(audience: Audience, now: datetime, member_ids: Sequence[int]) -> set[int]:
    """Those of the members whom the audience means."""
    if not member_ids:
        return set()
    rows = await sql.run("audience_among", members=list(set(member_ids)), **conditions(audience, now))
    return {int(row["id"]) for row in rows}
