"""Exactly as often as intended: crashes, faults, used-up quotas, poison, and two workers at once."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from domain.care_gate import held_out
from domain.clock import at
from domain.ports import OfficialAccount
from models import Campaign, CareHalt, CareMessage, InboxNote, Member, ReplyWindow
from services import care, care_sending, consents
from services.care_sending import LEASE, send_due
from services.shop import Shop
from tests.support.care import a_booking, a_member, messages, told
from tests.support.house import START, House
from tests.support.letters import a_crowd, promotions_due

TODAY = at(START.date())
SIX = TODAY + timedelta(hours=18)
CUSTOM, TEMPLATE = "/cgi-bin/message/custom/send", "/cgi-bin/message/template/send"


class Killed(BaseException):
    """The process dies here: nothing after it runs."""


class Dying:
    """An official account whose process dies at the call, after it reached WeChat or before."""

    def __init__(self, real: Any, *, after: bool) -> None:
        self._real, self._after = real, after

    async def send_text(self, *args: Any) -> None:
        if self._after:
            await self._real.send_text(*args)
        raise Killed

    async def send_template(self, *args: Any) -> str:
        if self._after:
            await self._real.send_template(*args)
        raise Killed


def dying(shop: Shop, *, after: bool) -> Shop:
    official = cast(OfficialAccount, Dying(shop.wechat.official, after=after))
    return replace(shop, wechat=replace(shop.wechat, official=official))


async def due_without_jobs(house: House, **by: float) -> None:
    """Move the clock alone: the test itself is the worker."""
    house.world.clock.set(house.shop.now() + timedelta(**by), frozen=True)


async def a_promotion_due(house: House, member_id: int) -> CareMessage:
    """The only message that is due is a promotion of now."""
    now = house.shop.now()
    await CareMessage.filter(member_id=member_id).delete()
    return await CareMessage.create(
        member_id=member_id, path="welcome", step="welcome.opinion", occurrence="join",
        message_class="promotion", send_at=now, useful_until=now + timedelta(days=2), created_at=now,
    )  # fmt: skip


@pytest.mark.parametrize("after", [True, False])
async def test_a_service_message_survives_a_crash_and_a_template_is_sent_once(house: House, after: bool) -> None:
    person, member_id, _ = await a_member(house, promotion=False)
    await a_booking(house, member_id, TODAY + timedelta(days=1, hours=15))
    house.world.clock.set(SIX, frozen=True)
    with pytest.raises(Killed):
        await send_due(dying(house.shop, after=after))
    row = (await messages(member_id, "booking"))["day_before"]
    assert (row.state, row.attempts) == ("sending", 1)
    # While the lease lasts nobody touches it.
    assert await send_due(house.shop) == 0
    await due_without_jobs(house, seconds=LEASE.total_seconds())
    assert await send_due(house.shop) == 1
    row = (await messages(member_id, "booking"))["day_before"]
    assert (row.state, row.channel, row.attempts) == ("sent", "template", 2)
    # WeChat knows the client_msg_id: the member sees one message either way.
    assert len(await told(house, person, "template")) == 1


@pytest.mark.parametrize("after", [True, False])
async def test_a_promotion_found_after_a_crash_is_not_said_again(house: House, after: bool) -> None:
    person, member_id, _ = await a_member(house)
    message = await a_promotion_due(house, member_id)
    await house.say(person, "你好")
    with pytest.raises(Killed):
        await send_due(dying(house.shop, after=after))
    await due_without_jobs(house, hours=1)
    assert await send_due(house.shop) == 0
    row = await CareMessage.get(id=message.id)
    assert (row.state, row.reason) == ("unknown", "lost_outcome")
    assert len(await told(house, person, "custom")) == int(after)
    # It may have been seen, so it counts under the caps.
    assert row.sent_at is not None


async def test_a_worker_that_dies_while_it_looks_loses_nothing(house: House) -> None:
    """Leased and not yet marked: any class is simply taken up again."""
    _, member_id, _ = await a_member(house)
    message = await a_promotion_due(house, member_id)
    await CareMessage.filter(id=message.id).update(lease_until=house.shop.now() + LEASE)
    assert await send_due(house.shop) == 0
    await due_without_jobs(house, seconds=LEASE.total_seconds())
    assert await send_due(house.shop) == 1
    assert (await CareMessage.get(id=message.id)).state == "sent"


async def test_minus_one_is_tried_again_later_and_the_window_is_not_charged_for_it(house: House) -> None:
    person, member_id, _ = await a_member(house, promotion=False)
    await a_booking(house, member_id, TODAY + timedelta(days=1, hours=15))
    await house.say(person, "你好")
    await house.wechat("/faults", {"match": CUSTOM, "kind": "errcode", "errcode": -1})
    await house.move_to(SIX)
    row = (await messages(member_id, "booking"))["day_before"]
    assert (row.state, row.reason, row.attempts) == ("planned", "fault -1", 1)
    assert row.send_at == SIX + timedelta(minutes=1)
    assert (await ReplyWindow.get(trigger="message")).left_count == 5
    await house.move(minutes=1)
    row = (await messages(member_id, "booking"))["day_before"]
    assert (row.state, row.channel, row.attempts) == ("sent", "window", 2)
    assert (await ReplyWindow.get(trigger="message")).left_count == 4
    assert len(await told(house, person, "custom")) == 1


async def test_five_attempts_then_the_inbox_carries_what_is_needed(house: House) -> None:
    _, member_id, _ = await a_member(house, promotion=False)
    await a_booking(house, member_id, TODAY + timedelta(days=1, hours=15))
    await house.wechat("/faults", {"match": TEMPLATE, "kind": "errcode", "errcode": -1, "times": 99})
    await house.move_to(SIX)
    for minutes in (1, 2, 4, 8):
        assert (await messages(member_id, "booking"))["day_before"].state == "planned"
        await house.move(minutes=minutes)
    row = (await messages(member_id, "booking"))["day_before"]
    assert (row.state, row.channel, row.attempts) == ("sent", "inbox", 5)
    assert row.tried.count(["template", "fault -1"]) == 5
    assert (await InboxNote.get(member_id=member_id)).title == "明天的造型预约"


async def test_five_attempts_set_a_promotion_aside(house: House) -> None:
    person, member_id, _ = await a_member(house)
    message = await a_promotion_due(house, member_id)
    await house.say(person, "你好")
    await house.wechat("/faults", {"match": CUSTOM, "kind": "errcode", "errcode": -1, "times": 99})
    await house.move(seconds=5)
    for minutes in (1, 2, 4, 8):
        await house.move(minutes=minutes)
    row = await CareMessage.get(id=message.id)
    assert (row.state, row.reason, row.attempts, row.sent_at) == ("failed", "fault -1", 5, None)
    assert await InboxNote.filter(member_id=member_id).count() == 0


async def test_an_answer_that_never_came_back_is_no_reason_to_promote_twice(house: House) -> None:
    person, member_id, _ = await a_member(house)
    message = await a_promotion_due(house, member_id)
    await house.say(person, "你好")
    await house.wechat("/faults", {"match": CUSTOM, "kind": "drop_after"})
    await house.move(seconds=5)
    await house.move(hours=1)
    row = await CareMessage.get(id=message.id)
    assert row.state == "unknown"
    assert row.reason.startswith("fault connection")
    assert len(await told(house, person, "custom")) == 1


async def test_a_used_up_quota_is_no_attempt_and_rests_the_channel(house: House) -> None:
    person, member_id, _ = await a_member(house, promotion=False)
    for hour in (15, 17):
        await a_booking(house, member_id, TODAY + timedelta(days=1, hours=hour))
    await house.say(person, "你好")
    await house.wechat("/faults", {"match": CUSTOM, "kind": "errcode", "errcode": 45009})
    await house.move_to(SIX)
    rows = await CareMessage.filter(step="booking.day_before").order_by("id")
    assert [(r.state, r.reason, r.attempts) for r in rows] == [("planned", "quota", 0)] * 2
    assert {r.send_at for r in rows} == {SIX + timedelta(minutes=10)}
    assert (await CareHalt.get(name="window")).why == "45009"
    # The second did not even ask: one call in all.
    assert len([c for c in house.world.calls if c.path == CUSTOM]) == 1
    assert (await ReplyWindow.get(trigger="message")).left_count == 5
    await house.move(minutes=10)
    assert {r.channel for r in await CareMessage.filter(step="booking.day_before")} == {"window"}


async def test_a_token_refused_is_renewed_by_the_client(house: House) -> None:
    person, member_id, _ = await a_member(house, promotion=False)
    await a_booking(house, member_id, TODAY + timedelta(days=1, hours=15))
    await house.wechat("/faults", {"match": TEMPLATE, "kind": "errcode", "errcode": 40001})
    await house.move_to(SIX)
    row = (await messages(member_id, "booking"))["day_before"]
    assert (row.state, row.attempts) == ("sent", 1)
    assert len(await told(house, person, "template")) == 1


async def test_one_broken_message_stops_no_other(house: House) -> None:
    house.broken.expected.add("care.broken")
    person, member_id, _ = await a_member(house, promotion=False)
    await a_booking(house, member_id, TODAY + timedelta(days=1, hours=15))
    poison = await CareMessage.create(
        member_id=member_id, path="booking", step="booking.day_before", occurrence="booking:no-number",
        message_class="service", priority=99, send_at=SIX, useful_until=SIX + timedelta(days=9),
        created_at=house.shop.now(),
    )  # fmt: skip
    await house.move_to(SIX)
    assert len(await told(house, person, "template")) == 1
    for minutes in (1, 2, 4, 8):
        await house.move(minutes=minutes)
    row = await CareMessage.get(id=poison.id)
    assert (row.state, row.reason, row.attempts) == ("failed", "broken", 5)


async def test_two_workers_share_the_work_and_one_cap(house: House) -> None:
    """Twelve members with two promotions each: one of each pair goes out today, each once."""
    now = house.shop.now()
    members = []
    for _ in range(12):
        member = await Member.create(first_seen_at=now, first_source="login", last_seen_at=now, created_at=now)
        members.append(member.id)
    shop = replace(
        house.shop,
        rules=replace(house.shop.rules, care=replace(house.shop.rules.care, holdout_percent=0)),
    )
    for member_id in members:
        await consents.note(shop, member_id, "promotion", "miniapp", given=True)
        for step in ("welcome.opinion", "welcome.stylist"):
            await CareMessage.create(
                member_id=member_id, path="welcome", step=step, occurrence="join", message_class="promotion",
                send_at=now, useful_until=now + timedelta(days=9), created_at=now,
            )  # fmt: skip
    sent = await asyncio.gather(*(send_due(shop) for _ in range(4)))
    assert sum(sent) == 12
    assert await InboxNote.all().count() == 12
    for member_id in members:
        states = {message.state for message in await CareMessage.filter(member_id=member_id)}
        assert states == {"planned", "sent"}
    waiting = await CareMessage.filter(state="planned")
    assert {m.reason for m in waiting} == {"cap_day"}


async def test_one_window_is_never_taken_twice(house: House) -> None:
    await care.on_inbound(house.shop, "o-someone", "message")
    taken = await asyncio.gather(*(care.take_window(house.shop, "o-someone") for _ in range(12)))
    assert sum(one is not None for one in taken) == 5
    assert (await ReplyWindow.get(openid="o-someone")).left_count == 0


async def test_a_new_act_opens_its_window_afresh_and_a_late_told_one_does_not_shorten_it(
    house: House,
) -> None:
    shop = house.shop
    await care.on_inbound(shop, "o-someone", "message")
    first = await care.take_window(shop, "o-someone")
    assert first is not None
    await due_without_jobs(house, hours=1)
    await care.on_inbound_many(shop, [("o-someone", "message"), ("o-someone", "message")])
    window = await ReplyWindow.get(openid="o-someone")
    assert (window.left_count, window.expires_at) == (5, shop.now() + timedelta(hours=48))
    # Giving back what was taken from the old one does not fill the new one above its five.
    await care.give_back(first)
    assert (await ReplyWindow.get(openid="o-someone")).left_count == 5
    await due_without_jobs(house, hours=48)
    assert await care.take_window(shop, "o-someone") is None


async def test_recovery_touches_nothing_that_is_still_leased(house: House) -> None:
    _, member_id, _ = await a_member(house)
    message = await a_promotion_due(house, member_id)
    now = house.shop.now()
    await CareMessage.filter(id=message.id).update(state="sending", lease_until=now + LEASE, sent_at=now)
    assert await care_sending.recover(house.shop) == 0
    await due_without_jobs(house, seconds=LEASE.total_seconds())
    assert await care_sending.recover(house.shop) == 1


async def test_a_burst_of_faults_rests_everything_for_a_while(house: House) -> None:
    """Thirteen members, and WeChat is down: the eleventh call is not made."""
    _, member_id, _ = await a_member(house, promotion=False)
    for minutes in range(13):
        await a_booking(house, member_id, TODAY + timedelta(days=1, hours=15, minutes=minutes))
    await house.wechat("/faults", {"match": TEMPLATE, "kind": "status", "status": 503, "times": 10})
    await house.move_to(SIX)
    assert len([call for call in house.world.calls if call.path == TEMPLATE]) == 10
    reminders = CareMessage.filter(member_id=member_id, step="booking.day_before")
    assert sorted({(m.state, m.attempts, m.lease_until) for m in await reminders}) == [
        ("planned", 0, None), ("planned", 1, None),
    ]  # fmt: skip
    await house.move(minutes=9, seconds=59)
    assert len([call for call in house.world.calls if call.path == TEMPLATE]) == 10
    await house.move(seconds=5)
    assert {m.state for m in await reminders} == {"sent"}


async def test_a_burst_of_faults_pauses_the_campaign_it_met(house: House) -> None:
    openids = await a_crowd(house, 14)
    campaign = await promotions_due(house, list(openids))
    held = [m for m in openids if held_out(m, house.shop.rules.care)]
    await house.wechat("/faults", {"match": CUSTOM, "kind": "errcode", "errcode": -1, "times": 99})
    await house.move(seconds=5)
    assert len([call for call in house.world.calls if call.path == CUSTOM]) == 10, "not one more"
    row = await Campaign.get(id=campaign.id)
    assert (row.state, row.paused_why) == ("paused", "many faults in a row")
    # The rest after the burst is over, and the campaign still waits for a person.
    await house.wechat("/faults", method="DELETE")
    await house.move(minutes=11)
    assert len([call for call in house.world.calls if call.path == CUSTOM]) == 10
    token = await house.staff("marketing1")
    await house.api("POST", f"/staff/campaigns/{campaign.id}/resume", token=token)
    await house.move(minutes=6)
    sent = await CareMessage.filter(occurrence=f"campaign:{campaign.id}", state="sent").count()
    assert sent == len(openids) - len(held)
