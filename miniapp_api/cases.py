"""Cases as the staff sees them: what waits for a person, taken, noted on, closed."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from domain.case import CaseKind, CaseState
from miniapp_api.bookings import Instant
from miniapp_api.frame import Body, Call, Text, View
from services import cases


class CaseQuery(Body):
    """`mine`: only the caller's own. `due_before`: due earlier than this instant."""

    state: CaseState = CaseState.OPEN
    kind: CaseKind | None = None
    ref: Annotated[str, Field(max_length=64, pattern=r"^[0-9a-zA-Z:_\-]*$")] = ""
    mine: bool = False
    due_before: Instant | None = None


class CaseView(View):
    """`facts` differ by kind; they hold ids and numbers."""

    id: int
    kind: CaseKind
    ref: str = Field(description="What it is about: box:7, parcel:9, item:4")
    member_id: int | None
    state: CaseState
    priority: int
    owner_staff_id: int | None
    due_at: datetime
    facts: dict[str, Any]
    outcome: str
    created_at: datetime
    closed_at: datetime | None


class CasesView(View):
    """`total` counts all that match; `items` are the most urgent hundred."""

    total: int
    items: list[CaseView]


class CaseNoteView(View):
    staff_id: int
    text: str
    created_at: datetime


class MoveView(View):
    """One change of state: who, from, to, why, when."""

    old: str
    new: str
    who: str
    why: str
    created_at: datetime


class CaseSheetView(View):
    case: CaseView
    notes: list[CaseNoteView]
    history: list[MoveView]


class NoteBody(Body):
    text: Annotated[Text, Field(min_length=1, max_length=500)]


class CloseBody(Body):
    """`outcome` is a short word for reports: `paid`, `refused`, `settled`."""

    outcome: Annotated[str, Field(pattern=r"^[a-z][a-z_]{1,31}$")]
    note: Annotated[Text, Field(max_length=500)] = ""


async def _sheet(case_id: int) -> CaseSheetView:
    return CaseSheetView.model_validate(await cases.sheet(case_id))


async def get_cases(call: Call, query: CaseQuery) -> CasesView:
    """What waits for a person, the most urgent first."""
    found = await cases.find(
        state=query.state,
        kind=query.kind,
        ref=query.ref,
        owner_staff_id=call.staff_id if query.mine else None,
        due_before=query.due_before,
    )
    return CasesView.model_validate(found)


async def get_case(call: Call, case_id: int) -> CaseSheetView:
    """One case with its notes and its history."""
    return await _sheet(case_id)


async def post_take(call: Call, case_id: int) -> CaseSheetView:
    """Take a case, also in another's place."""
    await cases.take(call.shop, call.staff_id, case_id)
    return await _sheet(case_id)


async def post_note(call: Call, case_id: int, body: NoteBody) -> CaseSheetView:
    """Write a note on a case."""
    await cases.write_note(call.shop, call.staff_id, case_id, body.text)
    return await _sheet(case_id)


async def post_close(call: Call, case_id: int, body: CloseBody) -> CaseSheetView:
    """Close a case by hand; kinds that end with a decision of their own are refused, and so is who caused it."""
    await cases.close(call.shop, call.staff_id, case_id, body.outcome, body.note)
    return await _sheet(case_id)
