"""What a member enjoys at this instant, whatever it comes from: a running plan, a tier, a day."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Benefits:
    """Each source adds its own; the best of them counts (`best`)."""

    member_price: bool = False
    free_freight: bool = False
    priority: int = 0  # orders of a higher one are packed first
    multipliers_percent: tuple[int, ...] = ()  # of points; how several stack is domain/loyalty.combined's matter
    warranty_days: int = 0  # on top of the ordinary warranty


NONE = Benefits()


def best(*sources: Benefits) -> Benefits:
    """What several sources give together: the best of each benefit, and every multiplier."""
    return Benefits(
        any(s.member_price for s in sources),
        any(s.free_freight for s in sources),
        max((s.priority for s in sources), default=0),
        tuple(percent for s in sources for percent in s.multipliers_percent),
        max((s.warranty_days for s in sources), default=0),
    )
