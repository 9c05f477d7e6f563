"""The audit log: what staff did to what, readable for finance and admin, changeable by nobody."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, Field

from miniapp_api.frame import Call, Id, Page, PageQuery, Text, View
from services import audit


class AuditView(View):
    """One act. `facts` hold ids and sums, never names."""

    id: int
    at: datetime
    staff_id: int
    login: str
    action: str
    ref: str
    facts: dict[str, Any]


class AuditQuery(PageQuery):
    """`action` is one act (`refund.resume`) or, with a dot at its end, all of a noun (`refund.`)."""

    staff_id: Id | None = None
    action: Annotated[Text, Field(max_length=48)] = ""
    ref: Annotated[Text, Field(max_length=64, description="What it was done to: box:9, refund:3")] = ""
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


async def get_audit(call: Call, query: AuditQuery) -> Page[AuditView]:
    """What staff did, the newest first, by person, act, thing and time."""
    found = await audit.listed(
        staff_id=query.staff_id,
        action=query.action,
        ref=query.ref,
        since=query.since,
        until=query.until,
        before_id=int(query.cursor) if query.cursor else None,
        limit=query.limit + 1,
    )
    return Page[AuditView](
        items=[AuditView.model_validate(line) for line in found[: query.limit]],
        next_cursor=str(found[query.limit - 1].id) if len(found) > query.limit else None,
    )
