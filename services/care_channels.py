"""The channels that ring at WeChat, each with its counter and with what WeChat's answers mean for it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from domain.care import Channel, MessageClass
from domain.care_gate import QUOTA_USED_UP, surely_not_sent
from domain.care_words import Words, chat_text, wrong_data
from domain.errors import OutsideFault, OutsideRefusal
from domain.path import Step
from models import CareHalt, Member
from services import audit, care, members, stages
from services.care import Taken
from services.shop import Shop
from services.transaction import transaction

NO_WINDOW = frozenset({"45015", "45047"})
NOT_FOLLOWING = "43004"
NO_CONSENT_LEFT = "43101"
log = structlog.get_logger()


@dataclass(frozen=True)
class Letter:
    """One message on its way, with the member's two openids (None where there is none)."""

    message_id: int
    member_id: int
    step: Step
    words: Words
    official_openid: str | None
    mini_openid: str | None
    unfollowed: bool
    # What was taken from the member's window with the mark `sending`; None = none is open.
    window: Taken | None = None
    # What stands still, by its name, and until when: shared by all letters on their way.
    rests: dict[str, datetime | None] = field(default_factory=dict)


class Resting(Exception):
    """WeChat's quota of this channel is used up: nothing was sent, try again at `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


class Unfollowed(Exception):
    """WeChat says that the member does not follow the account (any more)."""


async def through(shop: Shop, channel: Channel, letter: Letter) -> str | None:
    """Send through one channel; None = sent, else why it was passed over.

    Raises Resting, Unfollowed, or OutsideFault where a later attempt may do better.
    """
    if channel is Channel.WINDOW:
        return await _by_window(shop, letter)
    if channel is Channel.CREDIT:
        return await _by_credit(shop, letter)
    assert channel is Channel.TEMPLATE, "the inbox is written with the outcome"
    return await _by_template(shop, letter)


async def _by_window(shop: Shop, letter: Letter) -> str | None:
    openid, taken = letter.official_openid, letter.window
    if openid is None or letter.unfollowed:
        return "does_not_follow"
    if taken is None:
        return "no_window"
    if (until := _rests_until(shop, Channel.WINDOW, letter)) is not None:
        await care.give_back(taken)
        raise Resting(until)
    try:
        await shop.wechat.official.send_text(openid, chat_text(letter.words, shop.accounts.mini_appid))
    except OutsideRefusal as no:
        if no.code in NO_WINDOW:
            await care.close_windows(shop, openid)
            return no.code
        if no.code == NOT_FOLLOWING:
            await _note_unfollowed(shop, letter.member_id, openid)
            raise Unfollowed from None
        await care.give_back(taken)
        return _refused(Channel.WINDOW, letter, no)
    except OutsideFault as fault:
        if surely_not_sent(fault.kind):
            await care.give_back(taken)
        raise await _rest_or_fault(shop, Channel.WINDOW, letter, fault) from None
    return None


async def _by_credit(shop: Shop, letter: Letter) -> str | None:
    template_id = shop.accounts.mini_templates.get(letter.step.template, "")
    if not template_id:
        return "no_template"
    if any(wrong_data(letter.words.data)):
        return _bad_data(Channel.CREDIT, letter)
    openid = letter.mini_openid
    if openid is None:
        return "no_openid"
    if not await care.take_credit(shop, letter.member_id, template_id):
        return "no_credit"
    if (until := _rests_until(shop, Channel.CREDIT, letter)) is not None:
        await care.give_credit_back(shop, letter.member_id, template_id)
        raise Resting(until)
    try:
        await shop.wechat.mini.send_subscribe(openid, template_id, letter.words.data, letter.words.page)
    except OutsideRefusal as no:
        if no.code == NO_CONSENT_LEFT:
            await care.drop_credits(shop, letter.member_id, template_id)
            return no.code
        await care.give_credit_back(shop, letter.member_id, template_id)
        return _refused(Channel.CREDIT, letter, no)
    except OutsideFault as fault:
        if surely_not_sent(fault.kind):
            await care.give_credit_back(shop, letter.member_id, template_id)
        raise await _rest_or_fault(shop, Channel.CREDIT, letter, fault) from None
    return None


async def _by_template(shop: Shop, letter: Letter) -> str | None:
    """Template messages are for what a member's own act brings about; WeChat bans shops that advertise so."""
    if letter.step.message_class is not MessageClass.SERVICE:
        return "promotion"
    template_id = shop.accounts.official_templates.get(letter.step.template, "")
    if not template_id:
        return "no_template"
    if any(wrong_data(letter.words.data)):
        return _bad_data(Channel.TEMPLATE, letter)
    openid = letter.official_openid
    if openid is None or letter.unfollowed:
        return "does_not_follow"
    if (until := _rests_until(shop, Channel.TEMPLATE, letter)) is not None:
        raise Resting(until)
    try:
        # The same id on a repeat after a crash: WeChat sends it once within ten minutes.
        await shop.wechat.official.send_template(
            openid, template_id, letter.words.data, letter.words.page, f"care-{letter.message_id}"
        )
    except OutsideRefusal as no:
        if no.code == NOT_FOLLOWING:
            await _note_unfollowed(shop, letter.member_id, openid)
            raise Unfollowed from None
        return _refused(Channel.TEMPLATE, letter, no)
    except OutsideFault as fault:
        raise await _rest_or_fault(shop, Channel.TEMPLATE, letter, fault) from None
    return None


def _bad_data(channel: Channel, letter: Letter) -> str:
    """WeChat would refuse a value (47003): nothing is sent and no consent used up, the next channel takes over."""
    log.error("care.bad_data", message=letter.message_id, channel=channel.value, step=letter.step.name)
    return "bad_data"


def _refused(channel: Channel, letter: Letter, no: OutsideRefusal) -> str:
    log.warning("care.refused", message=letter.message_id, channel=channel.value, code=no.code)
    return no.code


async def _note_unfollowed(shop: Shop, member_id: int, openid: str) -> None:
    """The unfollow was not told, or not yet: it means the same as when it is."""
    now = shop.now()
    async with transaction():
        await Member.filter(id=member_id).update(follows=False, follow_told_at=now, updated_at=now)
        await members.unfollowed(shop, [member_id])
        await care.close_windows(shop, openid)
        await stages.look_again(shop, member_id)


async def _rest_or_fault(shop: Shop, channel: Channel, letter: Letter, fault: OutsideFault) -> Exception:
    """A used-up quota lets the whole channel rest; any other fault is this message's own."""
    if fault.kind not in QUOTA_USED_UP:
        return fault
    until = shop.now() + timedelta(minutes=shop.rules.care.quota_pause_minutes)
    await _halt(shop, channel.value, until, "wechat", fault.kind)
    letter.rests[channel.value] = until
    log.warning("care.resting", channel=channel.value, code=fault.kind, until=until.isoformat())
    return Resting(until)


# Standing still --------------------------------------------------------------------------------------

ALL = "all"
"""The name of the kill switch."""
BURST = "burst"
"""The name of the rest after many faults in a row."""


async def _halt(shop: Shop, name: str, until: datetime | None, who: str, why: str) -> None:
    now = shop.now()
    await CareHalt.bulk_create(
        [CareHalt(name=name, until=until, who=who, why=why[:200], created_at=now, updated_at=now)],
        on_conflict=("name",),
        update_fields=("until", "who", "why", "updated_at"),
    )


def _rests_until(shop: Shop, channel: Channel, letter: Letter) -> datetime | None:
    until = letter.rests.get(channel.value)
    return until if until is not None and until > shop.now() else None


async def standing_still() -> dict[str, datetime | None]:
    """All that was ever halted, by its name: until when; None for what waits for a person."""
    return dict(await CareHalt.all().values_list("name", "until"))


async def halt(shop: Shop, staff_id: int, why: str) -> CareHalt:
    """Throw the kill switch: no care message leaves until it is lifted. Thrown twice, the first stands."""
    async with transaction():
        thrown = await CareHalt.filter(name=ALL).first()
        if thrown is not None:
            return thrown
        await _halt(shop, ALL, None, f"staff:{staff_id}", why)
        await audit.note(shop, staff_id, "care.halt", "care", why=why)
    log.warning("care.halted", staff=staff_id)
    return await CareHalt.get(name=ALL)


async def lift(shop: Shop, staff_id: int) -> None:
    """Messages leave again; what became useless meanwhile is skipped as late."""
    async with transaction():
        if await CareHalt.filter(name=ALL).delete():
            await audit.note(shop, staff_id, "care.lift", "care")
    log.warning("care.lifted", staff=staff_id)


async def halted() -> CareHalt | None:
    """The kill switch while it is thrown."""
    return await CareHalt.filter(name=ALL).first()


async def rest_after_burst(shop: Shop) -> None:
    """WeChat fails again and again: sending rests a while, as after a used-up quota."""
    until = shop.now() + timedelta(minutes=shop.rules.care.quota_pause_minutes)
    await _halt(shop, BURST, until, "job:send_care", "many faults in a row")
    log.error("care.burst", until=until.isoformat())


async def burst(shop: Shop) -> bool:
    """Whether sending rests after a burst of faults."""
    return await CareHalt.filter(name=BURST, until__gt=shop.now()).exists()
