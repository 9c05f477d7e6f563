"""Two members that turn out to be one person become one: the older id stays, everything adds up."""

from datetime import datetime

import structlog
from tortoise.expressions import F

from domain.case import CaseKind
from domain.membership import Level, PlanState, higher
from domain.waitlist import IN_LINE
from models import (
    Booking,
    Box,
    BroadcastPlace,
    CareMessage,
    Cart,
    CartLine,
    Case,
    Closing,
    Consent,
    ConsentCredit,
    Conversation,
    DataExport,
    DropClaim,
    FamilyProfile,
    Gift,
    Goodwill,
    GuideBinding,
    Handoff,
    Identity,
    InboxNote,
    Invoice,
    LedgerLine,
    Member,
    MemberAddress,
    MemberCoupon,
    Membership,
    MemberStage,
    MemberTag,
    Opinion,
    Order,
    PathTurn,
    Payment,
    Perk,
    PointsEntry,
    PointsLot,
    PollVote,
    Post,
    Purchase,
    Refund,
    ScoreCover,
    SourceSeen,
    StoreSale,
    StylistPlace,
    TopUp,
    WaitEntry,
    Wallet,
    WalletEntry,
    WecomContact,
    WecomLetter,
)
from models.base import History, Row
from services import cases, partners, points, referrals, tiers
from services.shop import Shop

log = structlog.get_logger()

# Rows that simply change hands. Those with a unique key per member are treated one by one below.
PLAIN: tuple[type[Row], ...] = (
    Identity,
    SourceSeen,
    Closing,
    Consent,
    DataExport,
    FamilyProfile,
    Gift,
    MemberAddress,
    Payment,
    Refund,
    ScoreCover,
    InboxNote,
    LedgerLine,
    Booking,
    Box,
    Order,
    Conversation,
    Case,
    Purchase,
    Opinion,
    Post,
    Handoff,
    Goodwill,
    Invoice,
    StoreSale,
    TopUp,
    WecomContact,
    WecomLetter,
)


async def merge(shop: Shop, one_id: int, other_id: int) -> int:
    """Merge inside the caller's transaction; returns the id that stays (the older).

    Two running plans are not merged away: the second stays with the person as `queued` for staff to
    settle, and history says so.
    """
    keep_id, gone_id = sorted((one_id, other_id))
    people = await Member.filter(id__in=[keep_id, gone_id]).order_by("id").select_for_update()
    keep, gone = people
    now = shop.now()
    for table in PLAIN:
        await table.filter(member_id=gone_id).update(member_id=keep_id)
    await _merge_plans(shop, keep_id, gone_id)
    await _merge_unique(shop, keep_id, gone_id)
    await _merge_wallets(keep_id, gone_id, now)
    # One person, one stage: it is looked at again with what both have bought.
    await MemberStage.filter(member_id=gone_id).delete()
    await MemberStage.filter(member_id=keep_id).update(look_at=now)
    unionid, phone_index, phone_sealed = gone.unionid, gone.phone_index, gone.phone_sealed
    # The unique columns are freed first, then taken over.
    await Member.filter(id=gone_id).update(
        unionid=None, phone_index=None, phone_sealed="", merged_into_id=keep_id, follows=False, updated_at=now
    )
    # WeChat tells whole seconds: within one of them, who is the older member was here first.
    first = min(keep, gone, key=lambda m: (m.first_seen_at.replace(microsecond=0), m.id))
    newest_follow = max(keep, gone, key=lambda m: (m.follow_told_at is not None, m.follow_told_at or m.created_at))
    registered = [m.registered_at for m in (keep, gone) if m.registered_at is not None]
    await Member.filter(id=keep_id).update(
        unionid=keep.unionid or unionid,
        phone_index=keep.phone_index or phone_index,
        phone_sealed=keep.phone_sealed or phone_sealed,
        level=higher(Level(keep.level), Level(gone.level)),
        first_seen_at=first.first_seen_at,
        first_source=first.first_source,
        first_scene=first.first_scene,
        last_seen_at=max(keep.last_seen_at, gone.last_seen_at),
        follows=newest_follow.follows,
        follow_told_at=newest_follow.follow_told_at,
        registered_at=min(registered) if registered else None,
        birthday=keep.birthday or gone.birthday,
        profile={**gone.profile, **keep.profile},
        stylist_id=keep.stylist_id or gone.stylist_id,
        updated_at=now,
    )
    await History.create(
        noun="member",
        row_id=keep_id,
        old=str(gone_id),
        new=str(keep_id),
        who="system",
        why="one person",
        created_at=now,
    )
    await referrals.merged(shop, keep_id, gone_id)
    await partners.merged(shop, keep_id, gone_id)
    await tiers.merged(shop, keep_id, gone_id)
    log.info("member.merged", kept=keep_id, gone=gone_id)
    return keep_id


async def _merge_plans(shop: Shop, keep_id: int, gone_id: int) -> None:
    both_run = await Membership.filter(member_id=keep_id, state=PlanState.ACTIVE).exists()
    if both_run and await Membership.filter(member_id=gone_id, state=PlanState.ACTIVE).exists():
        await Membership.filter(member_id=gone_id, state=PlanState.ACTIVE).update(state=PlanState.QUEUED)
        both = Membership.filter(member_id__in=[keep_id, gone_id], state__in=[PlanState.ACTIVE, PlanState.QUEUED])
        ids = [int(str(plan_id)) for plan_id in await both.order_by("id").values_list("id", flat=True)]
        await cases.open_case(shop, CaseKind.MERGE, f"member:{keep_id}", keep_id, facts={"membership_ids": ids})
        await History.create(
            noun="member",
            row_id=keep_id,
            old="two plans",
            new="case",
            who="system",
            why="merged with two running plans: staff must settle one",
            created_at=shop.now(),
        )
        log.error("member.merge_case", kept=keep_id, gone=gone_id)
    if await Membership.filter(member_id=keep_id, state=PlanState.WANTED).exists():
        # One open order a person: the other one falls away, and is given back should it be paid after all.
        await Membership.filter(member_id=gone_id, state=PlanState.WANTED).update(state=PlanState.CANCELLED)
    await Membership.filter(member_id=gone_id).update(member_id=keep_id)


async def _merge_unique(shop: Shop, keep_id: int, gone_id: int) -> None:
    """Rows unique per member: what both have stays once, the rest changes hands."""
    await _merge_points(shop, keep_id, gone_id)
    told = {(m.step, m.occurrence): m for m in await CareMessage.filter(member_id=keep_id)}
    for message in await CareMessage.filter(member_id=gone_id):
        other = told.get((message.step, message.occurrence))
        if other is not None and (other.sent_at or not message.sent_at):
            await message.delete()
            continue
        if other is not None:
            # What was said to one half is not said again to the other, and counts under the caps.
            await other.delete()
        await CareMessage.filter(id=message.id).update(member_id=keep_id)
    turned = {(t.step, t.occurrence) for t in await PathTurn.filter(member_id=keep_id)}
    for turn in await PathTurn.filter(member_id=gone_id):
        if (turn.step, turn.occurrence) in turned:
            await turn.delete()
        else:
            await PathTurn.filter(id=turn.id).update(member_id=keep_id)
    credits = {c.template_id: c for c in await ConsentCredit.filter(member_id=keep_id)}
    for credit in await ConsentCredit.filter(member_id=gone_id):
        mine = credits.get(credit.template_id)
        if mine is None:
            await ConsentCredit.filter(id=credit.id).update(member_id=keep_id)
        else:
            await ConsentCredit.filter(id=mine.id).update(left_count=mine.left_count + credit.left_count)
            await credit.delete()
    voted = await PollVote.filter(member_id=keep_id).values_list("poll_id", flat=True)
    await PollVote.filter(member_id=gone_id, poll_id__in=voted).delete()
    await PollVote.filter(member_id=gone_id).update(member_id=keep_id)
    for places in (BroadcastPlace, StylistPlace):
        placed = await places.filter(member_id=keep_id).values_list("month", flat=True)
        await places.filter(member_id=gone_id, month__in=placed).delete()
        await places.filter(member_id=gone_id).update(member_id=keep_id)
    tagged = await MemberTag.filter(member_id=keep_id).values_list("name", flat=True)
    await MemberTag.filter(member_id=gone_id, name__in=tagged).delete()
    await MemberTag.filter(member_id=gone_id).update(member_id=keep_id)
    if await GuideBinding.filter(member_id=keep_id).exists():
        await GuideBinding.filter(member_id=gone_id).delete()
    await GuideBinding.filter(member_id=gone_id).update(member_id=keep_id)
    waited = await WaitEntry.filter(member_id=keep_id, state__in=IN_LINE).values_list("starts_at", flat=True)
    for entry in await WaitEntry.filter(member_id=gone_id):
        # Of two places in one line the kept member's own stays; the other is left as it is, on nobody's behalf.
        if entry.state not in IN_LINE or entry.starts_at not in waited:
            await WaitEntry.filter(id=entry.id).update(member_id=keep_id)
    held = {(c.coupon_id, c.reason) for c in await MemberCoupon.filter(member_id=keep_id)}
    for coupon in await MemberCoupon.filter(member_id=gone_id):
        if (coupon.coupon_id, coupon.reason) in held:
            await coupon.delete()
        else:
            await MemberCoupon.filter(id=coupon.id).update(member_id=keep_id)


async def _merge_points(shop: Shop, keep_id: int, gone_id: int) -> None:
    """Lots add up; a gift of a lifetime that both halves got is taken back once."""
    have = {(lot.reason, lot.ref): lot.id for lot in await PointsLot.filter(member_id=keep_id)}
    twice = []
    for lot in await PointsLot.filter(member_id=gone_id).order_by("id"):
        if (lot.reason, lot.ref) not in have:
            continue
        if lot.unspent == lot.points:
            await PointsEntry.filter(lot_id=lot.id).delete()
            await lot.delete()
        else:
            twice.append(f"merged:{gone_id}:{lot.ref}"[:64])
            await PointsLot.filter(id=lot.id).update(ref=twice[-1])
    await PointsLot.filter(member_id=gone_id).update(member_id=keep_id)
    await PointsEntry.filter(member_id=gone_id).update(member_id=keep_id)
    for name in twice:
        # Something of the second gift is spent: what is left of it goes, and the rest is owed.
        lot = await PointsLot.get(member_id=keep_id, ref=name)
        await points.take_back(shop, keep_id, reason=lot.reason, ref=name, earned_now=0, cause="one person")
    await _merge_cart(keep_id, gone_id)
    given = {(perk.rule, perk.occurrence) for perk in await Perk.filter(member_id=keep_id)}
    for perk in await Perk.filter(member_id=gone_id):
        if (perk.rule, perk.occurrence) in given:
            await perk.delete()
        else:
            await Perk.filter(id=perk.id).update(member_id=keep_id)


async def _merge_cart(keep_id: int, gone_id: int) -> None:
    """What both mean to buy adds up; what both took of a drop counts together against its cap from now on."""
    have = {line.sku_id: line for line in await CartLine.filter(member_id=keep_id)}
    for line in await CartLine.filter(member_id=gone_id):
        if line.sku_id in have:
            await CartLine.filter(id=have[line.sku_id].id).update(quantity=F("quantity") + line.quantity)
            await line.delete()
        else:
            await CartLine.filter(id=line.id).update(member_id=keep_id)
    if await Cart.exists(member_id=keep_id):
        await Cart.filter(member_id=gone_id).delete()
        await Cart.filter(member_id=keep_id).update(version=F("version") + 1)
    else:
        await Cart.filter(member_id=gone_id).update(member_id=keep_id)
    claims = {claim.drop_id: claim for claim in await DropClaim.filter(member_id=keep_id)}
    for claim in await DropClaim.filter(member_id=gone_id):
        mine = claims.get(claim.drop_id)
        if mine is None:
            await DropClaim.filter(id=claim.id).update(member_id=keep_id)
        else:
            taken = mine.taken + claim.taken
            await DropClaim.filter(id=mine.id).update(taken=taken, most=max(mine.most, taken))
            await claim.delete()


async def _merge_wallets(keep_id: int, gone_id: int, now: datetime) -> None:
    """Stored value adds up. Where both had a first bonus both stay, and there is no third."""
    gone = await Wallet.filter(member_id=gone_id).select_for_update().first()
    if gone is None:
        return
    keep = await Wallet.filter(member_id=keep_id).select_for_update().first()
    if keep is None:
        await Wallet.filter(id=gone.id).update(member_id=keep_id, updated_at=now)
        return
    have = {(line.step, line.ref) for line in await WalletEntry.filter(wallet_id=keep.id)}
    for line in await WalletEntry.filter(wallet_id=gone.id):
        ref = f"{line.ref}:{gone_id}" if (line.step, line.ref) in have else line.ref
        await WalletEntry.filter(id=line.id).update(wallet_id=keep.id, ref=ref)
    sums = ("principal_fen", "bonus_fen", "held_principal_fen", "held_bonus_fen")
    await Wallet.filter(id=keep.id).update(
        updated_at=now, **{name: getattr(keep, name) + getattr(gone, name) for name in sums}
    )
    await gone.delete()
