"""Bookings through the real doors: the member's addresses, the stylist's desk, and the calendars."""

from datetime import date, timedelta
from typing import Any

import icalendar

from domain.box import BoxState, ItemState
from domain.membership import Purpose
from models import AuditEntry, Booking, Box, BoxItem, HoursException, Member, Stylist
from services import consents
from tests.support.booking import SATURDAY, on, plan
from tests.support.house import House
from tests.support.money import Shopper, shopper

AT_THREE = on(SATURDAY, 15)


async def subscriber(house: House, name: str = "林一") -> Shopper:
    """A member with a running plan of six stylings."""
    who = await shopper(house, name)
    await plan(who.member_id)
    return who


async def lin(house: House) -> Stylist:
    return await Stylist.get(name="林晚")


async def booked(house: House, who: Shopper, **more: Any) -> dict[str, Any]:
    body = {"starts_at": AT_THREE.isoformat(), "mode": "store", "stylist_id": (await lin(house)).id, **more}
    told: dict[str, Any] = await house.api("POST", "/bookings", body, token=who.token, status=201)
    return told


async def calendar(house: House, path: str, token: str = "") -> icalendar.Calendar:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with house.http.get(house.base + path, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        assert answer.content_type == "text/calendar"
        return icalendar.Calendar.from_ical(await answer.read())


async def test_free_times_booking_and_the_list(house: House) -> None:
    who = await subscriber(house)
    free = await house.api("GET", f"/slots?from={SATURDAY}&to={SATURDAY}", token=who.token)
    assert free["quota_left"] == 6
    [day] = free["days"]
    assert (day["day"], day["kind"], day["quota_left"]) == ("2026-11-28", "ordinary", 6)
    assert AT_THREE.isoformat().replace("+00:00", "Z") in {slot["starts_at"] for slot in day["slots"]}

    mine = await booked(house, who, occasion="婚礼", budget_fen=300000, wish="想要显高")
    assert mine["state"] == "booked"
    assert mine["stylist"]["name"] == "林晚"
    assert mine["free_until"] == "2026-11-27T07:00:00Z"
    assert (mine["moves_left"], mine["may_move"], mine["may_cancel"]) == (3, True, True)
    listed = await house.api("GET", "/bookings", token=who.token)
    assert [b["id"] for b in listed["items"]] == [mine["id"]]
    assert await house.api("GET", f"/bookings/{mine['id']}", token=who.token) == mine
    after = await house.api("GET", f"/slots?from={SATURDAY}&to={SATURDAY}", token=who.token)
    assert after["quota_left"] == 5
    assert AT_THREE.isoformat().replace("+00:00", "Z") not in {s["starts_at"] for s in after["days"][0]["slots"]}
    # To move it, its own time counts as free.
    to_move = await house.api("GET", f"/slots?from={SATURDAY}&to={SATURDAY}&moving={mine['id']}", token=who.token)
    assert AT_THREE.isoformat().replace("+00:00", "Z") in {s["starts_at"] for s in to_move["days"][0]["slots"]}


async def test_moving_previewing_and_cancelling(house: House) -> None:
    who = await subscriber(house)
    mine = await booked(house, who)
    moved = await house.api(
        "POST", f"/bookings/{mine['id']}/move", {"starts_at": on(SATURDAY, 16).isoformat()}, token=who.token
    )
    assert (moved["starts_at"], moved["moves_left"]) == ("2026-11-28T08:00:00Z", 2)
    preview = await house.api("GET", f"/bookings/{mine['id']}/cancel-preview", token=who.token)
    assert preview == {"free": True, "free_until": "2026-11-27T08:00:00Z"}
    await house.move_to(on(SATURDAY, 16) - timedelta(hours=23))
    token = await house.login(who.person)
    preview = await house.api("GET", f"/bookings/{mine['id']}/cancel-preview", token=token)
    assert preview["free"] is False
    later = {"starts_at": on(SATURDAY, 17).isoformat()}
    too_late = await house.api("POST", f"/bookings/{mine['id']}/move", later, token=token, status=409)
    assert too_late["code"] == "too_late"
    gone = await house.api("POST", f"/bookings/{mine['id']}/cancel", {"why": "临时有事"}, token=token)
    assert gone["state"] == "late_cancelled"
    free = await house.api("GET", "/slots", token=token)
    assert free["quota_left"] == 5


REFUSED: tuple[tuple[dict[str, Any], int, str], ...] = (
    ({"starts_at": "2026-11-28T07:00:00Z"}, 422, "invalid"),
    ({"starts_at": "2026-11-28T15:00:00", "mode": "store"}, 422, "invalid"),  # without a zone
    ({"starts_at": "9999-12-31T23:00:00Z", "mode": "store"}, 422, "invalid"),
    ({"starts_at": "2026-11-28T07:00:00Z", "mode": "phone"}, 422, "invalid"),
    ({"starts_at": "2026-11-28T07:00:00Z", "mode": "store", "wish": "a\u0000b"}, 422, "invalid"),
    ({"starts_at": "2026-11-28T07:00:00Z", "mode": "store", "budget_fen": -1}, 422, "invalid"),
    ({"starts_at": "2026-11-28T07:00:00Z", "mode": "store", "stylist_id": 99}, 404, "not_found"),
    ({"starts_at": "2026-11-28T07:30:00Z", "mode": "store"}, 409, "slot_not_offered"),
    ({"starts_at": "2026-11-22T03:00:00Z", "mode": "store"}, 409, "slot_not_offered"),
    ({"starts_at": "2026-11-28T07:00:00.000001Z", "mode": "store"}, 409, "slot_not_offered"),
)


async def test_what_is_no_booking_is_refused_and_nothing_is_kept(house: House) -> None:
    who = await subscriber(house)
    for body, status, code in REFUSED:
        told = await house.api("POST", "/bookings", body, token=who.token, status=status)
        assert told["code"] == code, body
    assert not await Booking.exists()


async def test_odd_ranges_are_refused(house: House) -> None:
    who = await subscriber(house)
    for query in (
        "from=2026-12-01&to=2026-11-01", "from=0001-01-01", "to=9999-12-31", "from=tomorrow", "since=2026-11-22",
        "stylist_id=0", "mode=phone", "from=2026-11-22&to=2027-11-22",
    ):  # fmt: skip
        told = await house.api("GET", f"/slots?{query}", token=who.token, status=422)
        assert told["code"] == "invalid", query


async def test_a_member_without_a_plan_sees_the_times_and_books_none(house: House) -> None:
    who = await shopper(house)
    free = await house.api("GET", f"/slots?from={SATURDAY}&to={SATURDAY}", token=who.token)
    assert free["quota_left"] is None
    assert free["days"][0]["slots"]
    body = {"starts_at": AT_THREE.isoformat(), "mode": "store"}
    told = await house.api("POST", "/bookings", body, token=who.token, status=409)
    assert (told["code"], told["facts"]["kind"]) == ("quota_spent", "styling")


async def test_a_booking_is_its_members_and_its_stylists_alone(house: House) -> None:
    who, other = await subscriber(house), await subscriber(house, "王二")
    mine = await booked(house, who)
    number = mine["id"]
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/cancel-preview", None),
        ("GET", "/calendar", None),
        ("POST", "/cancel", {}),
        ("POST", "/move", {"starts_at": AT_THREE.isoformat()}),
        ("POST", "/rating", {"stars": 5}),
        ("POST", "/objection", {"words": "不是我"}),
    ):
        await house.api(method, f"/bookings/{number}{path}", body, token=other.token, status=404)
    await house.api("GET", f"/slots?moving={number}", token=other.token, status=404)
    assert (await house.api("GET", "/bookings", token=other.token))["items"] == []
    colleague, keeper = await house.staff("stylist2"), await house.staff("warehouse1")
    for method, path, body in (
        ("GET", "/brief", None),
        ("PUT", "/notes", {"notes": "x"}),
        ("POST", "/done", None),
        ("POST", "/no-show", None),
        ("POST", "/cancel", {"why": "x"}),
    ):
        await house.api(method, f"/staff/bookings/{number}{path}", body, token=colleague, status=404)
        await house.api(method, f"/staff/bookings/{number}{path}", body, token=keeper, status=403)
        await house.api(method, f"/staff/bookings/{number}{path}", body, token=who.token, status=403)
        await house.api(method, f"/staff/bookings/{number}{path}", body, status=401)


async def test_the_stylists_day_brief_notes_and_outcome(house: House) -> None:
    who = await subscriber(house)
    mine = await booked(house, who, occasion="婚礼", budget_fen=300000)
    box = await Box.create(
        member_id=who.member_id, state=BoxState.SETTLED, created_at=house.shop.now(), occasion="通勤"
    )
    for name, state, reason, words in (
        ("驼色大衣", ItemState.BOUGHT, "", "很合身"),
        ("牛仔裤", ItemState.RETURNED, "size", "腰大了一寸"),
        ("衬衫", ItemState.RETURNED, "size", ""),
        ("丝巾", ItemState.REMOVED, "", ""),
    ):
        await BoxItem.create(
            box_id=box.id, sku_id=1, name=name, size="M", colour="驼", picture="p", price_fen=10000,
            state=state, reason=reason, feedback=words, created_at=house.shop.now(),
        )  # fmt: skip
    await Member.filter(id=who.member_id).update(profile={"top_size": "M", "height_cm": 165})

    token = await house.staff("stylist1")
    day = await house.api("GET", f"/staff/day?date={SATURDAY}", token=token)
    assert [b["id"] for b in day["bookings"]] == [mine["id"]]
    assert (await house.api("GET", "/staff/day", token=token))["bookings"] == []
    assert (await house.api("GET", f"/staff/day?date={SATURDAY}", token=await house.staff("stylist2")))[
        "bookings"
    ] == []
    admin = await house.api("GET", f"/staff/day?date={SATURDAY}", token=await house.staff("admin1"))
    assert [b["id"] for b in admin["bookings"]] == [mine["id"]]

    brief = await house.api("GET", f"/staff/bookings/{mine['id']}/brief", token=token)
    assert (brief["booking"]["occasion"], brief["booking"]["budget_fen"]) == ("婚礼", 300000)
    assert (brief["kept"], brief["returned"], brief["returned_for"]) == (1, 2, {"size": 2})
    assert brief["past"][-1]["feedback"] == "很合身"
    # The same for who picks for a box without a session.
    told = await house.api("GET", f"/staff/boxes/{brief['past'][0]['box_id']}/person", token=token)
    assert all(told[name] == brief[name] for name in ("kept", "returned", "returned_for", "past"))
    assert brief["quota_left"] == 5
    assert brief["sizes"] == {}, "sizes are shown with the member's consent only"
    await consents.note(house.shop, who.member_id, Purpose.PROFILE.value, "miniapp", given=True)
    brief = await house.api("GET", f"/staff/bookings/{mine['id']}/brief", token=token)
    assert brief["sizes"] == {"top_size": "M", "height_cm": 165}

    noted = await house.api("PUT", f"/staff/bookings/{mine['id']}/notes", {"notes": "偏爱长款"}, token=token)
    assert noted["notes"] == "偏爱长款"
    early = await house.api("POST", f"/staff/bookings/{mine['id']}/done", token=token, status=409)
    assert early["code"] == "too_early"
    await house.move_to(AT_THREE + timedelta(minutes=45))
    token = await house.staff("stylist1")
    done = await house.api("POST", f"/staff/bookings/{mine['id']}/done", token=token)
    assert done["state"] == "done"
    member_token = await house.login(who.person)
    rated = await house.api("POST", f"/bookings/{mine['id']}/rating", {"stars": 5}, token=member_token)
    assert rated["rating"] == 5
    await house.api("POST", f"/bookings/{mine['id']}/rating", {"stars": 6}, token=member_token, status=422)
    acts = await AuditEntry.filter(ref=f"booking:{mine['id']}").order_by("id").values_list("action", flat=True)
    assert [str(act) for act in acts] == ["booking.notes", "booking.done"]


async def test_no_show_objection_and_the_brands_excuse(house: House) -> None:
    who = await subscriber(house)
    mine = await booked(house, who)
    await house.move_to(AT_THREE + timedelta(hours=1))
    token, member_token = await house.staff("stylist1"), await house.login(who.person)
    gone = await house.api("POST", f"/staff/bookings/{mine['id']}/no-show", token=token)
    assert gone["state"] == "no_show"
    assert (await house.api("GET", "/slots", token=member_token))["quota_left"] == 5
    told = await house.api("POST", f"/bookings/{mine['id']}/objection", {"words": "我准时到了"}, token=member_token)
    assert told["objection"] == "我准时到了"
    seen = await house.api("GET", f"/staff/day?date={SATURDAY}", token=token)
    assert seen["bookings"][0]["objection"] == "我准时到了"
    # It waits at the service desk, which may not drop it without a decision.
    desk = await house.staff("service1")
    [case] = (await house.api("GET", "/staff/cases?kind=objection", token=desk))["items"]
    assert (case["ref"], case["member_id"]) == (f"booking:{mine['id']}", who.member_id)
    await house.api("POST", f"/staff/cases/{case['id']}/take", token=desk)
    await house.api("POST", f"/staff/cases/{case['id']}/close", {"outcome": "refused"}, token=desk, status=422)
    decision = {"upheld": True, "why": "前台记错了"}
    there = f"/staff/bookings/{mine['id']}/objection"
    await house.api("POST", there, decision, token=token, status=403)
    assert (await house.api("POST", there, decision, token=desk))["state"] == "cancelled"
    assert (await house.api("GET", "/slots", token=member_token))["quota_left"] == 6
    await house.api("POST", there, decision, token=desk, status=409)
    sheet = await house.api("GET", f"/staff/cases/{case['id']}", token=desk)
    assert (sheet["case"]["state"], sheet["case"]["outcome"]) == ("closed", "cancelled")


async def test_a_refused_objection_leaves_the_no_show_and_is_told(house: House) -> None:
    who = await subscriber(house)
    mine = await booked(house, who)
    await house.move_to(AT_THREE + timedelta(hours=1))
    token, member_token = await house.staff("stylist1"), await house.login(who.person)
    await house.api("POST", f"/staff/bookings/{mine['id']}/no-show", token=token)
    await house.api("POST", f"/bookings/{mine['id']}/objection", {"words": "我准时到了"}, token=member_token)
    desk = await house.staff("service1")
    there = f"/staff/bookings/{mine['id']}/objection"
    told = await house.api("POST", there, {"upheld": False, "why": "监控里没有"}, token=desk)
    assert told["state"] == "no_show"
    assert (await house.api("GET", "/slots", token=member_token))["quota_left"] == 5
    assert (await house.api("GET", "/staff/cases?kind=objection", token=desk))["total"] == 0
    assert (await house.api("GET", "/me/inbox", token=member_token))["items"][0]["title"] == "申诉未通过"


async def test_time_off_is_previewed_saved_and_taken_back(house: House) -> None:
    who = await subscriber(house)
    mine = await booked(house, who)
    token = await house.staff("stylist1")
    body = {
        "starts_at": on(SATURDAY, 14).isoformat(), "ends_at": on(SATURDAY, 18).isoformat(), "why": "培训",
    }  # fmt: skip
    seen = await house.api("POST", "/staff/time-off", {**body, "preview": True}, token=token)
    assert seen["entry"] is None
    assert [b["id"] for b in seen["touched"]] == [mine["id"]]
    assert not await HoursException.exists()
    saved = await house.api("POST", "/staff/time-off", body, token=token, status=201)
    number = (await lin(house)).id
    free = await house.api("GET", f"/slots?from={SATURDAY}&to={SATURDAY}&stylist_id={number}", token=who.token)
    assert [s["starts_at"][11:13] for s in free["days"][0]["slots"]] == ["02", "03", "04", "10"]
    day = await house.api("GET", f"/staff/day?date={SATURDAY}", token=token)
    assert [c["why"] for c in day["changes"]] == ["培训"]
    colleague = await house.staff("stylist2")
    await house.api("DELETE", f"/staff/time-off/{saved['entry']['id']}", token=colleague, status=404)
    await house.api("POST", "/staff/time-off", {**body, "stylist_id": number}, token=colleague, status=404)
    await house.api("DELETE", f"/staff/time-off/{saved['entry']['id']}", token=token)
    assert not await HoursException.exists()
    admin = await house.staff("admin1")
    await house.api("POST", "/staff/time-off", body, token=admin, status=422)
    await house.api("POST", "/staff/time-off", {**body, "stylist_id": number}, token=admin, status=201)
    over = {**body, "starts_at": "2026-11-01T00:00:00Z", "ends_at": "2026-11-02T00:00:00Z"}
    await house.api("POST", "/staff/time-off", over, token=token, status=422)
    await house.api("POST", "/staff/time-off", {**over, "preview": True}, token=token, status=422)


async def test_extra_work_opens_times(house: House) -> None:
    who = await subscriber(house)
    body = {
        "starts_at": on(SATURDAY, 19).isoformat(), "ends_at": on(SATURDAY, 21).isoformat(), "works": True,
    }  # fmt: skip
    await house.api("POST", "/staff/time-off", body, token=await house.staff("stylist1"), status=201)
    number = (await lin(house)).id
    free = await house.api("GET", f"/slots?from={SATURDAY}&to={SATURDAY}&stylist_id={number}", token=who.token)
    assert [s["starts_at"][11:13] for s in free["days"][0]["slots"]][-2:] == ["11", "12"]


async def test_the_calendar_entry_keeps_its_uid_and_its_sequence_rises(house: House) -> None:
    who = await subscriber(house)
    mine = await booked(house, who, occasion="婚礼；晚宴, 室外")
    path = f"/api/v1/bookings/{mine['id']}/calendar"

    async def event() -> Any:
        return (await calendar(house, path, who.token)).walk("VEVENT")[0]

    first = await event()
    whole = await calendar(house, path, who.token)
    assert whole.walk("VTIMEZONE")[0]["TZID"] == "Asia/Shanghai"
    assert first["DTSTART"].params["TZID"] == "Asia/Shanghai"
    assert first.decoded("DTSTART") == AT_THREE
    assert "林晚" in str(first["SUMMARY"])
    assert str(first["DESCRIPTION"]) == "婚礼；晚宴, 室外"
    await house.api(
        "POST", f"/bookings/{mine['id']}/move", {"starts_at": on(SATURDAY, 16).isoformat()}, token=who.token
    )
    second = await event()
    await house.api("POST", f"/bookings/{mine['id']}/cancel", {}, token=who.token)
    third = await event()
    assert first["UID"] == second["UID"] == third["UID"]
    assert first["SEQUENCE"] < second["SEQUENCE"] < third["SEQUENCE"]
    assert second.decoded("DTSTART") == on(SATURDAY, 16)
    assert [str(e["STATUS"]) for e in (first, second, third)] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]


async def test_a_stylists_feed_is_read_by_its_token_and_names_nobody(house: House) -> None:
    who = await subscriber(house)
    mine = await booked(house, who, occasion="婚礼")
    day = await house.api("GET", "/staff/day", token=await house.staff("stylist1"))
    feed = await calendar(house, day["calendar_path"])
    [event] = feed.walk("VEVENT")
    assert f"会员{who.member_id}" in str(event["SUMMARY"])
    other = await house.api("GET", "/staff/day", token=await house.staff("stylist2"))
    assert other["calendar_path"] != day["calendar_path"]
    assert not (await calendar(house, other["calendar_path"])).walk("VEVENT")
    await house.api("POST", f"/bookings/{mine['id']}/cancel", {}, token=who.token)
    [event] = (await calendar(house, day["calendar_path"])).walk("VEVENT")
    assert str(event["STATUS"]) == "CANCELLED"
    for wrong in ("/calendar/1.ics", "/calendar/" + "x" * 500 + ".ics"):
        async with house.http.get(house.base + wrong) as answer:
            assert answer.status == 404


async def test_the_same_key_books_once_and_the_list_comes_in_pages(house: House) -> None:
    who = await subscriber(house)
    body = {"starts_at": AT_THREE.isoformat(), "mode": "video"}
    one = await house.api("POST", "/bookings", body, token=who.token, key="k1", status=201)
    two = await house.api("POST", "/bookings", body, token=who.token, key="k1", status=201)
    assert one == two
    for n in range(1, 3):
        await booked(house, who, starts_at=(AT_THREE + timedelta(days=n)).isoformat())
    first = await house.api("GET", "/bookings?limit=2", token=who.token)
    rest = await house.api("GET", f"/bookings?limit=2&cursor={first['next_cursor']}", token=who.token)
    ids = [b["id"] for b in (*first["items"], *rest["items"])]
    assert ids == sorted(ids, reverse=True)
    assert (len(ids), rest["next_cursor"]) == (3, None)


async def test_the_favourite_leads_the_list_of_stylists(house: House) -> None:
    who = await subscriber(house)
    favourite = await Stylist.get(name="陈屿")
    await Member.filter(id=who.member_id).update(stylist_id=favourite.id)
    listed = (await house.api("GET", "/stylists", token=who.token))["items"]
    assert (listed[0]["name"], listed[0]["favourite"], len(listed)) == ("陈屿", True, 4)
    assert not any(one["favourite"] for one in listed[1:])
    body = {"starts_at": on(date(2026, 11, 27), 15).isoformat(), "mode": "store"}
    mine = await house.api("POST", "/bookings", body, token=who.token, status=201)
    assert mine["stylist"]["name"] == "陈屿"
