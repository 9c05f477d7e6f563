"""What the desk sees: the queue in its order, a thread, and how long followers wait."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import mean, median

from tortoise.expressions import Q
from tortoise.functions import Max

from domain.desk import POOL, HandoffState
from models import ChatLine, Conversation, Handoff
from services.desk import Clerk, conversation_for
from services.shop import Shop

REPORT_DAYS = 7


class Part(StrEnum):
    """Which part of the queue."""

    MINE = "mine"  # taken by me, or offered to me alone
    POOL = "pool"  # waits for anybody
    ALL = "all"  # everything people have


@dataclass(frozen=True)
class Waiting:
    """One chat in people's hands. `waiting_since` is empty when the follower has their answer."""

    conversation_id: int
    handoff_id: int
    member_id: int | None
    reason: str
    priority: int
    state: HandoffState
    offered_to: int
    staff_id: int | None
    waiting_since: datetime | None
    due_at: datetime | None
    passes: int
    last: str


async def queue(clerk: Clerk, part: Part | None, *, limit: int = 100) -> list[Waiting]:
    """The most urgent first: by priority, then who has waited longest; answered ones last.

    Without a part: one's own and, for the service desk, the pool.
    """
    mine = Q(staff_id=clerk.staff_id) | Q(offered_to=clerk.staff_id, state=HandoffState.WAITING)
    pool = Q(offered_to=POOL, state=HandoffState.WAITING)
    wanted = {Part.MINE: mine, Part.POOL: pool, Part.ALL: Q()}[part] if part else mine | pool
    rows = Handoff.exclude(state=HandoffState.CLOSED).filter(wanted)
    if not clerk.sees_all:
        rows = rows.filter(mine)
    found = await rows.filter(due_at__isnull=False).order_by("-priority", "waiting_since", "id").limit(limit)
    if len(found) < limit:
        found += await rows.filter(due_at=None).order_by("-priority", "id").limit(limit - len(found))
    openids = [h.openid for h in found]
    ids = dict(await Conversation.filter(openid__in=openids).values_list("openid", "id"))
    last = await _last_words(openids)
    return [
        Waiting(
            ids[h.openid], h.id, h.member_id, h.reason, h.priority, h.state, h.offered_to, h.staff_id,
            h.waiting_since, h.due_at, h.passes, last.get(h.openid, ""),
        )
        for h in found
    ]  # fmt: skip


async def _last_words(openids: Sequence[str]) -> dict[str, str]:
    newest = (
        await ChatLine.filter(openid__in=list(openids), side="follower")
        .annotate(newest=Max("id"))
        .group_by("openid")
        .values_list("newest", flat=True)
    )
    return dict(await ChatLine.filter(id__in=newest).values_list("openid", "text"))


async def thread(clerk: Clerk, conversation_id: int) -> tuple[Conversation, list[ChatLine]]:
    """The chat and its last hundred lines, oldest first, private notes among them."""
    row = await conversation_for(clerk, conversation_id)
    lines = await ChatLine.filter(openid=row.openid).order_by("-id").limit(100)
    return row, lines[::-1]


@dataclass(frozen=True)
class Metrics:
    """The desk now, and the hand-offs of the last seven days. Times in seconds, None where there is nothing."""

    waiting: int
    oldest_waiting_since: datetime | None
    taken: int
    handed_over: int
    answered: int
    first_answer_median_seconds: float | None
    rated: int
    rating_average: float | None


async def metrics(shop: Shop) -> Metrics:
    """How long followers wait and what they say of it."""
    waiting = Handoff.exclude(state=HandoffState.CLOSED).filter(due_at__isnull=False)
    oldest = await waiting.order_by("waiting_since").first()
    since = shop.now() - timedelta(days=REPORT_DAYS)
    recent = await Handoff.filter(created_at__gt=since).values_list("created_at", "first_answer_at", "rating")
    answered = [(first - begun).total_seconds() for begun, first, _ in recent if first is not None]
    ratings = [rating for _, _, rating in recent if rating is not None]
    return Metrics(
        waiting=await waiting.count(),
        oldest_waiting_since=oldest.waiting_since if oldest else None,
        taken=await Handoff.filter(state=HandoffState.TAKEN).count(),
        handed_over=len(recent),
        answered=len(answered),
        first_answer_median_seconds=median(answered) if answered else None,
        rated=len(ratings),
        rating_average=round(mean(ratings), 2) if ratings else None,
    )
