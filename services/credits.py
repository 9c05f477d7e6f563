"""Credit of guides: what their members bought online, net of what came back."""

from dataclasses import dataclass
from datetime import datetime

from tortoise.functions import Count, Sum

from models import Purchase, StaffUser


@dataclass(frozen=True)
class Credit:
    """One guide's share of a span: members who bought, purchases, and their net sum."""

    staff_id: int
    name: str
    members: int
    purchases: int
    net_fen: int


async def credited(since: datetime, until: datetime, *, staff_id: int | None = None) -> list[Credit]:
    """By guide, the largest sum first; each purchase counts for who was bound when it was made."""
    rows = Purchase.filter(bought_at__gte=since, bought_at__lt=until, guide_staff_id__isnull=False, net_fen__gt=0)
    if staff_id is not None:
        rows = rows.filter(guide_staff_id=staff_id)
    sums = (
        await rows.annotate(members=Count("member_id", distinct=True), purchases=Count("id"), net=Sum("net_fen"))
        .group_by("guide_staff_id")
        .values("guide_staff_id", "members", "purchases", "net")
    )
    names = {user.id: user.name for user in await StaffUser.filter(id__in=[row["guide_staff_id"] for row in sums])}
    found = [
        Credit(
            row["guide_staff_id"], names.get(row["guide_staff_id"], ""), int(row["members"]), int(row["purchases"]),
            int(row["net"] or 0),
        )
        for row in sums
    ]  # fmt: skip
    return sorted(found, key=lambda credit: (-credit.net_fen, credit.staff_id))
