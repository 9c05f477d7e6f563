"""The append-only log of what staff do."""

from typing import Any

from models import AuditEntry
from services.shop import Shop


async def note(shop: Shop, staff_id: int, action: str, ref: str, **facts: Any) -> None:
    """Write one line in the transaction of the act itself. Facts hold ids and numbers, never names."""
    await AuditEntry.create(staff_id=staff_id, action=action, ref=ref, facts=facts, created_at=shop.now())
