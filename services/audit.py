"""The append-only log of what staff do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models import AuditEntry, StaffUser
from services.shop import Shop


async def note(shop: Shop, staff_id: int, action: str, ref: str, **facts: Any) -> None:
    """Write one line in the transaction of the act itself. Facts hold ids and numbers, never names."""
    await AuditEntry.create(staff_id=staff_id, action=action, ref=ref, facts=facts, created_at=shop.now())


@dataclass(frozen=True)
class Line:
    """One act, with the login of who did it."""

    id: int
    at: datetime
    staff_id: int
    login: str
    action: str
    ref: str
    facts: dict[str, Any]


async def listed(
    *,
    staff_id: int | None = None,
    action: str = "",
    ref: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[Line]:
    """What staff did, the newest first. `action` names one act, or with a dot at its end a noun: `refund.`."""
    wanted: dict[str, Any] = {
        "staff_id": staff_id,
        "action__startswith" if action.endswith(".") else "action": action or None,
        "ref": ref or None,
        "created_at__gte": since,
        "created_at__lt": until,
        "id__lt": before_id,
    }
    rows = AuditEntry.filter(**{name: value for name, value in wanted.items() if value is not None})
    found = await rows.order_by("-id").limit(limit)
    names = await _logins([row.staff_id for row in found])
    return [
        Line(row.id, row.created_at, row.staff_id, names.get(row.staff_id, ""), row.action, row.ref, row.facts)
        for row in found
    ]


async def _logins(staff_ids: Sequence[int]) -> dict[int, str]:
    return {user.id: user.login for user in await StaffUser.filter(id__in=list(staff_ids))}
