"""Scorecards: counted by one statement when they are asked for, judged by `domain/score`."""

from dataclasses import dataclass
from datetime import timedelta

from domain.score import Score, ScoreFacts, score
from models import Stylist
from models.sql import run
from services.shop import Shop
from services.stylists import Desk


@dataclass(frozen=True)
class Card:
    """A stylist with what was counted and what it makes."""

    stylist: Stylist
    facts: ScoreFacts
    score: Score


async def cards(shop: Shop, desk: Desk) -> list[Card]:
    """A stylist's own card; everybody's for admins, by id."""
    rules = shop.rules.score
    rows = await run("stylist_scores", since=shop.now() - timedelta(days=rules.days), stylist_id=desk.stylist_id or 0)
    team = {s.id: s for s in await Stylist.filter(id__in=[row["stylist_id"] for row in rows])}
    found = []
    for row in rows:
        facts = ScoreFacts(**{name: int(value) for name, value in row.items() if name != "stylist_id"})
        found.append(Card(team[row["stylist_id"]], facts, score(facts, rules)))
    return found
