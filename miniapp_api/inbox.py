"""The member's inbox: what no other channel could carry, and the consents it all rests on."""

from datetime import datetime

from pydantic import Field

from miniapp_api.frame import Call, Page, PageQuery, View
from miniapp_api.sessions import ConsentsView
from services import care_inbox, consents


class NoteView(View):
    id: int
    title: str
    text: str
    page: str = Field(description="Where a tap leads in the mini-program")
    created_at: datetime
    read_at: datetime | None


class InboxView(Page[NoteView]):
    unread: int


async def get_inbox(call: Call, query: PageQuery) -> InboxView:
    """The member's notes, newest first, with how many are unread."""
    before_id = int(query.cursor) if query.cursor else None
    notes = await care_inbox.notes_of(call.member_id, before_id=before_id, limit=query.limit + 1)
    shown = notes[: query.limit]
    return InboxView(
        items=[NoteView.model_validate(note) for note in shown],
        next_cursor=str(shown[-1].id) if len(notes) > query.limit else None,
        unread=await care_inbox.unread(call.member_id),
    )


async def post_read(call: Call, note_id: int) -> NoteView:
    """Mark one note as read; reading it again changes nothing."""
    return NoteView.model_validate(await care_inbox.mark_read(call.shop, call.member_id, note_id))


async def get_consents(call: Call) -> ConsentsView:
    """Every purpose the member was asked about, and whether the consent stands."""
    return ConsentsView(consents=await consents.standing(call.member_id))
