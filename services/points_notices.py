"""Announcing what lapses: 30 and 7 days before, one notice per member and day of lapse."""

from datetime import datetime, timedelta

from domain.clock import local
from domain.path import Event
from models import PointsLot
from services import care
from services.shop import Shop

AHEAD = timedelta(days=32)
AT_ONCE = 2000


def occurrence(expires_at: datetime) -> str:
    """How care names the lapse of one day."""
    return f"points:{local(expires_at):%Y%m%d%H%M}"


async def plan_due(shop: Shop) -> int:
    """Plan notices for everything that lapses within the next month; how many members and days. A job.

    Lots lapse at the ends of days, so there are few instants and each is planned by sets. What is planned
    already stays as it is.
    """
    now, planned = shop.now(), 0
    ahead = PointsLot.filter(unspent__gt=0, expires_at__gt=now, expires_at__lte=now + AHEAD)
    for row in await ahead.distinct().order_by("expires_at").values("expires_at"):
        lapses_at, last = row["expires_at"], 0
        while True:
            lots = PointsLot.filter(unspent__gt=0, expires_at=lapses_at, member_id__gt=last)
            found = await lots.distinct().order_by("member_id").limit(AT_ONCE).values_list("member_id", flat=True)
            members = [int(str(member_id)) for member_id in found]
            name = occurrence(lapses_at)
            await care.start_many(shop, Event.POINTS, [(member_id, name, lapses_at) for member_id in members])
            planned += len(members)
            if len(members) < AT_ONCE:
                break
            last = members[-1]
    return planned
