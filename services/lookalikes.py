"""Who is not loyal yet, and most like those who are dearest: where a word is best spent."""

from dataclasses import dataclass
from datetime import timedelta

from domain.clock import day_of
from models import sql
from services.shop import Shop

YEAR, LATELY = timedelta(days=365), timedelta(days=90)


@dataclass(frozen=True)
class Factors:
    """Orders and their net sum within 365 days, orders within 90, sessions held within 365."""

    orders: float
    net_fen: float
    lately: float
    sessions: float


@dataclass(frozen=True)
class Lookalike:
    """`likeness`: the mean of the factors, each as a share of the super users' average and at most 1.

    A factor whose average is 0 is left out of it.
    """

    member_id: int
    stage: str
    likeness: float
    factors: Factors


@dataclass(frozen=True)
class Lookalikes:
    """`model` is the super users' average; None: there is no super user this year, and nobody is like one."""

    model: Factors | None
    people: list[Lookalike]


async def lookalikes(shop: Shop, limit: int) -> Lookalikes:
    """The most alike first; who has bought nothing within the year is like nobody."""
    now = shop.now()
    rows = await sql.run(
        "lookalikes", year_from=now - YEAR, lately_from=now - LATELY, year=day_of(now).year, count=limit
    )
    names = ("orders", "net_fen", "lately", "sessions")
    people = [
        Lookalike(
            row["member_id"], row["stage"], round(float(row["likeness"]), 4), Factors(*(float(row[n]) for n in names))
        )
        for row in rows
    ]
    return Lookalikes(Factors(*(float(rows[0][f"model_{n}"]) for n in names)) if rows else None, people)
