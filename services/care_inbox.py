"""The member's inbox in the mini-program: the channel that is always there."""

from domain.errors import NotFound
from models import InboxNote
from services.shop import Shop


async def notes_of(member_id: int, *, before_id: int | None = None, limit: int = 20) -> list[InboxNote]:
    """The newest notes first, `before_id` for the next page."""
    notes = InboxNote.filter(member_id=member_id)
    if before_id is not None:
        notes = notes.filter(id__lt=before_id)
    return await notes.order_by("-id").limit(limit)


async def note_of(member_id: int, note_id: int) -> InboxNote:
    """The member's own note. Raises NotFound for anybody else's."""
    note = await InboxNote.filter(id=note_id, member_id=member_id).first()
    if note is None:
        raise NotFound("note")
    return note


async def unread(member_id: int) -> int:
    return await InboxNote.filter(member_id=member_id, read_at__isnull=True).count()


async def mark_read(shop: Shop, member_id: int, note_id: int) -> InboxNote:
    """Reading twice keeps the first instant."""
    note = await note_of(member_id, note_id)
    now = shop.now()
    if await InboxNote.filter(id=note.id, read_at__isnull=True).update(read_at=now, updated_at=now):
        note.read_at = now
    return note
