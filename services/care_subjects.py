"""What a care message is about, read from the rows at the instant of sending: never from the plan."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.booking import BookingState
from domain.box import BoxState, ItemState
from domain.campaign import CampaignState
from domain.care_words import (
    BookingFacts,
    BoxFacts,
    CampaignFacts,
    FallFacts,
    LapseFacts,
    RenewalFacts,
    SettledFacts,
    SubjectFacts,
    SwapFacts,
    WaitFacts,
)
from domain.membership import PlanState, Quota
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
    Purchase,
    QuotaCounter,
    Stylist,
    Swap,
    WaitEntry,
)
from services import points, points_notices, purchases, stages
from services.outlook import LIVE, back_parcels, in_time
from services.shop import Shop


@dataclass(frozen=True)
class Look:
    """`exit_reason` says why no word is needed any more; `anchor_at` is the anchor as it stands now."""

    exit_reason: str = ""
    paused: bool = False
    anchor_at: datetime | None = None
    facts: SubjectFacts = None


async def look_many(shop: Shop, asked: Sequence[tuple[CareMessage, Member]]) -> list[Look]:
    """The thing behind each message, in order; what a campaign's messages share is read once.

    Raises KeyError for a path without a reader.
    """
    campaigns = await _campaigns(shop, [message for message, _ in asked if message.path == "campaign"])
    return [
        campaigns[message.id] if message.path == "campaign" else await _READERS[message.path](shop, message, member)
        for message, member in asked
    ]


def _row_id(occurrence: str) -> int:
    return int(occurrence.partition(":")[2])


async def _welcome(shop: Shop, message: CareMessage, member: Member) -> Look:
    """Nobody is invited to what they have already found."""
    if message.step in ("welcome.how_it_works", "welcome.first_box"):
        if await Box.filter(member_id=member.id).exclude(state=BoxState.CANCELLED).exists():
            return Look("has_box")
    elif message.step == "welcome.style_profile":
        if member.profile:
            return Look("has_profile")
    elif message.step == "welcome.stylist" and await Booking.filter(member_id=member.id).exists():
        return Look("has_booking")
    return Look()


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
    swap = await Swap.filter(id=_row_id(message.occurrence)).select_related("booking").first()
    if swap is None or swap.booking.member_id != member.id:
        return Look("swap_gone")
    wanted = SwapState.OPEN if message.path == "swap" else SwapState.LAPSED
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
    back = await back_parcels(box.id)
    left = sum(
        item.state is ItemState.AT_MEMBER
        or (item.state is ItemState.RETURNING and not in_time(box, back.get(item.back_parcel_id or 0)))
        for item in await BoxItem.filter(box_id=box.id)
    )
    if not left:
        return Look("decided")
    return Look(anchor_at=box.deadline_at, facts=BoxFacts(box.id, box.deadline_at, left))


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
    if period is None or period.state is not PlanState.ACTIVE or period.ends_at is None:
        return Look("membership_over")
    if await Membership.filter(member_id=member.id, state=PlanState.QUEUED).exists():
        return Look("renewed")
    offer = shop.rules.membership.plan(period.plan)
    if offer is None:
        return Look("plan_withdrawn")
    counters = {c.kind: c for c in await QuotaCounter.filter(membership_id=period.id)}
    used = {kind: c.used + c.held for kind, c in counters.items()}
    left = {kind: c.granted - c.held - c.used for kind, c in counters.items()}
    return Look(
        anchor_at=period.ends_at,
        facts=RenewalFacts(
            plan=offer.name,
            ends_at=period.ends_at,
            price_fen=offer.price_fen,
            stylings_used=used.get(Quota.STYLING, 0),
            stylings_left=left.get(Quota.STYLING, 0),
            trips_used=used.get(Quota.ROUND_TRIP, 0),
            trips_left=left.get(Quota.ROUND_TRIP, 0),
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
    return {m.id: await _campaign(rows[_row_id(m.occurrence)], m, standing[m.member_id]) for m in messages}


async def _campaign(campaign: Campaign, message: CareMessage, stands: Stage) -> Look:
    if campaign.state is CampaignState.KILLED:
        return Look("killed")
    meant = campaign.audience.get("stages")
    if meant and stands not in list(meant):  # type: ignore[call-overload]  # A list of names.
        return Look("stage_changed")
    since = {"member_id": message.member_id, "bought_at__gt": message.created_at, "net_fen__gt": 0}
    if campaign.stop_when_bought and await Purchase.filter(**since).exists():
        return Look("bought_meanwhile")
    said = next((v for v in campaign.variants if v["name"] == message.edition), campaign.variants[0])
    words = CampaignFacts(str(said["title"]), str(said["text"]), str(said["page"]), str(said["link"]))
    return Look(paused=campaign.state is CampaignState.PAUSED, facts=words)


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


_READERS: dict[str, Callable[[Shop, CareMessage, Member], Awaitable[Look]]] = {
    "welcome": _welcome,
    "booking": _booking,
    "waitlist": _waitlist,
    "swap": _swap,
    "swap_over": _swap,
    "box": _box,
    "box_after": _box_after,
    "renewal": _renewal,
    "points": _points,
    "tier": _tier,
}
