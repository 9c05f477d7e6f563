"""What a person at the desk must know of the member they talk with, and canned replies filled from it."""

from dataclasses import dataclass
from datetime import datetime

from domain import desk as law
from domain.care_words import date_value, end_words, moment_words
from domain.desk_words import BOX_WORDS
from domain.errors import Invalid, NotFound
from models import CannedReply, Handoff, Member
from services import audit, bookings, desk, glance, points
from services.bookings import Booking
from services.desk import Clerk
from services.glance import BoxGlance
from services.points import Balance
from services.shop import Shop
from services.standing import standings
from services.transaction import transaction

CANNED_MAX = 500


@dataclass(frozen=True)
class Card:
    """A member at a glance. Names, phones and addresses are not on it."""

    member_id: int
    level: str
    follows: bool
    since: datetime
    tier: int
    super_user: bool
    plan_until: datetime | None
    balance: Balance
    box: BoxGlance | None
    booking: Booking | None
    bound_staff: tuple[int, ...]
    hand_offs: int
    last_rating: int | None


async def card(shop: Shop, member_id: int) -> Card:
    """The facts of one member, as they are now."""
    member = await Member.get(id=member_id)
    standing = (await standings(shop, [member_id])).get(member_id, law.Standing())
    [plan_until], [box] = await glance.plans([member_id]), await glance.boxes([member_id])
    coming = await bookings.upcoming(shop, member_id)
    handed = await Handoff.filter(member_id=member_id).order_by("-id")
    return Card(
        member_id=member_id,
        level=member.level,
        follows=member.follows,
        since=member.first_seen_at,
        tier=standing.tier,
        super_user=standing.super_user,
        plan_until=plan_until,
        balance=await points.balance(shop, member_id),
        box=box,
        booking=coming[0] if coming else None,
        bound_staff=tuple((await desk.bound_staff([member_id])).get(member_id, ())),
        hand_offs=len(handed),
        last_rating=next((h.rating for h in handed if h.rating is not None), None),
    )


# Canned replies --------------------------------------------------------------------------------------


async def canned() -> list[CannedReply]:
    """All of them, by code."""
    return await CannedReply.all().order_by("code").limit(CANNED_MAX)


async def put_canned(shop: Shop, staff_id: int, code: str, title: str, text: str) -> CannedReply:
    """Write a canned reply or rewrite it. Raises Invalid for braces nobody can fill or a sensitive word."""
    unknown = law.unknown_facts(text)
    if unknown:
        raise Invalid("text", f"unknown {{{unknown[0]}}}; there are {', '.join(law.FACTS)}")
    if shop.blocklist.holds(text):
        raise Invalid("text", "holds a sensitive word")
    now = shop.now()
    async with transaction():
        await CannedReply.bulk_create(
            [CannedReply(code=code, title=title, text=text, created_at=now, updated_at=now)],
            on_conflict=("code",),
            update_fields=("title", "text", "updated_at"),
        )
        await audit.note(shop, staff_id, "desk.put_canned", f"canned:{code}")
    return await CannedReply.get(code=code)


async def drop_canned(shop: Shop, staff_id: int, code: str) -> None:
    """Take a canned reply away. Raises NotFound."""
    async with transaction():
        if not await CannedReply.filter(code=code).delete():
            raise NotFound("canned")
        await audit.note(shop, staff_id, "desk.drop_canned", f"canned:{code}")


async def filled(shop: Shop, clerk: Clerk, conversation_id: int, code: str) -> str:
    """A canned reply with this member's facts in it, as it would be sent now.

    Raises NotFound, or Invalid naming the fact this member does not have.
    """
    row = await desk.conversation_for(clerk, conversation_id)
    kept = await CannedReply.filter(code=code).first()
    if kept is None:
        raise NotFound("canned")
    wanted = law.named_facts(kept.text)
    facts = _facts(await card(shop, row.member_id)) if wanted and row.member_id is not None else {}
    missing = [name for name in wanted if name not in facts]
    if missing:
        raise Invalid("code", f"this member has no {missing[0]}")
    return law.fill(kept.text, facts)


def _facts(member: Card) -> dict[str, str]:
    """The facts this member has, as they are said; what there is not is left out."""
    facts = {"points": str(member.balance.usable)}
    if member.box is not None:
        facts["box_state"] = BOX_WORDS[member.box.state]
        if member.box.deadline_at is not None:
            facts["deadline"] = end_words(member.box.deadline_at)
    if member.booking is not None:
        facts["booking"] = f"{moment_words(member.booking.starts_at)} {member.booking.stylist.name}老师"
    if member.plan_until is not None:
        facts["plan_until"] = date_value(member.plan_until)
    return facts
