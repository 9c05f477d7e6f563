"""What a care message is about, read from the rows at the instant of sending: never from the plan."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.audience import audience_from
from domain.booking import BookingState
from domain.box import BoxState, ItemState
from domain.campaign import CampaignState
from domain.care import PROMOTION, Channel, When
from domain.care_subject import (
    AnswerFacts,
    BookingFacts,
    BoxFacts,
    FallFacts,
    LapseFacts,
    RenewalFacts,
    SettledFacts,
    SubjectFacts,
    SwapFacts,
    WaitFacts,
    fields_of,
)
from domain.care_words import Words
from domain.membership import PlanState
from domain.path import Does, Event, Step, Topic
from domain.path_spec import words_of
from domain.stage import Stage
from domain.swap import SwapState
from domain.tier import after_year, tier_of, year_of
from domain.waitlist import WaitState
from models import (
    Booking,
    Box,
    BoxItem,
    Campaign,
    CareMessage,
    Member,
    Membership,
    MemberTier,
    Opinion,
    Purchase,
    Stylist,
    Swap,
    WaitEntry,
    sql,
)
from services import audiences, care_paths, consents, path_conditions, plans, points, points_notices, purchases, stages
from services.outlook import LIVE, back_parcels, in_time
from services.periods import end_of
from services.shop import Shop

CAMPAIGN = "campaign"
"""The path of messages that belong to a campaign instead."""


@dataclass(frozen=True)
class Look:
    """`exit_reason` says why no word is needed any more; `anchor_at` is the anchor as it stands now.

    Without a reason there are words. A campaign's message has no event.
    """

    exit_reason: str = ""
    paused: bool = False
    anchor_at: datetime | None = None
    facts: SubjectFacts = None
    event: Event | None = None
    topic: Topic | None = None
    topic_off: bool = False  # the member has switched it off
    step: Step | None = None
    words: Words | None = None


async def look_many(shop: Shop, asked: Sequence[tuple[CareMessage, Member]]) -> list[Look]:
    """The thing behind each message and the words about it, in order; what a campaign's messages share is read once.

    Raises NotFound for a step its path does not have.
    """
    campaigns = await _campaigns(shop, [message for message, _ in asked if message.path == CAMPAIGN])
    off = await consents.topics_off([m.member_id for m, _ in asked if m.message_class == PROMOTION])
    looks = [
        campaigns[message.id] if message.path == CAMPAIGN else await _look(shop, message, member)
        for message, member in asked
    ]
    return [
        replace(seen, topic_off=True) if seen.topic in off.get(message.member_id, ()) else seen
        for (message, _), seen in zip(asked, looks, strict=True)
    ]


async def _look(shop: Shop, message: CareMessage, member: Member) -> Look:
    path, step = await care_paths.step_of(shop, message.path, message.version or 0, message.step)
    reader = _READERS.get(path.event)
    seen = await reader(shop, message, member) if reader is not None else Look()
    seen = replace(seen, event=path.event, topic=path.topic, step=step)
    if seen.exit_reason:
        return seen
    entered_at = await path_conditions.entered_at(message, step)
    asked = path_conditions.Asked(member, path.event, entered_at, step.segment)
    if (needless := await path_conditions.needless(shop, step, asked)) is not None:
        return replace(seen, exit_reason=needless)
    return replace(seen, words=words_of(step, fields_of(seen.facts)))


def _row_id(occurrence: str) -> int:
    return int(occurrence.partition(":")[2])


async def _booking(shop: Shop, message: CareMessage, member: Member) -> Look:
    booking = (
        await Booking.filter(id=_row_id(message.occurrence), member_id=member.id).select_related("stylist").first()
    )
    if booking is None:
        return Look("booking_gone")
    if booking.state is not BookingState.BOOKED:
        return Look(f"booking_{booking.state}")
    return Look(
        anchor_at=booking.starts_at,
        facts=BookingFacts(
            booking.id,
            booking.starts_at,
            booking.mode,
            booking.stylist.name,
            shop.rules.care.store_name,
            member.zone,
        ),
    )


async def _waitlist(shop: Shop, message: CareMessage, member: Member) -> Look:
    entry = await WaitEntry.filter(id=_row_id(message.occurrence), member_id=member.id).first()
    if entry is None or entry.state is not WaitState.OFFERED or entry.offer_until is None:
        return Look(f"wait_{entry.state}" if entry else "wait_gone")
    if shop.now() >= entry.offer_until:
        return Look("wait_lapsed")
    booking = await Booking.get(id=entry.booking_id).select_related("stylist")
    return Look(
        anchor_at=entry.offer_from,
        facts=WaitFacts(entry.starts_at, entry.mode, booking.stylist.name, entry.offer_until),
    )


async def _swap(shop: Shop, message: CareMessage, member: Member) -> Look:
    return await _swap_in(message, member, SwapState.OPEN)


async def _swap_over(shop: Shop, message: CareMessage, member: Member) -> Look:
    return await _swap_in(message, member, SwapState.LAPSED)


async def _swap_in(message: CareMessage, member: Member, wanted: SwapState) -> Look:
    """The swap, while it stands in the state the words are about."""
    swap = await Swap.filter(id=_row_id(message.occurrence)).select_related("booking").first()
    if swap is None or swap.booking.member_id != member.id:
        return Look("swap_gone")
    if swap.state is not wanted:
        return Look(f"swap_{swap.state}")
    names = {s.id: s.name for s in await Stylist.filter(id__in=[swap.from_stylist_id, swap.to_stylist_id or 0])}
    return Look(
        anchor_at=swap.answer_by,
        facts=SwapFacts(
            swap.booking_id, swap.booking.starts_at, names[swap.from_stylist_id],
            names.get(swap.to_stylist_id or 0, ""), swap.answer_by,
        ),
    )  # fmt: skip


async def _box(shop: Shop, message: CareMessage, member: Member) -> Look:
    """Reminders end when the box is settled, or when every item is kept or on its way back."""
    box = await Box.filter(id=_row_id(message.occurrence), member_id=member.id).first()
    if box is None:
        return Look("box_gone")
    if box.state not in LIVE:
        return Look(f"box_{box.state}")
    if box.deadline_at is None:
        return Look("no_deadline")
    items = await BoxItem.filter(box_id=box.id)
    back = await back_parcels(items)
    left = sum(
        item.state is ItemState.AT_MEMBER
        or (item.state is ItemState.RETURNING and not in_time(box, back.get(item.back_parcel_id or 0)))
        for item in items
    )
    if not left:
        return Look("decided")
    return Look(anchor_at=box.deadline_at, facts=BoxFacts(box.id, box.deadline_at, left, box.extended))


async def _box_after(shop: Shop, message: CareMessage, member: Member) -> Look:
    box = await Box.filter(id=_row_id(message.occurrence), member_id=member.id).first()
    if box is None or box.state is not BoxState.SETTLED or box.settled_at is None:
        return Look("not_settled")
    items = await BoxItem.filter(box_id=box.id).values_list("state", "feedback")
    if any(feedback for _, feedback in items):
        return Look("answered")
    kept = sum(state is ItemState.BOUGHT for state, _ in items)
    returned = sum(state is ItemState.RETURNED for state, _ in items)
    if not kept and not returned:
        return Look("nothing_tried")
    return Look(anchor_at=box.settled_at, facts=SettledFacts(box.id, kept, returned))


async def _renewal(shop: Shop, message: CareMessage, member: Member) -> Look:
    period = await Membership.filter(id=_row_id(message.occurrence), member_id=member.id).first()
    if period is None or period.state is not PlanState.ACTIVE or end_of(period) <= shop.now():
        return Look("membership_over")
    if await Membership.filter(member_id=member.id, state=PlanState.QUEUED).exists():
        return Look("renewed")
    if shop.rules.membership.plan(period.plan) is None:
        return Look("plan_withdrawn")
    wanted = await plans.renewal(shop, member.id)
    ends_at, value = end_of(period), wanted.value
    return Look(
        anchor_at=ends_at,
        facts=RenewalFacts(
            plan=wanted.offer.name,
            ends_at=ends_at,
            price_fen=wanted.price_fen,
            saved_fen=value.saved_fen,
            stylings_used=value.stylings_used,
            stylings_left=value.stylings_left,
            trips_used=value.round_trips_used,
            trips_left=value.round_trips_left,
        ),
    )


async def _points(shop: Shop, message: CareMessage, member: Member) -> Look:
    """What still lapses at that end of a day: spent meanwhile, there is nothing to tell."""
    for lapse in await points.forecast(shop, member.id):
        if points_notices.occurrence(lapse.at) == message.occurrence:
            return Look(anchor_at=lapse.at, facts=LapseFacts(lapse.points, lapse.at))
    return Look("points_gone")


async def _campaigns(shop: Shop, messages: Sequence[CareMessage]) -> dict[int, Look]:
    """A promotion stands while its campaign does, and while the member is still who was meant; by message."""
    if not messages:
        return {}
    rows = {c.id: c for c in await Campaign.filter(id__in=list({_row_id(m.occurrence) for m in messages}))}
    standing = await stages.stages_of([m.member_id for m in messages])
    out = await _meanwhile(rows, messages) | await _left_audience(shop, rows.values(), messages)
    return {
        m.id: Look(out[m.id]) if m.id in out else _campaign(rows[_row_id(m.occurrence)], m, standing[m.member_id])
        for m in messages
    }


async def _meanwhile(campaigns: Mapping[int, Campaign], messages: Sequence[CareMessage]) -> dict[int, str]:
    """The messages that need not be said any more by what their members did since they were planned."""
    asked = {m.id: campaigns[_row_id(m.occurrence)] for m in messages}
    rows = [
        {"id": m.id, "m": m.member_id, "at": m.created_at}
        for m in messages
        if asked[m.id].stop_when_bought or asked[m.id].stop_when_returned
    ]
    out: dict[int, str] = {}
    for row in await sql.run("campaign_meanwhile", rows=rows) if rows else ():
        if row["returned"] and asked[row["id"]].stop_when_returned:
            out[row["id"]] = "returned_meanwhile"
        if row["bought"] and asked[row["id"]].stop_when_bought:
            out[row["id"]] = "bought_meanwhile"
    return out


async def _left_audience(shop: Shop, campaigns: Iterable[Campaign], messages: Sequence[CareMessage]) -> dict[int, str]:
    """The messages whose members are no longer meant; a stage alone is looked up with the others'."""
    out: dict[int, str] = {}
    for campaign in campaigns:
        audience = audience_from(campaign.audience)
        if not audience.beyond_stages:
            continue
        mine = [m for m in messages if _row_id(m.occurrence) == campaign.id]
        # Its days count back from the instant it was planned at: time alone lets nobody fall out.
        meant = await audiences.among(
            replace(audience, stages=()), campaign.planned_at or shop.now(), [m.member_id for m in mine]
        )
        out |= {m.id: "left_audience" for m in mine if m.member_id not in meant}
    return out


def _campaign(campaign: Campaign, message: CareMessage, stands: Stage) -> Look:
    if campaign.state is CampaignState.KILLED:
        return Look("killed")
    meant = campaign.audience.get("stages")
    if meant and stands not in list(meant):  # type: ignore[call-overload]  # A list of names.
        return Look("stage_changed")
    said = next((v for v in campaign.variants if v["name"] == message.edition), campaign.variants[0])
    words = Words(str(said["title"]), str(said["text"]), str(said["page"]), str(said["link"]))
    step = Step(
        message.step, Does.MESSAGE, When(), message_class=PROMOTION, priority=message.priority,
        channels=tuple(Channel(name) for name in campaign.channels or ()),
    )  # fmt: skip
    return Look(paused=campaign.state is CampaignState.PAUSED, topic=Topic.NEWS, step=step, words=words)


async def _tier(shop: Shop, message: CareMessage, member: Member) -> Look:
    """Whether the tier still falls at that year's end: bought enough meanwhile, there is nothing to tell."""
    year = _row_id(message.occurrence)
    row = await MemberTier.filter(member_id=member.id, fall_year=year).first()
    spent = await purchases.net_between(member.id, *year_of(year))
    if row is None or (lower := after_year(row.local, spent, shop.rules.tier)) >= row.local:
        return Look("tier_stays")
    tier, below = tier_of(row.local, shop.rules.tier), tier_of(lower, shop.rules.tier)
    ends_at = year_of(year)[1]
    return Look(anchor_at=ends_at, facts=FallFacts(tier.name, below.name, tier.needs_fen - spent, ends_at))


async def _answered(shop: Shop, message: CareMessage, member: Member) -> Look:
    opinion = await Opinion.get(id=_row_id(message.occurrence))
    return Look(facts=AnswerFacts(opinion.id, opinion.created_at, opinion.answer))


async def _bought(shop: Shop, message: CareMessage, member: Member) -> Look:
    """Given back whole, it is nothing to ask about any more."""
    kept = await Purchase.filter(id=_row_id(message.occurrence), net_fen__gt=0).exists()
    return Look() if kept else Look("returned")


_READERS: Mapping[Event, Callable[[Shop, CareMessage, Member], Awaitable[Look]]] = {
    Event.BOOKING: _booking,
    Event.WAITLIST: _waitlist,
    Event.SWAP: _swap,
    Event.SWAP_OVER: _swap_over,
    Event.BOX: _box,
    Event.BOX_AFTER: _box_after,
    Event.RENEWAL: _renewal,
    Event.POINTS: _points,
    Event.TIER: _tier,
    Event.ANSWERED: _answered,
    Event.BOUGHT: _bought,
}
"""Events about a thing that may have moved on since; the others are about the member alone."""
