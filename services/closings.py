"""Closing an account: what is the person's own goes, what the law wants kept stays and names nobody.

Nobody is asked why and nobody is held up: what is still open is said, and the wish is carried out as soon as
it is over. A closed account points at itself as merged, so that whoever asks for members passes it over.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import structlog
from tortoise.models import Model
from tortoise.queryset import QuerySet

from domain.booking import LIVE, DayKind
from domain.box import BoxState
from domain.case import CaseKind, CaseState
from domain.clock import day_of
from domain.errors import NotFound
from domain.membership import PLAN_LIFE, PlanState
from domain.order import OrderState
from domain.payment import PaymentState, RefundState, ScoreState
from domain.privacy import CLOSING_LIFE, ClosingState, Open, due_at
from domain.waitlist import IN_LINE
from models import (
    Booking,
    Box,
    BoxItem,
    BroadcastPlace,
    Cart,
    CartLine,
    Case,
    ChatLine,
    Closing,
    Consent,
    ConsentCredit,
    Conversation,
    DataExport,
    DropClaim,
    FamilyProfile,
    Gift,
    GiftOnce,
    Goodwill,
    GuideBinding,
    Handoff,
    History,
    IdempotentAnswer,
    Identity,
    InboxNote,
    InviteCode,
    Invoice,
    LedgerLine,
    Member,
    MemberAddress,
    MemberCoupon,
    Membership,
    MemberStage,
    MemberTag,
    MemberTier,
    MonthScore,
    Opinion,
    Order,
    OutsideCall,
    PartnerLink,
    PartnerTicket,
    PathTurn,
    Payment,
    Perk,
    Photo,
    PointsEntry,
    PointsLot,
    PollVote,
    Post,
    Purchase,
    Referral,
    ReferralYear,
    Refund,
    ReplyWindow,
    ScoreCover,
    SourceSeen,
    StageChange,
    StoreSale,
    StylistPlace,
    TopUp,
    WaitEntry,
    Wallet,
    WecomContact,
    WecomLetter,
)
from models.base import move
from models.care import CareMessage
from services import cases, consents, holidays, points, wallets
from services.shop import Shop
from services.transaction import transaction

GOES: tuple[type[Model], ...] = (
    BroadcastPlace, CartLine, Cart, ConsentCredit, Conversation, DataExport, FamilyProfile, GuideBinding, Handoff,
    Identity, InboxNote, InviteCode, MemberAddress, MemberStage, MemberTag, MemberTier, PartnerLink, PartnerTicket,
    PathTurn, PollVote, Post, StylistPlace, WaitEntry, WecomContact,
)  # fmt: skip
"""Rows that are the person's own: deleted."""
EMPTIED: dict[type[Model], dict[str, Any]] = {
    Booking: {"occasion": "", "wish": "", "notes": "", "objection": "", "profile_id": None},
    Box: {
        "occasion": "",
        "wish": "",
        "stylist_words": "",
        "address_sealed": "",
        "address_id": None,
        "profile_id": None,
    },
    Order: {"address_sealed": ""},
    Gift: {"words": ""},
    Goodwill: {"reason": ""},
    Invoice: {"title_sealed": "", "tax_no": ""},
    Case: {"facts": {}},
    Opinion: {"text": "", "answer": "", "keywords": []},
    SourceSeen: {"scene": ""},
    # Without its name the letter is found to be nobody's, and taken back from the stylist.
    WecomLetter: {"external_userid": ""},
}
"""Rows of orders, taxes and services: kept, without the person's words and addresses."""
KEPT: tuple[type[Model], ...] = (
    CareMessage, Closing, Consent, DropClaim, LedgerLine, MemberCoupon, Membership, MonthScore, Payment, Perk,
    PointsEntry, PointsLot, Purchase, Referral, ReferralYear, Refund, ScoreCover, StageChange, StoreSale, TopUp, Wallet,
)  # fmt: skip
"""Rows that hold numbers only: kept as they are, so that books, reports and consents can still be proved."""
HOLDS_NOTHING = (CaseKind.PRIVACY, CaseKind.CARE, CaseKind.OPINION)
"""Cases that are over with the account itself."""
OVER = (BoxState.SETTLED, BoxState.CANCELLED, BoxState.LOST)
ORDER_OVER = (OrderState.SIGNED, OrderState.CANCELLED, OrderState.LOST)
SCORE_OVER = (ScoreState.DONE, ScoreState.REVOKED, ScoreState.EXPIRED)
AT_ONCE = 100
log = structlog.get_logger()


@dataclass(frozen=True)
class Outlook:
    """What closing means now: what keeps the account open, what is lost, and the wish that waits."""

    open: list[Open]
    points_lost: int
    coupons_lost: int
    plan_lost: bool
    waiting: Closing | None


async def still_open(member_id: int) -> list[Open]:
    """What has to be over first, in the order in which it is said."""
    mine = {"member_id": member_id}
    found: dict[Open, QuerySet[Any]] = {
        Open.BOX: Box.filter(**mine).exclude(state__in=OVER),
        Open.ORDER: Order.filter(**mine).exclude(state__in=ORDER_OVER),
        Open.BOOKING: Booking.filter(**mine, state__in=LIVE),
        Open.PAYMENT: Payment.filter(**mine, state=PaymentState.WANTED),
        Open.REFUND: Refund.filter(**mine).exclude(state=RefundState.DONE),
        Open.COVER: ScoreCover.filter(**mine).exclude(state__in=SCORE_OVER),
        Open.STORED_VALUE: Wallet.filter(**mine, principal_fen__gt=0),
        Open.CASE: Case.filter(**mine, state=CaseState.OPEN).exclude(kind__in=HOLDS_NOTHING),
    }
    return [what for what, rows in found.items() if await rows.exists()]


async def outlook(shop: Shop, member_id: int) -> Outlook:
    """What the member sees before they decide."""
    balance = await points.balance(shop, member_id)
    return Outlook(
        await still_open(member_id),
        max(0, balance.usable) + balance.pending,
        await MemberCoupon.filter(member_id=member_id, state="open").count(),
        await Membership.exists(member_id=member_id, state__in=[PlanState.ACTIVE, PlanState.QUEUED]),
        await Closing.filter(member_id=member_id, state=ClosingState.ASKED).first(),
    )


async def waiting() -> list[tuple[Closing, list[Open]]]:
    """Wishes that wait, the first due first, with what holds each open: for the desk."""
    rows = await Closing.filter(state=ClosingState.ASKED).order_by("due_at").limit(AT_ONCE)
    return [(row, await still_open(row.member_id)) for row in rows]


async def ask(shop: Shop, member_id: int) -> Closing:
    """The member wants it, and confirmed it: carried out now, or once nothing is open. Raises NotFound."""
    async with transaction():
        await _locked(member_id)
        row = await Closing.filter(member_id=member_id, state=ClosingState.ASKED).first()
        if row is None:
            now = shop.now()
            row = await Closing.create(
                member_id=member_id, due_at=due_at(now, await _working_days(shop)), created_at=now
            )  # fmt: skip
        if not await still_open(member_id):
            await _close(shop, row)
    log.info("closing.asked", member=member_id, closing=row.id, state=row.state)
    return row


async def withdraw(shop: Shop, member_id: int) -> None:
    """The member changed their mind while the wish waited. Raises NotFound when none does."""
    async with transaction():
        row = await Closing.filter(member_id=member_id, state=ClosingState.ASKED).select_for_update().first()
        if row is None:
            raise NotFound("closing")
        await move(row, CLOSING_LIFE, ClosingState.WITHDRAWN, at=shop.now(), who=f"member:{member_id}")
        await cases.settle_case(shop, CaseKind.PRIVACY, f"closing:{row.id}", "withdrawn", f"member:{member_id}")


async def carry_out_due(shop: Shop) -> int:
    """The job: wishes whose open things are over; how many. One that nears its last day becomes a case."""
    done = 0
    for waiting in await Closing.filter(state=ClosingState.ASKED).order_by("due_at").limit(AT_ONCE):
        async with transaction():
            # A wish that was withdrawn meanwhile, or of somebody whose other wish was carried out, is let be.
            member = await Member.filter(id=waiting.member_id, merged_into_id=None).select_for_update().first()
            row = await Closing.filter(id=waiting.id, state=ClosingState.ASKED).first()
            if member is None or row is None:
                continue
            if not await still_open(row.member_id):
                await _close(shop, row)
                done += 1
            elif row.due_at - shop.now() < timedelta(days=5):
                await cases.open_case(shop, CaseKind.PRIVACY, f"closing:{row.id}", row.member_id, due_at=row.due_at)
    return done


async def _locked(member_id: int) -> Member:
    member = await Member.filter(id=member_id, merged_into_id=None).select_for_update().first()
    if member is None:
        raise NotFound("member")
    return member


async def _working_days(shop: Shop) -> list[date]:
    """The working days after today in which a wish is carried out at the latest."""
    found: list[date] = []
    day, rules = day_of(shop.now()), await holidays.rules_of(shop)
    while len(found) < shop.rules.privacy.within_working_days:
        day += timedelta(days=1)
        kind = holidays.day_kind(day, rules)
        if kind is DayKind.MAKE_UP or (kind is DayKind.ORDINARY and day.weekday() < 5):
            found.append(day)
    return found


# Carrying it out -------------------------------------------------------------------------------------


async def _close(shop: Shop, row: Closing) -> None:
    """Inside the caller's transaction, the member locked and nothing open."""
    member_id, now = row.member_id, shop.now()
    member = await Member.get(id=member_id)
    openids = [identity.openid for identity in await Identity.filter(member_id=member_id)]
    await _remember_gift(shop, member, openids)
    for purpose, given in (await consents.standing(member_id)).items():
        if given:
            await consents.note(shop, member_id, purpose, "closing", given=False)
    await points.forfeit(shop, member_id)
    await wallets.void_bonus(shop, member_id)
    await MemberCoupon.filter(member_id=member_id, state="open").update(state="lapsed", updated_at=now)
    for plan in await Membership.filter(member_id=member_id, state__in=[PlanState.ACTIVE, PlanState.QUEUED]):
        ends = PlanState.ENDED if plan.state is PlanState.ACTIVE else PlanState.CANCELLED
        await move(plan, PLAN_LIFE, ends, at=now, who=f"member:{member_id}", why="account closed")
    await _forget(member_id, openids)
    await Member.filter(id=member_id).update(
        unionid=None, phone_index=None, phone_sealed="", first_scene="", follows=False, birthday=None, profile={},
        zone="", stylist_id=None, merged_into_id=member_id, updated_at=now,
    )  # fmt: skip
    for wish in await Closing.filter(member_id=member_id, state=ClosingState.ASKED):
        # Two halves of one person may each have wished it.
        await move(wish, CLOSING_LIFE, ClosingState.DONE, at=now, who=f"member:{member_id}", done_at=now)
    await row.refresh_from_db()
    await History.create(
        noun="member", row_id=member_id, old="open", new="closed", who=f"member:{member_id}", why="", created_at=now
    )
    await cases.settle_case(shop, CaseKind.PRIVACY, f"closing:{row.id}", "closed", "shop")
    log.info("member.closed", member=member_id)


async def _remember_gift(shop: Shop, member: Member, openids: list[str]) -> None:
    """That this person had the gift of a life, under a keyed hash that says nothing else."""
    if await PointsLot.exists(member_id=member.id, reason="welcome"):
        names = [name for name in (member.unionid, *openids) if name]
        rows = [GiftOnce(name_index=shop.sealer.index(name), created_at=shop.now()) for name in names]
        await GiftOnce.bulk_create(rows, on_conflict=("name_index",), ignore_conflicts=True)


async def _forget(member_id: int, openids: list[str]) -> None:
    items = [int(str(number)) for number in await BoxItem.filter(box__member_id=member_id).values_list("id", flat=True)]
    await Photo.filter(item_id__in=items, who__startswith="member").delete()
    await BoxItem.filter(id__in=items).update(feedback="", statement="")
    for table in (ChatLine, ReplyWindow):
        await table.filter(openid__in=openids).delete()
    await OutsideCall.filter(kind="fetch_profile", ref__in=[f"openid:{openid}" for openid in openids]).delete()
    await IdempotentAnswer.filter(actor=f"member:{member_id}").delete()
    await CareMessage.filter(member_id=member_id, state="planned").delete()
    await Case.filter(member_id=member_id, state=CaseState.OPEN, kind__in=(CaseKind.CARE, CaseKind.OPINION)).delete()
    await WaitEntry.filter(member_id=member_id, state__in=IN_LINE).delete()
    for gone in GOES:
        await gone.filter(member_id=member_id).delete()
    for kept, bare in EMPTIED.items():
        await kept.filter(member_id=member_id).update(**bare)
