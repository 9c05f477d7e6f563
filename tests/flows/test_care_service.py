"""What a member needs to know in time: bookings that move, deadlines, the channels and their counters."""

import collections
from datetime import timedelta

import pytest
import structlog

from domain.booking import BookingState
from domain.box import BoxState, ItemState
from domain.clock import at, end_of_day_after
from domain.path import Event
from models import (
    Booking,
    Box,
    BoxItem,
    CareMessage,
    Case,
    ConsentCredit,
    Conversation,
    InboundEvent,
    Member,
    Membership,
    Parcel,
    ReplyWindow,
)
from services import care, purchases
from services.transaction import transaction
from tests.support.care import a_booking, a_member, a_signed_box, messages, told
from tests.support.house import START, House

TODAY = at(START.date())


def on(day: int, hour: int, minute: int = 0) -> timedelta:
    """A wall-clock time so many days after the start, as an offset from its midnight."""
    return timedelta(days=day, hours=hour, minutes=minute)


# Bookings --------------------------------------------------------------------------------------------


async def test_a_booking_reminds_the_day_before_and_two_hours_before(house: House) -> None:
    person, member_id, _ = await a_member(house, promotion=False)
    await a_booking(house, member_id, TODAY + on(3, 15))
    await house.move_to(TODAY + on(2, 18))
    [first] = await told(house, person, "template")
    assert [line["value"] for line in first["data"]][1] == "2026年11月25日 15:00"
    assert first["pagepath"].startswith("pages/booking/booking?id=")
    await house.move_to(TODAY + on(3, 13))
    assert len(await told(house, person, "template")) == 2
    await house.move(minutes=1)
    # WeChat's report of a message of ours is no visit of hers.
    assert (await Member.get(id=member_id)).last_seen_at < TODAY + on(2, 18)
    rows = await messages(member_id, "booking")
    assert rows["two_hours"].channel == "template"
    assert rows["two_hours"].tried == [["window", "no_window"], ["credit", "no_credit"]]


async def test_a_moved_booking_reminds_of_its_new_time_only(house: House) -> None:
    person, member_id, _ = await a_member(house)
    booking = await a_booking(house, member_id, TODAY + on(3, 15))
    await house.move_to(TODAY + on(2, 18))
    assert len(await told(house, person, "template")) == 1
    async with transaction():
        await Booking.filter(id=booking.id).update(starts_at=TODAY + on(5, 11), ends_at=TODAY + on(5, 12))
        await care.start(house.shop, member_id, Event.BOOKING, f"booking:{booking.id}", TODAY + on(5, 11))
    await house.move_to(TODAY + on(3, 13))
    assert len(await told(house, person, "template")) == 1
    # The day-before word was said for the old day; it is said again for the new one.
    await house.move_to(TODAY + on(4, 18))
    [_, second] = await told(house, person, "template")
    assert [line["value"] for line in second["data"]][1] == "2026年11月27日 11:00"


async def test_a_booking_moved_behind_our_back_is_read_at_the_instant_of_sending(house: House) -> None:
    person, member_id, _ = await a_member(house)
    booking = await a_booking(house, member_id, TODAY + on(3, 15))
    await Booking.filter(id=booking.id).update(starts_at=TODAY + on(5, 11))
    await house.move_to(TODAY + on(2, 18))
    assert await told(house, person, "template") == []
    planned = await CareMessage.filter(member_id=member_id, path="booking", state="planned").order_by("send_at")
    assert [m.send_at for m in planned] == [TODAY + on(4, 18), TODAY + on(5, 9)]


async def test_moved_there_and_back_again_nothing_is_lost_or_said_twice(house: House) -> None:
    person, member_id, _ = await a_member(house)
    booking = await a_booking(house, member_id, TODAY + on(3, 15))
    for starts_at in (TODAY + on(4, 15), TODAY + on(3, 15)):
        async with transaction():
            await Booking.filter(id=booking.id).update(starts_at=starts_at)
            await care.start(house.shop, member_id, Event.BOOKING, f"booking:{booking.id}", starts_at)
    for moment in (on(2, 18), on(3, 13), on(3, 18), on(4, 13)):
        await house.move_to(TODAY + moment)
    times = [message["data"][1]["value"] for message in await told(house, person, "template")]
    assert times == ["2026年11月25日 15:00"] * 2


async def test_a_cancelled_booking_is_not_reminded_of(house: House) -> None:
    person, member_id, _ = await a_member(house)
    one = await a_booking(house, member_id, TODAY + on(3, 15))
    other = await a_booking(house, member_id, TODAY + on(3, 17))
    async with transaction():
        await Booking.filter(id=one.id).update(state=BookingState.CANCELLED)
        await care.stop(house.shop, f"booking:{one.id}", "cancelled")
    # And one whose care nobody stopped.
    await Booking.filter(id=other.id).update(state=BookingState.CANCELLED)
    await house.move_to(TODAY + on(2, 18))
    await house.move_to(TODAY + on(3, 15))
    assert await told(house, person, "template") == []
    reasons = {m.reason for m in await CareMessage.filter(member_id=member_id, path="booking")}
    assert reasons == {"cancelled", "booking_cancelled"}


async def test_an_early_booking_is_told_the_evening_before(house: House) -> None:
    """Eight in the morning: two hours before lies in the night, so the word comes at 21:55."""
    person, member_id, _ = await a_member(house)
    await a_booking(house, member_id, TODAY + on(3, 8))
    await house.move_to(TODAY + on(2, 21, 54))
    assert len(await told(house, person, "template")) == 1
    await house.move_to(TODAY + on(2, 21, 55))
    assert len(await told(house, person, "template")) == 2


# Boxes -----------------------------------------------------------------------------------------------


async def test_a_signed_box_is_told_of_its_deadline_three_times(house: House) -> None:
    person, member_id, _ = await a_member(house)
    deadline = end_of_day_after(house.shop.now(), 5)
    await a_signed_box(house, member_id, deadline)
    await house.move(seconds=10)
    await house.move_to(TODAY + on(3, 10))
    await house.move_to(TODAY + on(5, 10))
    sent = await told(house, person, "template")
    assert [message["data"][3]["value"] for message in sent] == [
        "慢慢试，不合适的预约上门取件", "还有两天，想退请先预约取件", "今天到期，未退回的将按留下结算",
    ]  # fmt: skip
    assert {message["data"][1]["value"] for message in sent} == {"2026年11月27日 23:59"}
    assert {message["data"][2]["value"] for message in sent} == {"5"}


async def test_an_extension_moves_the_reminders(house: House) -> None:
    person, member_id, _ = await a_member(house)
    deadline = end_of_day_after(house.shop.now(), 5)
    box = await a_signed_box(house, member_id, deadline)
    await house.move(seconds=10)
    await house.move_to(TODAY + on(3, 10))
    async with transaction():
        later = deadline + timedelta(days=2)
        await Box.filter(id=box.id).update(deadline_at=later)
        await care.start(house.shop, member_id, Event.BOX, f"box:{box.id}", later)
    for day in (5, 7):
        await house.move_to(TODAY + on(day, 10))
    times = [message["data"][1]["value"] for message in await told(house, person, "template")]
    assert times == ["2026年11月27日 23:59"] * 2 + ["2026年11月29日 23:59"] * 2


async def test_who_has_decided_everything_is_left_in_peace(house: House) -> None:
    person, member_id, _ = await a_member(house)
    box = await a_signed_box(house, member_id, end_of_day_after(house.shop.now(), 5), items=2)
    await house.move(seconds=10)
    kept, back = await BoxItem.filter(box_id=box.id).order_by("id")
    await BoxItem.filter(id=kept.id).update(state=ItemState.KEEPING)
    parcel = await Parcel.create(box_id=box.id, direction="back", state="wanted", created_at=house.shop.now())
    await BoxItem.filter(id=back.id).update(state=ItemState.RETURNING, back_parcel_id=parcel.id)
    # Declared but not handed over: it still counts as undecided.
    await house.move_to(TODAY + on(3, 10))
    assert (await told(house, person, "template"))[-1]["data"][2]["value"] == "1"
    await Parcel.filter(id=parcel.id).update(state="accepted", accepted_at=house.shop.now())
    await house.move_to(TODAY + on(5, 10))
    assert (await messages(member_id, "box"))["last_day"].reason == "decided"


async def test_after_the_box_one_question(house: House) -> None:
    person, member_id, _ = await a_member(house)
    await CareMessage.filter(member_id=member_id, path="welcome").delete()
    box = await a_signed_box(house, member_id, end_of_day_after(house.shop.now(), 5), items=3)
    now = house.shop.now()
    async with transaction():
        kept = await BoxItem.filter(box_id=box.id).order_by("id").first()
        assert kept is not None
        await BoxItem.filter(box_id=box.id).exclude(id=kept.id).update(state=ItemState.RETURNED)
        await BoxItem.filter(id=kept.id).update(state=ItemState.BOUGHT)
        await Box.filter(id=box.id).update(state=BoxState.SETTLED, settled_at=now)
        await care.stop(house.shop, f"box:{box.id}", "settled")
        await care.start(house.shop, member_id, Event.BOX_AFTER, f"box:{box.id}", now)
    await house.move_to(TODAY + on(1, 12))
    await house.say(person, "谢谢")
    await house.move_to(TODAY + on(1, 19))
    [question] = await told(house, person, "custom")
    assert "留下了 1 件" in question["content"]
    assert "尺码合身吗" in question["content"]
    assert {m.reason for m in await CareMessage.filter(member_id=member_id, path="box")} == {"settled"}


async def test_the_end_of_a_membership_is_announced_five_days_before(house: House) -> None:
    person, member_id, _ = await a_member(house, promotion=False)
    ends_at = TODAY + on(30, 0)
    async with transaction():
        membership = await Membership.create(
            member_id=member_id, plan="yearly", state="active", price_fen=39800, ends_at=ends_at,
            anchor=house.shop.now().date() - timedelta(days=335),
            starts_at=house.shop.now() - timedelta(days=335), price_locked_until=house.shop.now(),
            created_at=house.shop.now(),
        )  # fmt: skip
        await care.start(house.shop, member_id, Event.RENEWAL, f"membership:{membership.id}", ends_at)
    # The last day is the 29th day from now: five days before it is the 24th.
    await house.move_to(TODAY + on(24, 10))
    [notice] = await told(house, person, "template")
    assert notice["data"][1]["value"] == "2026年12月21日"
    assert notice["data"][2]["value"] == "398.00元"


# Channels --------------------------------------------------------------------------------------------


async def test_the_window_is_counted_to_zero_then_the_next_channel_speaks(house: House) -> None:
    """Five messages for one line of the member: the sixth goes by subscription, the seventh by template."""
    person, member_id, _ = await a_member(house, promotion=False)
    template_id = house.shop.accounts.mini_templates["booking_reminder"]
    await house.wechat(f"/people/{person.id}/consent", {"template_id": template_id, "accept": True})
    for hour in range(7):
        await a_booking(house, member_id, TODAY + on(1, 12) + timedelta(hours=hour))
    await house.move_to(TODAY + on(0, 17))
    await house.say(person, "你好")
    await house.move_to(TODAY + on(0, 18))
    rows = await CareMessage.filter(member_id=member_id, step="booking.day_before").order_by("id")
    assert sorted(row.channel for row in rows) == ["credit", "template"] + ["window"] * 5
    assert len(await told(house, person, "custom")) == 5
    [subscription] = await told(house, person, "subscribe")
    assert subscription["page"].startswith("pages/booking/booking?id=")
    assert len(await told(house, person, "template")) == 1
    window = await ReplyWindow.get(openid=person.openids[house.world.official.appid], trigger="message")
    credit = await ConsentCredit.get(member_id=member_id, template_id=template_id)
    assert (window.left_count, credit.left_count) == (0, 0)


@pytest.mark.parametrize("form", ["xml", "json"])
async def test_consents_are_counted_as_wechat_counts_them(house: House, form: str) -> None:
    """Pop-ups, the settings, deliveries and what is told of them: our count of each template is WeChat's own."""
    person, member_id, _ = await a_member(house, promotion=False)
    await house.wechat("/accounts/mini", {"format": form})
    names = ("booking_reminder", "refund", "renewal")
    reminder, refund, renewal = (house.shop.accounts.mini_templates[name] for name in names)

    async def asked(*template_ids: str, **answer: bool) -> dict[str, int]:
        """Answer a pop-up (or refuse in the settings); ours, which must be WeChat's."""
        await house.move(seconds=1)
        await house.wechat(f"/people/{person.id}/consent", {"template_ids": template_ids, **answer})
        return await counted()

    async def counted() -> dict[str, int]:
        theirs = (await house.wechat(f"/people/{person.id}", method="GET"))["subscriptions"]
        ours = await ConsentCredit.filter(member_id=member_id, left_count__gt=0).values_list(
            "template_id", "left_count"
        )
        assert dict(ours) == {one["template_id"]: one["left"] for one in theirs if one["left"]}
        return dict(ours)

    assert await asked(reminder, accept=True) == {reminder: 1}
    await house.wechat("/faults", {"match": "callback:subscribe_msg_popup_event", "kind": "duplicate"})
    assert await asked(reminder, refund, renewal, accept=True) == {reminder: 2, refund: 1, renewal: 1}
    assert await asked(refund, accept=False) == {reminder: 2, refund: 1, renewal: 1}, "not now is not never"
    assert await asked(refund, accept=False, in_settings=True) == {reminder: 2, renewal: 1}
    await a_booking(house, member_id, TODAY + on(1, 15))
    await house.move_to(TODAY + on(0, 18))
    assert (await messages(member_id, "booking"))["day_before"].channel == "credit"
    await house.move(minutes=1)
    assert await counted() == {reminder: 1, renewal: 1}
    # WeChat's report of the delivery came in, and that of one that failed changes nothing either.
    item = {"TemplateId": reminder, "MsgID": "17", "ErrorCode": "1", "ErrorStatus": "failed"}
    failed = {
        "event": "subscribe_msg_sent_event",
        "account": "mini",
        "fields": {"SubscribeMsgSentEvent": {"List": [item]}},
    }
    with structlog.testing.capture_logs() as logged:
        await house.wechat(f"/people/{person.id}/event", failed)
    assert [line["status"] for line in logged if line["event"] == "care.not_delivered"] == ["failed"]
    assert await counted() == {reminder: 1, renewal: 1}
    assert (await Member.get(id=member_id)).last_seen_at < TODAY + on(0, 18)
    events = InboundEvent.filter(source="mini", kind__startswith="subscribe_msg_", handled_at__isnull=False, failure="")
    kinds = collections.Counter(await events.values_list("kind", flat=True))
    assert kinds == {"subscribe_msg_popup_event": 3, "subscribe_msg_change_event": 1, "subscribe_msg_sent_event": 2}


async def test_the_window_that_lapses_first_is_used_first(house: House) -> None:
    person, member_id, _ = await a_member(house, promotion=False)
    await house.move(hours=1)
    await house.say(person, "你好")
    await house.wechat(f"/people/{person.id}/scan", {"scene": "store-1"})
    await a_booking(house, member_id, house.shop.now() + timedelta(hours=2))
    await house.move(seconds=5)
    assert (await messages(member_id, "booking"))["two_hours"].channel == "window"
    left = {w.trigger: w.left_count for w in await ReplyWindow.filter(expires_at__gt=house.shop.now())}
    assert (left["message"], left["scan"]) == (5, 2)


@pytest.mark.parametrize("code", [45015, 45047])
async def test_wechat_knows_better_about_windows(house: House, code: int) -> None:
    person, member_id, _ = await a_member(house, promotion=False)
    await a_booking(house, member_id, TODAY + on(1, 15))
    await house.say(person, "你好")
    await house.wechat("/faults", {"match": "/cgi-bin/message/custom/send", "kind": "errcode", "errcode": code})
    await house.move_to(TODAY + on(0, 18))
    row = (await messages(member_id, "booking"))["day_before"]
    assert (row.channel, row.tried) == ("template", [["window", str(code)], ["credit", "no_credit"]])
    assert {w.left_count for w in await ReplyWindow.all()} == {0}


async def test_a_consent_wechat_does_not_know_is_written_off(house: House) -> None:
    person, member_id, _ = await a_member(house, promotion=False)
    template_id = house.shop.accounts.mini_templates["booking_reminder"]
    await care.add_credit(house.shop, member_id, template_id)
    await care.add_credit(house.shop, member_id, template_id)
    await a_booking(house, member_id, TODAY + on(1, 15))
    await house.move_to(TODAY + on(0, 18))
    row = (await messages(member_id, "booking"))["day_before"]
    assert (row.channel, row.tried[1]) == ("template", ["credit", "43101"])
    assert (await ConsentCredit.get(member_id=member_id)).left_count == 0
    assert await told(house, person, "subscribe") == []


async def test_an_unfollow_nobody_told_us_of(house: House) -> None:
    """WeChat answers 43004: the member follows no longer, and the inbox carries what they need."""
    _, member_id, _ = await a_member(house)
    await a_booking(house, member_id, TODAY + on(1, 15))
    await house.wechat("/faults", {"match": "/cgi-bin/message/template/send", "kind": "errcode", "errcode": 43004})
    await house.move_to(TODAY + on(0, 18))
    row = (await messages(member_id, "booking"))["day_before"]
    assert (row.state, row.channel, row.tried[-1]) == ("sent", "inbox", ["template", "does_not_follow"])
    member = await Member.get(id=member_id)
    assert not member.follows
    await house.move_to(TODAY + on(1, 12))
    assert (await messages(member_id, "welcome"))["how_it_works"].reason == "unfollowed"
    # As after one that was told, a person looks why she left so soon.
    assert await Case.filter(member_id=member_id, ref__startswith="leaving.look_why").exists()


async def test_who_unfollowed_still_gets_what_they_need(house: House) -> None:
    person, member_id, _ = await a_member(house)
    await a_booking(house, member_id, TODAY + on(1, 15))
    await house.say(person, "你好")
    await house.wechat(f"/people/{person.id}/unfollow")
    await house.move_to(TODAY + on(0, 18))
    row = (await messages(member_id, "booking"))["day_before"]
    assert (row.state, row.channel) == ("sent", "inbox")
    assert [reason for _, reason in row.tried] == ["does_not_follow", "no_credit", "does_not_follow"]


async def test_while_a_person_talks_the_bot_is_silent(house: House) -> None:
    person, member_id, _ = await a_member(house)
    await a_booking(house, member_id, TODAY + on(1, 15))
    await house.say(person, "你好")
    await Conversation.filter(member_id=member_id).update(owner="staff:3")
    await house.move_to(TODAY + on(0, 18))
    row = (await messages(member_id, "booking"))["day_before"]
    assert (row.state, row.reason) == ("planned", "person_owns_chat")
    assert row.send_at == TODAY + on(0, 18, 5)
    await Conversation.filter(member_id=member_id).update(owner="bot")
    await house.move_to(TODAY + on(0, 18, 5))
    assert (await messages(member_id, "booking"))["day_before"].channel == "window"


async def test_what_was_given_back_is_not_asked_about(house: House) -> None:
    """Three weeks after two purchases, of which one came back whole."""
    kept, returned = [(await a_member(house))[1] for _ in range(2)]
    async with transaction():
        for member_id in (kept, returned):
            await purchases.keep(house.shop, member_id, f"order:{member_id}", 9900)
    await CareMessage.all().delete()
    await house.move(minutes=2)
    async with transaction():
        await purchases.keep(house.shop, returned, f"order:{returned}", 0)
    await house.move_to(TODAY + on(21, 20))
    told = {m.member_id: (m.state, m.reason) for m in await CareMessage.filter(step="opinion.worn")}
    assert told == {kept: ("sent", ""), returned: ("skipped", "returned")}
