"""One person = one member: joining by any way in, in any order, at once or repeated; and being merged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from tortoise.exceptions import DoesNotExist

from domain.errors import ConsentMissing, Invalid, NotAllowed, NotFound, OutsideRefusal, Refusal
from domain.event import JOINED
from domain.membership import Level, Purpose, Source, higher
from domain.path import Event
from models import GiftOnce, History, Identity, Member, OutsideCall, SourceSeen
from models.sql import insert_many, instant, run
from services import care, consents, families, outside, partners, points
from services.merging import merge
from services.shop import Shop
from services.transaction import transaction

log = structlog.get_logger()
PHONE_AAD = "member/phone"
FRAGILE = timedelta(days=30)
"""Leaving again so soon after joining is an early exit."""

CODES_GONE = frozenset({"40029", "40163"})
"""WeChat does not know the code, or it was used: the phone asks for another one."""

BLOCKED = "40226"
"""WeChat's own protection keeps this person out."""


@dataclass(frozen=True)
class Arrival:
    """Somebody was seen. `told_at` is the event's own time; follows None = this says nothing about it."""

    appid: str
    openid: str
    source: Source
    told_at: datetime
    scene: str = ""
    follows: bool | None = None


@dataclass(frozen=True)
class Joined:
    """`fresh` when this arrival made the member."""

    member_id: int
    fresh: bool


async def join_many(shop: Shop, arrivals: Sequence[Arrival]) -> list[Joined]:
    """Find or make the member of each arrival: one set of statements, inside the caller's transaction.

    first_seen and first_source stay as they were; later sources are history. A follow state only
    yields to a newer one, so notices that arrive in the wrong order do no harm.
    """
    if not arrivals:
        return []
    known = await _known(arrivals)
    first: dict[tuple[str, str], Arrival] = {}
    if any((a.appid, a.openid) not in known for a in arrivals):
        # Newcomers are made under a lock on their names; whoever was made meanwhile is known now.
        await run("lock_names", names=sorted({a.openid for a in arrivals if (a.appid, a.openid) not in known}))
        known = await _known(arrivals)
        for arrival in arrivals:
            name = (arrival.appid, arrival.openid)
            if name not in known and (name not in first or arrival.told_at < first[name].told_at):
                first[name] = arrival
        ids = [row["id"] for row in await run("fresh_member_ids", count=len(first))] if first else []
        known.update(zip(first, ids, strict=True))
    await _seen(shop, arrivals, known, first)
    await insert_many(
        History,
        [
            {
                "noun": "member", "row_id": known[name], "old": "", "new": JOINED, "who": f"member:{known[name]}",
                "why": way_in.source.value, "created_at": shop.now(),
            }
            for name, way_in in first.items()
        ],
    )  # fmt: skip
    await _welcome(shop, [(known[name], arrival) for name, arrival in first.items()])
    ways = [a for a in arrivals if a.source is not Source.CHAT and first.get((a.appid, a.openid)) is not a]
    await insert_many(SourceSeen, [_way(known[a.appid, a.openid], a) for a in ways])
    await unfollowed(shop, [known[a.appid, a.openid] for a in arrivals if a.follows is False])
    return [Joined(known[a.appid, a.openid], first.get((a.appid, a.openid)) is a) for a in arrivals]


async def _known(arrivals: Sequence[Arrival]) -> dict[tuple[str, str], int]:
    """The members of those names that are known, by (appid, openid)."""
    names = [{"appid": appid, "openid": openid} for appid, openid in {(a.appid, a.openid) for a in arrivals}]
    rows = await run("known_identities", names=names)
    return {(row["appid"], row["openid"]): row["member_id"] for row in rows if row["member_id"] is not None}


async def _seen(
    shop: Shop,
    arrivals: Sequence[Arrival],
    known: Mapping[tuple[str, str], int],
    first: Mapping[tuple[str, str], Arrival],
) -> None:
    """Make who is new, and note of everybody that they were seen: one line a member, by one statement."""
    seen: dict[int, dict[str, object]] = {}
    for arrival in sorted(arrivals, key=lambda a: a.told_at):
        name = (arrival.appid, arrival.openid)
        member_id, way_in = known[name], first.get(name, arrival)
        line = seen.setdefault(
            member_id,
            {
                "id": member_id,
                "level": Level.TRAFFIC,
                "first_seen_at": way_in.told_at,
                "first_source": way_in.source,
                "first_scene": way_in.scene[:64],
                "follows": False,
                "follow_told_at": None,
                "created_at": shop.now(),
            },
        )
        line["last_seen_at"] = arrival.told_at
        if arrival.follows is not None:
            line["follows"], line["follow_told_at"] = arrival.follows, arrival.told_at
        if arrival.follows:
            line["level"] = Level.FOLLOWER
    await insert_many(Member, list(seen.values()), once=("id",), again="seen_members")


def _way(member_id: int, arrival: Arrival) -> dict[str, object]:
    """The row of one way somebody was seen coming."""
    return {
        "member_id": member_id,
        "source": arrival.source,
        "scene": arrival.scene[:64],
        "created_at": arrival.told_at,
    }


async def _welcome(shop: Shop, people: Sequence[tuple[int, Arrival]]) -> None:
    """What belongs to a new member: the name they came under, how they came, care, and perhaps a gift."""
    if not people:
        return
    now = shop.now()
    await insert_many(
        Identity, [{"member_id": i, "appid": a.appid, "openid": a.openid, "created_at": now} for i, a in people]
    )
    await insert_many(SourceSeen, [_way(i, a) for i, a in people])
    await care.start_many(shop, Event.JOINED, [(i, "join", a.told_at) for i, a in people])
    if shop.rules.membership.welcome_gift_on == "join":
        for member_id, _ in people:
            await give_welcome_gift(shop, member_id)
    # The unionid of a follower is asked for after the commit: it joins the two openids of one person.
    official = [a.openid for _, a in people if a.appid == shop.accounts.official_appid]
    await outside.want_many(shop, "fetch_profile", [(f"openid:{openid}", {"openid": openid}) for openid in official])


async def unfollowed(shop: Shop, member_ids: Sequence[int]) -> None:
    """What an unfollow means, told as an event or by a refused call: no promotions, and of the young a look why."""
    for member_id in member_ids:
        # Withdrawn by the unfollow; following again does not revive it.
        await consents.withdraw_if_given(shop, member_id, "promotion", "wechat")
    if member_ids:
        young = Member.filter(id__in=list(member_ids), first_seen_at__gt=shop.now() - FRAGILE)
        starts = [(int(str(i)), "leaving", shop.now()) for i in await young.values_list("id", flat=True)]
        await care.start_many(shop, Event.LEAVING, starts)


async def give_welcome_gift(shop: Shop, member_id: int) -> None:
    """The one welcome gift of a life (rules, section 2)."""
    if not await _had_gift(shop, member_id):
        await points.award(shop, member_id, shop.rules.membership.welcome_gift_points, reason="welcome", ref="life")


async def _had_gift(shop: Shop, member_id: int) -> bool:
    """Whether the person had it under an account they have closed since."""
    names = [row.openid for row in await Identity.filter(member_id=member_id)]
    names += [unionid for [unionid] in await Member.filter(id=member_id).values_list("unionid") if unionid]
    return await GiftOnce.exists(name_index__in=[shop.sealer.index(name) for name in names])


async def member_by_openid(appid: str, openid: str) -> Member | None:
    found = await Identity.filter(appid=appid, openid=openid).select_related("member").first()
    return found.member if found else None


async def openid_of(member_id: int, appid: str) -> str | None:
    """The member's newest openid under one of our accounts."""
    rows = await run("openid_of", member_id=member_id, appid=appid)
    return str(rows[0]["openid"]) if rows else None


async def get(member_id: int) -> Member:
    """The member; raises NotFound for one that was merged away or never was."""
    try:
        return await Member.get(id=member_id, merged_into_id=None)
    except DoesNotExist:
        raise NotFound("member") from None


async def standing(member_id: int) -> datetime | None:
    """Since when a session's member has been a member of their own; None once merged into another."""
    rows = await run("standing", member_id=member_id)
    return instant(rows[0]["created_at"]) if rows else None


async def login(shop: Shop, code: str, partner_ticket: str = "") -> Member:
    """Log in to the mini-program by a single-use code: finds or makes the member, who is registered now.

    A ticket that a partner gave them links their account there; one that does not work stops nobody.

    Raises Invalid when WeChat does not know the code (used, or older than five minutes).
    """
    try:
        told = await shop.wechat.mini.login(code)
    except OutsideRefusal as no:
        raise _bad_code(no) from None
    now, partner = shop.now(), await partners.offers(shop, partner_ticket) if partner_ticket else None
    way = Source.PARTNER if partner else Source.LOGIN
    async with transaction():
        arrival = Arrival(shop.accounts.mini_appid, told.openid, way, now, partner or "")
        if told.unionid:
            await _known_by_unionid(shop, arrival, told.unionid)
        [joined] = await join_many(shop, [arrival])
        member_id = joined.member_id
        if told.unionid:
            member_id = await link_unionid(shop, member_id, told.unionid)
        await _registered(shop, member_id)
    if partner:
        try:
            await partners.claim(shop, member_id, partner_ticket)
        except Refusal as no:
            log.info("partner.not_linked", member=member_id, partner=partner, code=no.code)
    return await get(member_id)


def _bad_code(no: OutsideRefusal) -> Refusal | OutsideRefusal:
    """What a refused code means to its sender; another refusal is between WeChat and us."""
    if no.code in CODES_GONE:
        return Invalid("code", "unknown to WeChat, used, or older than five minutes")
    return NotAllowed("wechat") if no.code == BLOCKED else no


async def _known_by_unionid(shop: Shop, arrival: Arrival, unionid: str) -> None:
    """Somebody whose unionid we know comes under a new openid: they get it, and nobody has to be merged."""
    await run("lock_names", names=sorted([arrival.openid, unionid]))
    if await Identity.exists(appid=arrival.appid, openid=arrival.openid):
        return
    member = await Member.filter(unionid=unionid, merged_into_id=None).first()
    if member is not None:
        await Identity.create(member_id=member.id, appid=arrival.appid, openid=arrival.openid, created_at=shop.now())


async def _registered(shop: Shop, member_id: int) -> None:
    now = shop.now()
    member = await Member.filter(id=member_id).select_for_update().get()
    if member.registered_at is None:
        await Member.filter(id=member_id).update(
            registered_at=now, level=higher(member.level, Level.REGISTERED), updated_at=now
        )
    await give_welcome_gift(shop, member_id)


async def link_unionid(shop: Shop, member_id: int, unionid: str) -> int:
    """Note a person's unionid; when another member has it, the two are merged. The id that stays."""
    await run("lock_names", names=[unionid])
    other = await Member.filter(unionid=unionid, merged_into_id=None).first()
    if other is None:
        await Member.filter(id=member_id).update(unionid=unionid, updated_at=shop.now())
        return member_id
    if other.id == member_id:
        return member_id
    return await merge(shop, other.id, member_id)


async def register_phone(shop: Shop, member_id: int, code: str) -> Member:
    """Note the phone number WeChat vouches for; when another member has it, the two are merged.

    Raises Invalid when WeChat does not know the code.
    """
    openid = await openid_of(member_id, shop.accounts.mini_appid)
    if openid is None:
        raise NotFound("identity")
    try:
        phone = await shop.wechat.mini.phone_number(code, openid)
    except OutsideRefusal as no:
        raise _bad_code(no) from None
    index = shop.sealer.index(phone)
    async with transaction():
        await run("lock_names", names=[index])
        other = await Member.filter(phone_index=index, merged_into_id=None).first()
        if other is not None and other.id != member_id:
            member_id = await merge(shop, other.id, member_id)
        await Member.filter(id=member_id).update(
            phone_index=index, phone_sealed=shop.sealer.seal(phone, PHONE_AAD), updated_at=shop.now()
        )
        await _registered(shop, member_id)
    return await get(member_id)


@dataclass(frozen=True)
class Profile:
    """What a member tells of themselves. `sizes` holds only what was given."""

    birthday: date | None
    sizes: dict[str, object]


async def set_profile(shop: Shop, member_id: int, profile: Profile) -> None:
    """Replace birthday and sizes. Raises ConsentMissing when sizes come without the profile consent."""
    async with transaction():
        if profile.sizes and not await consents.consented(member_id, Purpose.PROFILE):
            raise ConsentMissing(Purpose.PROFILE.value)
        await Member.filter(id=member_id).update(
            birthday=profile.birthday, profile=profile.sizes, updated_at=shop.now()
        )


async def consent(shop: Shop, member_id: int, purpose: Purpose, channel: str, *, given: bool) -> None:
    """Give or withdraw a consent. Withdrawing the profile consent deletes what it was given for."""
    async with transaction():
        await consents.note(shop, member_id, purpose.value, channel, given=given)
        if purpose is Purpose.PROFILE and not given:
            await Member.filter(id=member_id).update(profile={}, updated_at=shop.now())
            await families.forget_sizes(shop, member_id)


def masked_phone(shop: Shop, member: Member) -> str:
    """`138****5678`, or "" where none is known."""
    if not member.phone_sealed:
        return ""
    phone = shop.sealer.open(member.phone_sealed, PHONE_AAD)
    return phone[:3] + "****" + phone[-4:]


async def forget_revoked(shop: Shop, appid: str, openid: str) -> None:
    """What the person withdrew at WeChat (phone, name) is deleted here too."""
    member = await member_by_openid(appid, openid)
    if member is not None:
        await Member.filter(id=member.id).update(
            phone_index=None, phone_sealed="", profile={}, birthday=None, updated_at=shop.now()
        )


@outside.caller("fetch_profile")
async def _fetch_profile(shop: Shop, call: OutsideCall) -> None:
    """Ask WeChat who a follower is: the unionid joins the two openids of one person."""
    openid = str(call.payload["openid"])
    told = await shop.wechat.official.user_info(openid)
    if told.unionid is None:
        return
    async with transaction():
        member = await member_by_openid(shop.accounts.official_appid, openid)
        if member is not None:
            await link_unionid(shop, member.id, told.unionid)
