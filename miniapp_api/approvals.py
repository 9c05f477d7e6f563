"""What waits for a second person, and the second person's yes or no."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from domain.approval import ApprovalKind, ApprovalState
from miniapp_api.frame import Body, Call, Page, PageQuery, Text, View
from services import approvals


class ApprovalView(View):
    """`facts` are what was asked about: ids and sums; what a yes does was shown to who asked."""

    id: int
    kind: ApprovalKind
    ref: str
    reason: str
    facts: dict[str, Any]
    state: ApprovalState
    asked_by: int = Field(description="The staff id of who asked")
    decided_by: int | None
    decided_at: datetime | None
    note: str
    created_at: datetime


class ApprovalsQuery(PageQuery):
    state: ApprovalState | None = None


async def get_approvals(call: Call, query: ApprovalsQuery) -> Page[ApprovalView]:
    """Steps that wait for a second person, or were decided, the newest first."""
    before_id = int(query.cursor) if query.cursor else None
    found = await approvals.listed(query.state, before_id, query.limit + 1)
    return Page[ApprovalView](
        items=[ApprovalView.model_validate(row) for row in found[: query.limit]],
        next_cursor=str(found[query.limit - 1].id) if len(found) > query.limit else None,
    )


class DecisionBody(Body):
    note: Annotated[Text, Field(max_length=200)] = ""


async def post_approve(call: Call, approval_id: int, body: DecisionBody) -> ApprovalView:
    """A second person's yes: what was asked for is done at once. 409 for who asked."""
    row = await approvals.decide(call.shop, call.staff_id, approval_id, approved=True, note=body.note)
    return ApprovalView.model_validate(row)


async def post_refuse(call: Call, approval_id: int, body: DecisionBody) -> ApprovalView:
    """A second person's no: nothing is done. 409 for who asked."""
    row = await approvals.decide(call.shop, call.staff_id, approval_id, approved=False, note=body.note)
    return ApprovalView.model_validate(row)
