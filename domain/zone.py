"""A member abroad: her own wall clock beside the shop's. Instants stay UTC; only what is shown changes."""

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from domain.clock import SHANGHAI
from domain.errors import Invalid

SHOP_ZONE = "Asia/Shanghai"


@cache
def _known() -> frozenset[str]:
    return frozenset(available_timezones())


def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name (`America/New_York`). Raises Invalid for any other text."""
    if name not in _known():
        raise Invalid("zone", "an IANA time zone, for example America/New_York")
    return ZoneInfo(name)


def wall(instant: datetime, name: str = SHOP_ZONE) -> str:
    """The instant on a wall clock, with that day's offset: `2027-03-14T03:00:00-04:00`."""
    return instant.astimezone(zone(name)).isoformat()


def beside(instant: datetime, name: str) -> str:
    """What is said beside the shop's time: empty without a zone, or where its clock shows the same."""
    if not name:
        return ""
    own = instant.astimezone(zone(name))
    if own.utcoffset() == instant.astimezone(SHANGHAI).utcoffset():
        return ""
    return f"（您当地 {own.month}月{own.day}日 {own:%H:%M}）"
