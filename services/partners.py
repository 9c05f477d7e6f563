"""Partner match: linking one partner account to one member, and following the partner's word about its level."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from domain import partner as rules
from domain.errors import Invalid, NotFound, WrongState
from domain.membership import Source
from domain.partner import MATCH_LIFE, MATCHED, MatchState, Partner
from domain.tier import tier_of
from models import InboxNote, PartnerLink, PartnerTicket, PartnerTrial, SourceSeen
from models.base import move
from models.sql import run
from services import tiers
from services.shop import Shop
from services.transaction import transaction

AT_ONCE = 500
log = structlog.get_logger()


@dataclass(frozen=True)
class Standing:
    """A partner as the member sees it; `link` is None where they never had anything to do with it."""

    partner: Partner
    link: PartnerLink | None


def known(shop: Shop, code: str) -> Partner:
    """Raises NotFound."""
    found = shop.rules.partner.partner(code)
    if found is None:
        raise NotFound("partner")
    return found


async def standing(shop: Shop, member_id: int) -> list[Standing]:
    """All partners, with where the member stands with each."""
    links = {link.partner: link for link in await PartnerLink.filter(member_id=member_id)}
    return [Standing(partner, links.get(partner.code)) for partner in shop.rules.partner.partners]


# Tickets ---------------------------------------------------------------------------------------------


def _hash(ticket: str) -> str:
    return hashlib.sha256(ticket.encode()).hexdigest()


async def _ticket(shop: Shop, partner: str, **half: Any) -> tuple[str, datetime]:
    ticket, now = secrets.token_urlsafe(24), shop.now()
    until = now + timedelta(minutes=shop.rules.partner.ticket_minutes)
    await PartnerTicket.create(ticket_hash=_hash(ticket), partner=partner, until=until, created_at=now, **half)
    return ticket, until


async def ticket_for(shop: Shop, member_id: int, code: str) -> tuple[str, datetime]:
    """A ticket the member takes to the partner, who tells it back with the account; and until when it works.

    Raises NotFound, WrongState when an account is linked already.
    """
    partner = known(shop, code)
    if await PartnerLink.exists(member_id=member_id, partner=code, account_index__not_isnull=True):
        raise WrongState("partner_link", "linked", "linked")
    return await _ticket(shop, partner.code, member_id=member_id)


async def offers(shop: Shop, ticket: str) -> str | None:
    """The partner whose ticket this is, where it may still be claimed."""
    row = await PartnerTicket.filter(
        ticket_hash=_hash(ticket), account_index__not_isnull=True, used_at=None, until__gt=shop.now()
    ).first()
    return row.partner if row else None


async def _use(shop: Shop, ticket: str, **like: object) -> PartnerTicket:
    """Take a ticket for good, inside the caller's transaction. Raises Invalid: unknown, used, or too old."""
    now, mine = shop.now(), PartnerTicket.filter(ticket_hash=_hash(ticket), **like)
    if not await mine.filter(used_at=None, until__gt=now).update(used_at=now, updated_at=now):
        raise Invalid("ticket", "unknown, used, or too old")
    return await mine.get()


async def claim(shop: Shop, member_id: int, ticket: str) -> PartnerLink:
    """The member brings the ticket the partner gave them. Raises Invalid, WrongState. Joins an outer transaction."""
    async with transaction():
        half = await _use(shop, ticket, account_index__not_isnull=True)
        assert half.account_index is not None, "asked for above"
        told_at = half.told_at or shop.now()
        return await _link(shop, member_id, known(shop, half.partner), half.account_index, half.level, told_at)


# What the partner tells ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Word:
    """A verified word of a partner: an account has this level since `at`; with a ticket, whose it is."""

    account: str
    level: int
    at: datetime
    ticket: str = ""


async def on_word(shop: Shop, code: str, word: Word) -> str | None:
    """Follow it, inside the caller's transaction; a ticket for the account's owner where nobody has it yet.

    A level of 0 is none. Raises NotFound, Invalid for a ticket that does not work, WrongState when the
    account or the member is linked elsewhere.
    """
    partner = known(shop, code)
    index = shop.sealer.index(f"{code}:{word.account}")
    if word.ticket:
        half = await _use(shop, word.ticket, partner=code, member_id__not_isnull=True)
        assert half.member_id is not None, "asked for above"
        await _link(shop, half.member_id, partner, index, word.level, word.at)
        return None
    link = await PartnerLink.filter(partner=code, account_index=index).select_for_update().first()
    if link is None:
        ticket, _ = await _ticket(shop, code, account_index=index, level=word.level, told_at=word.at)
        return ticket
    if link.told_at is None or word.at >= link.told_at:
        await _follow(shop, partner, link, word)
    return None


async def _link(shop: Shop, member_id: int, partner: Partner, index: str, level: int, told_at: datetime) -> PartnerLink:
    now = shop.now()
    await PartnerLink.bulk_create(
        [PartnerLink(member_id=member_id, partner=partner.code, created_at=now)],
        on_conflict=("member_id", "partner"), ignore_conflicts=True,
    )  # fmt: skip
    link = await PartnerLink.filter(member_id=member_id, partner=partner.code).select_for_update().get()
    if link.account_index is not None:
        if link.account_index != index:
            raise WrongState("partner_link", "linked", "linked")
        return link
    had_trial = link.trial_used or await PartnerTrial.exists(partner=partner.code, account_index=index)
    verdict = rules.linked(partner.matched(level), trial_used=had_trial)
    trial = verdict.state is MatchState.TRIAL
    # Two members who link one account at once: the second waits here and then sees the first.
    await run("lock_names", names=[index])
    if await PartnerLink.exists(partner=partner.code, account_index=index):
        raise WrongState("partner_account", "linked", "linked")
    await PartnerLink.filter(id=link.id).update(
        account_index=index, level=level, told_at=told_at, linked_at=now, updated_at=now
    )
    if trial:
        await PartnerTrial.create(partner=partner.code, account_index=index, created_at=now)
    await SourceSeen.create(member_id=member_id, source=Source.PARTNER, scene=partner.code, created_at=now)
    await link.refresh_from_db()
    if trial:
        await move(
            link, MATCH_LIFE, MatchState.TRIAL, at=now, who=f"partner:{partner.code}", matched=verdict.matched,
            trial_used=True, settles_at=rules.settles_at(now, shop.rules.partner),
        )  # fmt: skip
        await _changed(shop, link, partner, f"{partner.name} {level} 级")
    log.info("partner.linked", member=member_id, partner=partner.code, level=level, state=link.state)
    return link


async def _follow(shop: Shop, partner: Partner, link: PartnerLink, word: Word) -> None:
    verdict = rules.told(link.state, link.matched, partner.matched(word.level))
    now, who = shop.now(), f"partner:{partner.code}"
    await PartnerLink.filter(id=link.id).update(level=word.level, told_at=word.at, updated_at=now)
    if verdict.state is not link.state:
        await move(link, MATCH_LIFE, verdict.state, at=now, who=who, matched=verdict.matched, settles_at=None)
    elif verdict.matched == link.matched:
        return
    else:
        await PartnerLink.filter(id=link.id).update(matched=verdict.matched)
    await _changed(shop, link, partner, f"{partner.name} {word.level} 级")


async def unlink(shop: Shop, member_id: int, code: str) -> None:
    """The member unlinks: the match goes at once, and what is known of the account with it. Raises NotFound."""
    partner = known(shop, code)
    async with transaction():
        link = await PartnerLink.filter(member_id=member_id, partner=code).select_for_update().first()
        if link is None or link.account_index is None:
            raise NotFound("partner_link")
        bare: dict[str, Any] = {
            "account_index": None, "level": 0, "matched": 0, "linked_at": None, "settles_at": None, "told_at": None,
        }  # fmt: skip
        had = link.state in MATCHED
        if link.state is MatchState.NONE:
            await PartnerLink.filter(id=link.id).update(**bare, updated_at=shop.now())
        else:
            await move(link, MATCH_LIFE, MatchState.NONE, at=shop.now(), who=f"member:{member_id}", **bare)
        if had:
            await _changed(shop, link, partner, f"{partner.name} 已解绑")
    log.info("partner.unlinked", member=member_id, partner=code)


async def confirm_due(shop: Shop) -> int:
    """The job of midnight: trials that lasted three calendar months are confirmed; how many."""
    done = 0
    due = PartnerLink.filter(state=MatchState.TRIAL, settles_at__lte=shop.now()).order_by("id").limit(AT_ONCE)
    for row in await due:
        async with transaction():
            link = await PartnerLink.filter(id=row.id, state=MatchState.TRIAL).select_for_update().first()
            partner = shop.rules.partner.partner(row.partner)
            if link is None or partner is None:
                continue
            await move(link, MATCH_LIFE, MatchState.CONFIRMED, at=shop.now(), who="job:partners")
            await _tell(shop, link, f"您的{partner.name}匹配已转正，等级长期有效。")
            done += 1
    return done


async def _changed(shop: Shop, link: PartnerLink, partner: Partner, why: str) -> None:
    """The member's matched level is the best of all links; they are told what this one became."""
    best = max([link.matched for link in await PartnerLink.filter(member_id=link.member_id)], default=0)
    await tiers.match(shop, link.member_id, best, f"partner:{partner.code}", why)
    name = tier_of(max(1, link.matched), shop.rules.tier).name
    words = {
        MatchState.TRIAL: f"您的{partner.name}等级已对应到本店「{name}」，权益现在就能用；三个月内等级不掉就转正。",
        MatchState.CONFIRMED: f"您的{partner.name}等级升了，本店等级对应到「{name}」。",
        MatchState.ENDED: f"您的{partner.name}等级有变化，本店的等级匹配试用到此为止。在本店累计的消费不受影响。",
        MatchState.NONE: f"已解绑{partner.name}，账号信息已删除，匹配的等级同时取消。",
    }
    await _tell(shop, link, words[link.state])


async def _tell(shop: Shop, link: PartnerLink, text: str) -> None:
    await InboxNote.create(
        member_id=link.member_id, title="合作会员等级", text=text, page="pages/me/me", created_at=shop.now()
    )


async def merged(shop: Shop, keep_id: int, gone_id: int) -> None:
    """Two halves of one person: of two links to one partner the one that matches more stays."""
    mine = {link.partner: link for link in await PartnerLink.filter(member_id=keep_id)}
    for theirs in await PartnerLink.filter(member_id=gone_id):
        keep = mine.get(theirs.partner)
        if keep is None:
            await PartnerLink.filter(id=theirs.id).update(member_id=keep_id)
            continue
        used = keep.trial_used or theirs.trial_used
        worth = [(link.matched, link.account_index is not None, -link.id) for link in (keep, theirs)]
        stays, goes = (keep, theirs) if worth[0] >= worth[1] else (theirs, keep)
        await goes.delete()
        await PartnerLink.filter(id=stays.id).update(member_id=keep_id, trial_used=used)
    await PartnerTicket.filter(member_id=gone_id).update(member_id=keep_id)
