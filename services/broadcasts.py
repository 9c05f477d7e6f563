"""Broadcasts: campaigns that leave as WeChat's mass sends, ten thousand followers to a call.

Their messages wait as `reserved`, each with a place of the month's allowance. At the instant of sending the one
gate is asked about each; who passes is fixed as one call, made under its own name: WeChat answers a repeat with
the job it began. How it went comes as an event, or is asked for when none comes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from tortoise.functions import Count
from tortoise.queryset import QuerySet

from domain.broadcast import LEAST, MASS_LIFE, MOST, SUCCESS, MassState, Way, month_of
from domain.campaign import CampaignState
from domain.care import CareState, Channel
from domain.care_gate import Act, Verdict, gate
from domain.clock import add_months, at
from domain.errors import OutsideFault, OutsideRefusal
from models import Campaign, CareMessage, MassSend, Member, OutsideCall, sql
from models.base import move
from services import campaigns, care_facts, outside
from services.campaign_audience import occurrence, variants_of
from services.care_channels import halted
from services.care_subjects import look_many
from services.shop import Shop
from services.transaction import transaction

UNTOLD = timedelta(hours=1)
"""A job whose end was not told for so long is asked about."""
log = structlog.get_logger()


# Sending ---------------------------------------------------------------------------------------------


async def send_due(shop: Shop) -> int:
    """Make calls of broadcasts whose time has come; how many members they name. A job."""
    named = 0
    if await halted() is None:
        for campaign in await Campaign.filter(way=Way.MASS, state=CampaignState.RUNNING, start_at__lte=shop.now()):
            while (count := await _call_out(shop, campaign)) is not None:
                named += count
    await _ask_untold(shop)
    return named


async def _call_out(shop: Shop, campaign: Campaign) -> int | None:
    """Fix the next call of a broadcast and want it; how many it names, None when nothing is due."""
    now = shop.now()
    async with transaction():
        due = CareMessage.filter(occurrence=occurrence(campaign), state=CareState.RESERVED, send_at__lte=now)
        messages = await due.order_by("edition", "id").limit(MOST).select_for_update(skip_locked=True)
        messages = [one for one in messages if one.edition == messages[0].edition]
        if not messages:
            return None
        verdicts = await _ask_gate(shop, messages)
        going = [one for one in messages if verdicts[one.id].act is Act.SEND]
        left = {one.id: verdicts[one.id] for one in messages if verdicts[one.id].act is not Act.SEND}
        if len(going) < LEAST:
            left |= {one.id: Verdict(Act.SKIP, "too_few") for one in going}
            going = []
        await _leave(shop, campaign, messages, left)
        if going:
            call = await MassSend.create(
                campaign_id=campaign.id, edition=going[0].edition, people=len(going), created_at=now
            )
            await CareMessage.filter(id__in=[one.id for one in going]).update(
                state=CareState.SENDING, reason=_name(call.id), channel=Channel.MASS, attempts=1, sent_at=now,
                updated_at=now,
            )  # fmt: skip
            await outside.want(shop, "mass_send", _name(call.id))
    log.info("broadcast.called", campaign=campaign.id, named=len(going), left=len(left))
    return len(going)


def _name(call_id: int) -> str:
    """How a call is known: by the intent to make it, and as the reason of the messages in it."""
    return f"mass:{call_id}"


async def _ask_gate(shop: Shop, messages: Sequence[CareMessage]) -> dict[int, Verdict]:
    """The same gate, with the same facts, as before every other send."""
    members = {m.id: m for m in await Member.filter(id__in=[one.member_id for one in messages]).select_for_update()}
    read = await care_facts.read(shop, [one.id for one in messages])
    looks = await look_many(shop, [(one, members[one.member_id]) for one in messages])
    verdicts: dict[int, Verdict] = {}
    for one, seen in zip(messages, looks, strict=True):
        member = members[one.member_id]
        facts = care_facts.facts(shop, one, member, seen, read[one.id], halted=False)
        verdict = gate(facts, shop.rules.care)
        if verdict.act is Act.SEND and not (member.follows and read[one.id].official_openid):
            verdict = Verdict(Act.SKIP, "unfollowed")
        verdicts[one.id] = verdict
    return verdicts


async def _leave(shop: Shop, campaign: Campaign, messages: Sequence[CareMessage], left: Mapping[int, Verdict]) -> None:
    """Who waits keeps the place; who is passed over gives it back."""
    if not left:
        return
    now = shop.now()
    rows = [
        {"id": message_id, "state": CareState.RESERVED if verdict.act is Act.WAIT else CareState.SKIPPED,
         "reason": verdict.reason, "send_at": verdict.until}
        for message_id, verdict in left.items()
    ]  # fmt: skip
    await sql.run("care_leave", rows=rows, now=now)
    gone = [one.member_id for one in messages if one.id in left and left[one.id].act is Act.SKIP]
    await sql.run("mass_free", members=gone, month=month_of(campaign.start_at), now=now)


@outside.caller("mass_send")
async def _call(shop: Shop, wanted: OutsideCall) -> None:
    """Make the call, or make it again, under the same name; what it came to is written on its messages."""
    call = await MassSend.get(id=int(wanted.ref.partition(":")[2]))
    campaign = await Campaign.get(id=call.campaign_id)
    if call.state is not MassState.WANTED:
        return
    first = wanted.attempts <= 1
    if campaign.state is CampaignState.KILLED or shop.now() >= campaign.useful_until:
        # After a first attempt nobody knows whether they have it.
        reason = "killed" if campaign.state is CampaignState.KILLED else "late"
        await _end(shop, campaign, call, CareState.SKIPPED if first else CareState.UNKNOWN, reason)
        return
    if await halted() is not None or campaign.state is CampaignState.PAUSED:
        raise OutsideFault("mass_send", "halted")
    rows = await sql.run(
        "mass_openids", occurrence=occurrence(campaign), reason=wanted.ref, appid=shop.accounts.official_appid
    )
    said = next(one for one in variants_of(campaign) if one.name == call.edition)
    try:
        openids = [row["openid"] for row in rows if row["openid"]]
        msg_id = await shop.wechat.official.send_mass(openids, f"{said.title}\n{said.text}", f"hezi-{wanted.ref}")
    except OutsideRefusal as no:
        await _end(shop, campaign, call, CareState.FAILED, no.code)
        raise
    except OutsideFault:
        if wanted.attempts >= outside.POISON_AFTER:
            await _end(shop, campaign, call, CareState.UNKNOWN, "lost_outcome")
        raise
    async with transaction():
        await move(call, MASS_LIFE, MassState.STARTED, at=shop.now(), who="wechat", msg_id=msg_id)
        await _messages(campaign, call).update(state=CareState.SENT, updated_at=shop.now())


def _messages(campaign: Campaign, call: MassSend) -> QuerySet[CareMessage]:
    return CareMessage.filter(occurrence=occurrence(campaign), reason=_name(call.id))


async def _end(shop: Shop, campaign: Campaign, call: MassSend, state: CareState, reason: str) -> None:
    """The call came to nothing, or nobody knows: its messages say so; places come back where surely nothing went."""
    async with transaction():
        await move(call, MASS_LIFE, MassState.FAILED, at=shop.now(), who="wechat", why=reason, status=reason[:64])
        if state is not CareState.UNKNOWN:
            before = CareState.SENT if call.msg_id is not None else CareState.SENDING
            await campaigns.give_back(shop, campaign, before, _name(call.id))
        await _messages(campaign, call).update(state=state, reason=reason[:64], updated_at=shop.now())
    log.error("broadcast.failed", campaign=campaign.id, call=call.id, state=state.value, reason=reason)


# How it went -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Finish:
    """WeChat's account of a job. Counts are None where it was asked for instead of told."""

    status: str
    total: int | None = None
    filtered: int | None = None
    sent: int | None = None
    errors: int | None = None


async def finished(shop: Shop, msg_id: int, finish: Finish) -> None:
    """A mass send ended: told by WeChat, or asked for. Again changes nothing; one that is not ours is let be."""
    call = await MassSend.filter(msg_id=msg_id, state=MassState.STARTED).first()
    if call is None:
        log.warning("broadcast.not_ours", msg_id=msg_id)
        return
    campaign = await Campaign.get(id=call.campaign_id)
    if finish.status != SUCCESS:
        await _end(shop, campaign, call, CareState.FAILED, finish.status)
        return
    async with transaction():
        await move(
            call, MASS_LIFE, MassState.FINISHED, at=shop.now(), who="wechat", status=finish.status[:64],
            total_count=finish.total, filter_count=finish.filtered, sent_count=finish.sent, error_count=finish.errors,
        )  # fmt: skip
    log.info("broadcast.finished", campaign=campaign.id, call=call.id, sent=finish.sent, errors=finish.errors)


async def _ask_untold(shop: Shop) -> None:
    for call in await MassSend.filter(state=MassState.STARTED, updated_at__lte=shop.now() - UNTOLD):
        assert call.msg_id is not None, "what was started has WeChat's id"
        said = await shop.wechat.official.mass_status(call.msg_id)
        if said != "SENDING":
            await finished(shop, call.msg_id, Finish(SUCCESS if said == "SEND_SUCCESS" else said))


# The calendar ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Planned:
    """One broadcast of a month, with what became of its messages and what WeChat told of its calls."""

    campaign: Campaign
    states: dict[str, int]
    calls: list[MassSend]


@dataclass(frozen=True)
class Month:
    """`left`: how many followers have so many broadcasts left."""

    month: str
    allowance: int
    left: dict[int, int]
    broadcasts: list[Planned]


async def calendar(shop: Shop, month: date) -> Month:
    """A month's broadcasts in their order, drafts included, and what followers have left of it."""
    begins, ends = _span(month)
    planned = []
    for row in await Campaign.filter(way=Way.MASS, start_at__gte=begins, start_at__lt=ends).order_by("start_at", "id"):
        counted = CareMessage.filter(occurrence=occurrence(row)).annotate(n=Count("id")).group_by("state")
        states = {one["state"]: int(one["n"]) for one in await counted.values("state", "n")}
        planned.append(Planned(row, states, await MassSend.filter(campaign_id=row.id).order_by("id")))
    allowance, left = shop.rules.campaign.broadcasts_a_month, dict[int, int]()
    for used in await sql.run("broadcast_left", month=f"{month:%Y-%m}"):
        rest = max(0, allowance - int(used["taken"]))
        left[rest] = left.get(rest, 0) + int(used["members"])
    return Month(f"{month:%Y-%m}", allowance, left, planned)


def _span(month: date) -> tuple[datetime, datetime]:
    first = month.replace(day=1)
    return at(first), at(add_months(first, 1))


async def people(shop: Shop, month: date, left: int | None, after: int, limit: int) -> list[tuple[int, int]]:
    """Followers by id with what they have left of a month; `left`: only those who have so many."""
    allowance = shop.rules.campaign.broadcasts_a_month
    taken = -1 if left is None else allowance - left
    rows = await sql.run("broadcast_people", month=f"{month:%Y-%m}", after=after, taken=taken, count=limit)
    return [(int(row["member_id"]), max(0, allowance - int(row["taken"]))) for row in rows]
