"""Accounts, stylists and hours through the doors of the admin and of the stylist herself."""

from datetime import timedelta

from models import AuditEntry, StaffUser
from services import parcels
from tests.flows.test_booking_doors import booked, lin, subscriber
from tests.flows.test_box_switches import ruled
from tests.support.booking import SATURDAY, on
from tests.support.house import House

PASSWORD = "a-long-password-1"


async def test_a_new_stylist_is_bookable_once_she_has_hours(house: House) -> None:
    who, admin = await subscriber(house), await house.staff("admin1")
    account = {"login": "stylist9", "name": "何晴", "role": "stylist", "password": PASSWORD}
    user = await house.api("POST", "/staff/users", account, token=admin, status=201)
    await house.api("POST", "/staff/users", account, token=admin, status=422)
    row = await house.api(
        "POST", "/staff/stylists",
        {"name": "何晴", "staff_id": user["id"], "skills": ["婚礼"], "modes": ["video"], "weight": 200},
        token=admin, status=201,
    )  # fmt: skip
    path = f"/slots?from={SATURDAY}&to={SATURDAY}&stylist_id={row['id']}"
    assert (await house.api("GET", path, token=who.token))["days"][0]["slots"] == []
    answer = await house.api("POST", "/staff/session", {"login": "stylist9", "password": PASSWORD})
    own = answer["token"]
    week = [{"weekday": 5, "starts": "14:00", "ends": "16:00"}, {"weekday": 5, "starts": "10:00", "ends": "12:00"}]
    told = await house.api("PUT", f"/staff/stylists/{row['id']}/hours", {"periods": week}, token=own)
    assert [p["starts"] for p in told["periods"]] == ["10:00", "14:00"]
    assert (await house.api("GET", f"/staff/stylists/{row['id']}/hours", token=own))["periods"] == told["periods"]
    slots = (await house.api("GET", path, token=who.token))["days"][0]["slots"]
    assert [slot["shop_time"][11:16] for slot in slots] == ["10:00", "11:00", "14:00", "15:00"]
    # Her own week only; accounts and colleagues are the admin's.
    await house.api("PUT", f"/staff/stylists/{(await lin(house)).id}/hours", {"periods": []}, token=own, status=404)
    await house.api("PUT", f"/staff/stylists/{row['id']}", {"weight": 300}, token=own, status=403)
    assert await AuditEntry.filter(action__in=["staff.add", "stylist.add", "hours.week"]).count() == 3


async def test_a_new_week_shows_what_it_touches_before_it_is_saved(house: House) -> None:
    who, token = await subscriber(house), await house.staff("stylist1")
    mine, path = await booked(house, who), f"/staff/stylists/{(await lin(house)).id}/hours"
    week = {"periods": [{"weekday": 5, "starts": "10:00", "ends": "15:30"}]}
    seen = await house.api("PUT", path, {**week, "preview": True}, token=token)
    assert [b["id"] for b in seen["touched"]] == [mine["id"]]
    assert len((await house.api("GET", path, token=token))["periods"]) == 14
    saved = await house.api("PUT", path, week, token=token)
    assert [b["id"] for b in saved["touched"]] == [mine["id"]]
    assert (await house.api("GET", f"/bookings/{mine['id']}", token=who.token))["state"] == "booked"
    longer = {"periods": [{"weekday": 5, "starts": "10:00", "ends": "15:45"}]}
    assert (await house.api("PUT", path, longer, token=token))["touched"] == []
    # Hours that would do are none on a day the shop has closed.
    await house.api("PUT", f"/staff/days/{SATURDAY}", {"kind": "holiday"}, token=await house.staff("admin1"))
    seen = await house.api("PUT", path, {**longer, "preview": True}, token=token)
    assert [b["id"] for b in seen["touched"]] == [mine["id"]]
    for wrong in (
        [("10:00", "12:00"), ("11:00", "13:00")], [("12:00", "12:00")], [("12:00", "10:00")], [("24:30", "25:00")],
    ):  # fmt: skip
        body = {"periods": [{"weekday": 5, "starts": a, "ends": b} for a, b in wrong]}
        problem = await house.api("PUT", path, body, token=token, status=422)
        assert problem["field"].startswith("periods")


async def test_the_shop_says_what_a_day_is_and_list_and_write_agree(house: House) -> None:
    who, admin = await subscriber(house), await house.staff("admin1")
    mine, here = await booked(house, who), f"/staff/days/{SATURDAY}"
    slots = f"/slots?from={SATURDAY}&to={SATURDAY}"
    closed = {"kind": "holiday", "why": "盘点"}
    seen = await house.api("PUT", here, {**closed, "preview": True}, token=admin)
    assert [b["id"] for b in seen["touched"]] == [mine["id"]]
    assert (await house.api("GET", slots, token=who.token))["days"][0]["slots"]
    await house.api("PUT", here, closed, token=await house.staff("stylist1"), status=403)
    await house.api("PUT", here, closed, token=admin)
    [day] = (await house.api("GET", slots, token=who.token))["days"]
    assert (day["kind"], day["slots"]) == ("holiday", [])
    body = {"starts_at": on(SATURDAY, 11).isoformat(), "mode": "store"}
    assert (await house.api("POST", "/bookings", body, token=who.token, status=409))["code"] == "slot_not_offered"
    assert (await house.api("GET", f"/bookings/{mine['id']}", token=who.token))["state"] == "booked"
    assert (await house.api("GET", "/staff/days", token=admin))["items"] == [{"day": str(SATURDAY), **closed}]
    # A shop that moves deadlines off its closed days moves them off this one as well.
    shifting, signed = ruled(house.shop, holiday_shift=True), [on(SATURDAY - timedelta(days=5), 12)]
    for shop, end in ((house.shop, SATURDAY + timedelta(days=1)), (shifting, SATURDAY + timedelta(days=2))):
        assert await parcels.deadline_of(shop, signed, extended=False) == on(end, 0)
    assert (await house.api("DELETE", here, token=admin))["kind"] == "ordinary"
    await house.api("DELETE", here, token=admin, status=404)
    assert (await house.api("GET", slots, token=who.token))["days"][0]["slots"]
    await house.api("PUT", here, {"kind": "make_up"}, token=admin)
    assert (await house.api("GET", slots, token=who.token))["days"][0]["kind"] == "make_up"
    await house.api("PUT", "/staff/days/2026-01-01", {"kind": "ordinary"}, token=admin, status=422)
    await house.api("PUT", "/staff/days/soon", {"kind": "ordinary"}, token=admin, status=404)
    acts = AuditEntry.filter(action__in=["day.set", "day.withdraw"])
    assert await acts.count() == 3


async def test_a_closed_account_is_out_at_once_and_nobody_closes_their_own(house: House) -> None:
    admin, token = await house.staff("admin1"), await house.staff("service1")
    service = await StaffUser.get(login="service1")
    await house.api("GET", "/staff/desk", token=token)
    await house.api("PUT", f"/staff/users/{service.id}", {"active": False}, token=admin)
    # A write asks at once; a read may be remembered for half a minute.
    await house.move(seconds=31)
    await house.api("GET", "/staff/desk", token=token, status=401)
    own = await StaffUser.get(login="admin1")
    await house.api("PUT", f"/staff/users/{own.id}", {"active": False}, token=admin, status=409)
    await house.api("PUT", f"/staff/users/{own.id}", {"role": "service"}, token=admin, status=409)
    await house.api("PUT", "/staff/users/999", {"name": "无"}, token=admin, status=404)
    changed = await house.api("PUT", f"/staff/users/{service.id}", {"active": True, "password": PASSWORD}, token=admin)
    assert changed["name"] == service.name
    await house.api("POST", "/staff/session", {"login": "service1", "password": PASSWORD})
    assert all("password" not in user for user in (await house.api("GET", "/staff/users", token=admin))["items"])


async def test_a_stylist_with_sessions_to_hold_is_not_closed(house: House) -> None:
    who, admin, stylist = await subscriber(house), await house.staff("admin1"), await lin(house)
    mine = await booked(house, who)
    await house.api("PUT", f"/staff/stylists/{stylist.id}", {"active": False}, token=admin, status=409)
    await house.api("POST", f"/bookings/{mine['id']}/cancel", {}, token=who.token)
    told = await house.api("PUT", f"/staff/stylists/{stylist.id}", {"active": False}, token=admin)
    assert (told["active"], told["name"]) == (False, "林晚")
    names = {s["name"] for s in (await house.api("GET", "/stylists", token=who.token))["items"]}
    assert "林晚" not in names
