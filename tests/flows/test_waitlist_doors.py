"""The wait-list through the API, the chat, the care message, and the job on a moved clock."""

from datetime import timedelta

from models import Booking, Stylist, WaitEntry
from services import bookings
from tests.flows.test_booking_chat import follower, said
from tests.flows.test_booking_doors import lin, subscriber
from tests.support.booking import SATURDAY, member, on
from tests.support.care import told
from tests.support.house import House

AT_THREE = on(SATURDAY, 15)


async def all_taken(house: House) -> list[Booking]:
    """Everybody who works on Saturday at three is booked."""
    working = await Stylist.filter(name__in=["林晚", "周可", "陈屿"])
    taken = [await bookings.book(house.shop, (await member()).id, s.id, AT_THREE, "store") for s in working]
    return [*taken, *[await bookings.book(house.shop, (await member()).id, None, on(SATURDAY, 16), "video")]]


async def test_waiting_and_accepting_by_the_api(house: House) -> None:
    one, other = await subscriber(house, "林一"), await subscriber(house, "林二")
    stylist = await lin(house)
    body = {"starts_at": AT_THREE.isoformat(), "mode": "store", "stylist_id": stylist.id}
    taken = await house.api("POST", "/bookings", body, token=one.token, status=201)
    place = await house.api("POST", "/waitlist", body, token=other.token, status=201)
    assert (place["state"], place["ahead"], place["offer"]) == ("waiting", 0, None)
    await house.api("POST", f"/bookings/{taken['id']}/cancel", {}, token=one.token)
    [place] = (await house.api("GET", "/waitlist", token=other.token))["items"]
    assert place["state"] == "offered"
    assert place["offer"]["stylist"]["name"] == "林晚"
    assert (place["offer"]["since"], place["offer"]["until"]) == ("2026-11-22T02:00:00Z", "2026-11-22T02:30:00Z")
    problem = await house.api("POST", f"/waitlist/{place['id']}/accept", token=one.token, status=404)
    assert problem["code"] == "not_found"
    mine = await house.api("POST", f"/waitlist/{place['id']}/accept", token=other.token)
    assert (mine["state"], mine["starts_at"]) == ("booked", "2026-11-28T07:00:00Z")
    assert (await house.api("GET", "/waitlist", token=other.token))["items"] == []


async def test_an_offer_lapses_on_the_clock_and_leaving_is_free(house: House) -> None:
    one, two, three = [await subscriber(house, name) for name in ("林一", "林二", "林三")]
    body = {"starts_at": AT_THREE.isoformat(), "mode": "store", "stylist_id": (await lin(house)).id}
    taken = await house.api("POST", "/bookings", body, token=one.token, status=201)
    first = await house.api("POST", "/waitlist", body, token=two.token, status=201)
    second = await house.api("POST", "/waitlist", body, token=three.token, status=201)
    await house.api("POST", f"/bookings/{taken['id']}/cancel", {}, token=one.token)
    await house.move_to(house.shop.now() + timedelta(minutes=30))
    problem = await house.api("POST", f"/waitlist/{first['id']}/accept", token=two.token, status=409)
    assert problem["code"] == "too_late"
    [place] = (await house.api("GET", "/waitlist", token=three.token))["items"]
    assert (place["id"], place["state"]) == (second["id"], "offered")
    await house.api("DELETE", f"/waitlist/{second['id']}", token=three.token)
    free = await house.api("GET", f"/slots?from={SATURDAY}&to={SATURDAY}", token=one.token)
    assert "2026-11-28T07:00:00Z" in {slot["starts_at"] for slot in free["days"][0]["slots"]}


async def test_waiting_and_accepting_by_chat(house: House) -> None:
    person, member_id = await follower(house)
    taken = await all_taken(house)
    reply = await said(house, person, "周六下午三点到店约造型师")
    assert "没有空" in reply
    assert "回复「候补」" in reply
    reply = await said(house, person, "候补")
    # The time fell out of the form with the refusal; it is said again.
    if "想约" in reply or "几点" in reply:
        reply = await said(house, person, "三点候补")
    assert "已经为您候补" in reply
    assert "第一位" in reply
    assert "第一位" in await house.say(person, "我的候补")
    await bookings.cancel(house.shop, taken[0].member_id, taken[0].id)
    await house.move(seconds=10)
    [word] = [m for m in await told(house, person, "custom") if "候补" in str(m)]
    assert "为您保留到 10:30" in str(word)
    reply = await house.say(person, "确认候补")
    assert "约好了" in reply
    booking = await Booking.get(member_id=member_id)
    assert (booking.state.value, booking.starts_at) == ("booked", AT_THREE)
    assert "没有为您保留" in await house.say(person, "确认候补")


async def test_declining_by_chat(house: House) -> None:
    person, member_id = await follower(house)
    taken = await all_taken(house)
    await said(house, person, "周六下午三点到店约造型师", "三点候补")
    entry = await WaitEntry.get(member_id=member_id)
    await bookings.cancel(house.shop, taken[0].member_id, taken[0].id)
    assert "不再候补" in await house.say(person, "放弃候补")
    assert (await WaitEntry.get(id=entry.id)).state.value == "declined"
    assert "没有在候补" in await house.say(person, "取消候补")
