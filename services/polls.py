"""Polls about things that may be made: one yes a member, counted by size, and what came of it told to all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from tortoise.functions import Count

from domain.errors import Invalid, NotFound, TooLate, WrongState
from domain.poll import POLL_LIFE, PollState
from models import InboxNote, Poll, PollVote, Product
from models.base import move
from services import audit
from services.shop import Shop
from services.transaction import transaction

__all__ = [
    "Poll", "Votes", "all_of_them", "close", "counts", "make", "open_ones", "take_back", "vote", "votes_of",
]  # fmt: skip

AT_ONCE = 1000
"""So many who wanted it are told by one statement."""
log = structlog.get_logger()


async def make(shop: Shop, staff_id: int, *, closes_at: datetime, **given: Any) -> Poll:
    """Ask members. Raises Invalid for an end that is over."""
    if closes_at <= shop.now():
        raise Invalid("closes_at", "in the future")
    async with transaction():
        poll = await Poll.create(**given, closes_at=closes_at, created_at=shop.now())
        await audit.note(shop, staff_id, "poll.make", f"poll:{poll.id}", goal=poll.goal)
    return poll


async def open_ones(shop: Shop) -> Sequence[Poll]:
    """What may be answered now, the first to close first."""
    return await Poll.filter(state=PollState.OPEN, closes_at__gt=shop.now()).order_by("closes_at", "id")


@dataclass(frozen=True)
class Votes:
    """How many would buy it, in all and by size."""

    total: int
    by_size: dict[str, int]


async def counts(poll_ids: Sequence[int]) -> dict[int, Votes]:
    """The votes of these polls."""
    rows = (
        await PollVote.filter(poll_id__in=list(poll_ids))
        .annotate(count=Count("id"))
        .group_by("poll_id", "size")
        .values("poll_id", "size", "count")
    )
    found: dict[int, dict[str, int]] = {poll_id: {} for poll_id in poll_ids}
    for row in rows:
        found[row["poll_id"]][row["size"]] = int(row["count"])
    return {poll_id: Votes(sum(sizes.values()), dict(sorted(sizes.items()))) for poll_id, sizes in found.items()}


async def votes_of(member_id: int, poll_ids: Sequence[int]) -> dict[int, str]:
    """The size this member wants, by poll."""
    rows = await PollVote.filter(member_id=member_id, poll_id__in=list(poll_ids))
    return {row.poll_id: row.size for row in rows}


async def vote(shop: Shop, member_id: int, poll_id: int, size: str) -> Poll:
    """Say yes, or yes in another size. Raises NotFound, WrongState, TooLate."""
    async with transaction():
        poll = await _answerable(shop, poll_id)
        await PollVote.bulk_create(
            [PollVote(poll_id=poll_id, member_id=member_id, size=size, created_at=shop.now(), updated_at=shop.now())],
            on_conflict=("poll_id", "member_id"),
            update_fields=("size", "updated_at"),
        )
    return poll


async def take_back(shop: Shop, member_id: int, poll_id: int) -> Poll:
    """No longer. Again changes nothing. Raises NotFound, WrongState, TooLate."""
    async with transaction():
        poll = await _answerable(shop, poll_id)
        await PollVote.filter(poll_id=poll_id, member_id=member_id).delete()
    return poll


async def _answerable(shop: Shop, poll_id: int) -> Poll:
    """Locked, so that nobody's yes comes after the count."""
    poll = await Poll.filter(id=poll_id).select_for_update(no_key=True).first()
    if poll is None:
        raise NotFound("poll")
    if poll.state is not PollState.OPEN:
        raise WrongState("poll", poll.state, "answered")
    if shop.now() >= poll.closes_at:
        raise TooLate("poll", poll.closes_at.isoformat())
    return poll


async def close(shop: Shop, staff_id: int, poll_id: int, words: str, product_id: int | None) -> Poll:
    """Decide: with a product it is made and may be ordered, without it is not; all who wanted it are told.

    Raises NotFound, WrongState.
    """
    async with transaction():
        poll = await Poll.filter(id=poll_id).select_for_update().first()
        if poll is None:
            raise NotFound("poll")
        if product_id is not None and not await Product.exists(id=product_id):
            raise NotFound("product")
        state = PollState.MADE if product_id is not None else PollState.DROPPED
        await move(poll, POLL_LIFE, state, at=shop.now(), who=f"staff:{staff_id}", answer=words, product_id=product_id)
        await audit.note(shop, staff_id, "poll.close", f"poll:{poll_id}", state=state, product=product_id)
        made = product_id is not None
        title = f"「{poll.title}」{'要做了' if made else '这次不做了'}"
        page = f"pages/product/product?id={product_id}" if made else "pages/polls/polls"
        voters = await PollVote.filter(poll_id=poll_id).order_by("id")
        await InboxNote.bulk_create(
            [
                InboxNote(member_id=row.member_id, title=title, text=words, page=page, created_at=shop.now())
                for row in voters
            ],
            batch_size=AT_ONCE,
        )
    log.info("poll.closed", poll=poll_id, state=state, told=len(voters))
    return poll


async def all_of_them() -> Sequence[Poll]:
    """Every poll, the newest first; at most a hundred."""
    return await Poll.all().order_by("-id").limit(100)
