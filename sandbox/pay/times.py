"""WeChat Pay's ways of writing a moment; all of them are Shanghai time."""

import re
from datetime import UTC, datetime, timedelta, timezone

SHANGHAI = timezone(timedelta(hours=8))
ON_ACCEPT = "OnAccept"
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def rfc3339(at: datetime) -> str:
    return at.astimezone(SHANGHAI).replace(microsecond=0).isoformat()


def parse_rfc3339(written: str) -> datetime | None:
    """The aware instant, or None when the text is not RFC 3339 with a zone."""
    if _RFC3339.fullmatch(written) is None:
        return None
    try:
        return datetime.fromisoformat(written).astimezone(UTC)
    except ValueError:
        return None


def compact(at: datetime) -> str:
    """`yyyyMMddHHmmss`, as Pay Score writes it."""
    return at.astimezone(SHANGHAI).strftime("%Y%m%d%H%M%S")


def parse_compact(written: str) -> datetime | None:
    """The instant of `yyyyMMddHHmmss` or the beginning of `yyyyMMdd`; None for anything else."""
    form = {14: "%Y%m%d%H%M%S", 8: "%Y%m%d"}.get(len(written))
    if form is None or not (written.isascii() and written.isdigit()):
        return None
    try:
        return datetime.strptime(written, form).replace(tzinfo=SHANGHAI)
    except ValueError:
        return None


def a_year_after(at: datetime) -> datetime:
    local = at.astimezone(SHANGHAI)
    try:
        return local.replace(year=local.year + 1)
    except ValueError:  # 29 February
        return local.replace(year=local.year + 1, month=3, day=1)
