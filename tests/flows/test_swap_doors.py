"""Sick stylist, favourite, zone, week and feed through the real doors: API, chat, care and calendar."""

from datetime import timedelta

import icalendar

from domain.booking import Candidate, in_order
from models import Booking, Member, Stylist
from services import bookings
from tests.flows.test_booking_chat import follower, said
from tests.flows.test_booking_doors import booked, calendar, lin, subscriber
from tests.support.booking import SATURDAY, on
from tests.support.care import told
from tests.support.house import House

AT_THREE = on(SATURDAY, 15)
OUT = {"starts_at": on(SATURDAY, 8).isoformat(), "ends_at": on(SATURDAY, 22).isoformat(), "why": "发烧"}


async def test_one_call_asks_the_member_who_accepts(house: House) -> None:
    who = await subscriber(house)
    mine = await booked(house, who)
    token = await house.staff("stylist1")
    seen = await house.api("POST", "/staff/out", {**OUT, "preview": True}, token=token, status=201)
    assert seen["entry"] is None
    assert [one["booking"]["id"] for one in seen["asked"]] == [mine["id"]]
    assert (await house.api("GET", f"/bookings/{mine['id']}", token=who.token))["swap"] is None
    out = await house.api("POST", "/staff/out", OUT, token=token, status=201)
    colleague = out["asked"][0]["colleague"]["name"]
    shown = await house.api("GET", f"/bookings/{mine['id']}", token=who.token)
    assert shown["stylist"]["name"] == "林晚"
    assert shown["swap"]["colleague"]["name"] == colleague != "林晚"
    await house.move(seconds=10)
    notes = await house.api("GET", "/me/inbox", token=who.token)
    assert "造型师临时不能来" in str(notes)
    after = await house.api("POST", f"/bookings/{mine['id']}/swap/accept", token=who.token)
    assert (after["stylist"]["name"], after["swap"], after["moves_left"]) == (colleague, None, 3)
    [row] = (await house.api("GET", "/staff/swaps?state=accepted", token=token))["items"]
    assert row["booking"]["id"] == mine["id"]
    # Only a stylist's own desk; a stranger's booking is not there.
    other = await subscriber(house, "林二")
    await house.api("POST", f"/bookings/{mine['id']}/swap/accept", token=other.token, status=404)
    event = (await calendar(house, f"/api/v1/bookings/{mine['id']}/calendar", who.token)).walk("VEVENT")[0]
    assert (int(str(event["SEQUENCE"])), colleague in str(event["SUMMARY"])) == (1, True)


async def test_the_member_answers_by_chat(house: House) -> None:
    person, member_id = await follower(house)
    stylist = await Stylist.get(name="林晚")
    one = await bookings.book(house.shop, member_id, stylist.id, AT_THREE, "store")
    two = await bookings.book(house.shop, member_id, stylist.id, on(SATURDAY, 17), "store")
    await house.say(person, "你好")
    await house.api("POST", "/staff/out", OUT, token=await house.staff("stylist1"), status=201)
    await house.move(seconds=10)
    words = [m for m in await told(house, person, "custom") if "接受调整" in str(m)]
    assert len(words) == 2
    assert "时间不变" in await house.say(person, "接受调整")
    assert (await Booking.get(id=one.id)).stylist_id != stylist.id
    assert "次数已经退回" in await house.say(person, "退回次数")
    assert (await Booking.get(id=two.id)).state.value == "cancelled"
    assert "没有需要您选择" in await house.say(person, "接受调整")


async def test_unanswered_the_unit_comes_back_and_the_member_is_told(house: House) -> None:
    who = await subscriber(house)
    mine = await booked(house, who)
    out = await house.api("POST", "/staff/out", OUT, token=await house.staff("stylist1"), status=201)
    assert out["asked"][0]["answer_by"] == "2026-11-23T02:00:00Z"
    await house.move(hours=24)
    token = await house.login(who.person)
    assert (await house.api("GET", f"/bookings/{mine['id']}", token=token))["state"] == "cancelled"
    notes = (await house.api("GET", "/me/inbox", token=token))["items"]
    assert any("没有等到您的选择" in note["text"] for note in notes)


async def test_time_off_taken_back_leaves_the_booking_as_it_was(house: House) -> None:
    who = await subscriber(house)
    mine = await booked(house, who)
    token = await house.staff("stylist1")
    out = await house.api("POST", "/staff/out", OUT, token=token, status=201)
    await house.api("DELETE", f"/staff/time-off/{out['entry']['id']}", token=token)
    shown = await house.api("GET", f"/bookings/{mine['id']}", token=who.token)
    assert (shown["stylist"]["name"], shown["swap"], shown["state"]) == ("林晚", None, "booked")


async def test_a_favourite_is_listed_and_booked_first(house: House) -> None:
    who = await subscriber(house)
    zhou = await Stylist.get(name="周可")
    await house.api("PUT", "/me/stylist", {"stylist_id": zhou.id}, token=who.token)
    assert (await house.api("GET", "/stylists", token=who.token))["items"][0]["favourite"]
    assert (await booked(house, who, stylist_id=None))["stylist"]["name"] == "周可"
    await house.api("PUT", "/me/stylist", {"stylist_id": 999}, token=who.token, status=404)
    await house.api("DELETE", "/me/stylist", token=who.token)
    assert not any(s["favourite"] for s in (await house.api("GET", "/stylists", token=who.token))["items"])


async def test_a_favourite_by_chat(house: House) -> None:
    person, member_id = await follower(house)
    assert "优先为您约陈屿老师" in await house.say(person, "以后都找陈屿老师")
    assert (await Member.get(id=member_id)).stylist_id == (await Stylist.get(name="陈屿")).id
    assert "优先为您约林晚老师" in await house.say(person, "把林晚老师设为我的专属造型师")
    assert "没有找到" in await house.say(person, "以后都找王五老师")
    assert "当时有空" in await house.say(person, "取消专属造型师")
    assert (await Member.get(id=member_id)).stylist_id is None


def test_weights_share_the_load() -> None:
    """Quarters taken that day and weight → who is booked: 8 at weight 200 is as little as 4 at 100."""
    assert in_order([Candidate(1, 4, 9, 100), Candidate(2, 7, 9, 200)], None) == [2, 1]
    assert in_order([Candidate(1, 4, 9, 100), Candidate(2, 9, 9, 200)], None) == [1, 2]
    assert in_order([Candidate(1, 4, 8, 100), Candidate(2, 8, 15, 200)], None) == [2, 1]
    assert in_order([Candidate(1, 0, 0, 100), Candidate(2, 90, 90, 1)], 2) == [2, 1]


async def test_times_are_shown_on_the_members_own_clock_too(house: House) -> None:
    person, member_id = await follower(house)
    token = await house.login(person)
    await house.api("PUT", "/me/zone", {"zone": "America/Nowhere"}, token=token, status=422)
    await house.api("PUT", "/me/zone", {"zone": "America/New_York"}, token=token)
    free = await house.api("GET", f"/slots?from={SATURDAY}&to={SATURDAY}", token=token)
    assert (free["zone"], free["own_zone"]) == ("Asia/Shanghai", "America/New_York")
    [slot] = [s for s in free["days"][0]["slots"] if s["starts_at"] == "2026-11-28T07:00:00Z"]
    assert (slot["shop_time"], slot["own_time"]) == ("2026-11-28T15:00:00+08:00", "2026-11-28T02:00:00-05:00")
    reply = await said(house, person, "周六下午三点视频约造型师")
    assert "您当地 11月28日 02:00" in reply
    assert "您当地 11月28日 02:00" in await house.say(person, "好的")
    # New York's clocks go forward between the booking and the session it is moved to.
    await house.move_to(on(SATURDAY, 16) + timedelta(days=97))
    mine = await bookings.book(house.shop, member_id, None, on(SATURDAY, 15) + timedelta(days=107), "video")
    shown = await house.api("GET", f"/bookings/{mine.id}", token=await house.login(person))
    assert shown["own_time"] == "2027-03-15T03:00:00-04:00"


async def test_the_week_and_a_fresh_feed_address(house: House) -> None:
    who = await subscriber(house)
    mine = await booked(house, who)
    token = await house.staff("stylist1")
    week = await house.api("GET", f"/staff/week?date={SATURDAY}", token=token)
    assert [b["id"] for b in week["bookings"]] == [mine["id"]]
    assert (await house.api("GET", "/staff/week", token=token))["bookings"] == []
    old = week["calendar_path"]
    fresh = (await house.api("POST", "/staff/calendar", token=token))["calendar_path"]
    assert fresh != old
    async with house.http.get(house.base + old) as answer:
        assert answer.status == 404
    feed = await calendar(house, fresh)
    [event] = feed.walk("VEVENT")
    assert feed.walk("VTIMEZONE")
    uid, before = str(event["UID"]), int(str(event["SEQUENCE"]))
    await house.api("POST", f"/bookings/{mine['id']}/cancel", {}, token=who.token)
    [event] = (await calendar(house, fresh)).walk("VEVENT")
    assert (str(event["UID"]), str(event["STATUS"])) == (uid, "CANCELLED")
    assert int(str(event["SEQUENCE"])) > before
    assert isinstance(event, icalendar.Event)
    assert (await lin(house)).feed_token in fresh
