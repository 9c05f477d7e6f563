"""Surprise gifts within cap and budget, by two above them; and the scorecard over the real rows."""

import asyncio
from datetime import timedelta

from domain.box import BoxState, ItemState
from models import AuditEntry, Booking, Box, BoxItem, Coupon, GiftBudget, MemberCoupon, StaffUser
from services import bookings, gifts, styling
from services.stylists import Desk
from tests.flows.test_booking_doors import booked, lin, subscriber
from tests.support.booking import SATURDAY, on
from tests.support.house import House

AT_THREE = on(SATURDAY, 15)


async def test_a_gift_within_the_cap_is_given_at_once(house: House) -> None:
    who, token = await subscriber(house), await house.staff("stylist1")
    body = {"member_id": who.member_id, "amount_fen": 5000, "words": "生日快乐，今天为自己挑一件"}
    gift = await house.api("POST", "/staff/gifts", body, token=token, status=201)
    assert gift["state"] == "given"
    coupon = await Coupon.get(code=f"GIFT{gift['id']}")
    assert (coupon.off_fen, coupon.threshold_fen) == (5000, 0)
    assert await MemberCoupon.exists(member_id=who.member_id, coupon_id=coupon.id, state="open")
    [note] = (await house.api("GET", "/me/inbox", token=who.token))["items"]
    assert "生日快乐" in note["text"]
    assert (await house.api("GET", "/staff/gifts", token=token))["left_fen"] == 15000
    assert await AuditEntry.filter(action="gift.give").count() == 1
    await house.api("POST", "/staff/gifts", {**body, "member_id": 999}, token=token, status=404)
    await house.api("POST", "/staff/gifts", body, token=await house.staff("warehouse1"), status=403)


async def test_a_coupon_of_the_shop_is_given_within_the_same_limits(house: House) -> None:
    who, token, now = await subscriber(house), await house.staff("stylist1"), house.shop.now()
    small, big, over = [
        await Coupon.create(
            code=code,
            name=f"券{code}",
            off_fen=off,
            threshold_fen=30000,
            valid_from=now,
            created_at=now,
            valid_until=now + timedelta(days=days),
        )
        for code, off, days in (("S", 3000, 30), ("B", 8000, 30), ("O", 3000, 0))
    ]
    body = {"member_id": who.member_id, "coupon_id": small.id, "words": "给您留的"}
    gift = await house.api("POST", "/staff/gifts", body, token=token, status=201)
    assert (gift["state"], gift["amount_fen"]) == ("given", 3000)
    assert await MemberCoupon.exists(member_id=who.member_id, coupon_id=small.id, state="open")
    assert "券S" in (await house.api("GET", "/me/inbox", token=who.token))["items"][0]["text"]
    assert (await house.api("GET", "/staff/gifts", token=token))["left_fen"] == 17000
    asked = await house.api("POST", "/staff/gifts", {**body, "coupon_id": big.id}, token=token, status=201)
    assert asked["state"] == "asked"
    for wrong, status in (({"coupon_id": over.id}, 422), ({"coupon_id": 999}, 404), ({"amount_fen": 100}, 422)):
        await house.api("POST", "/staff/gifts", {**body, **wrong}, token=token, status=status)


async def test_above_the_cap_a_second_person_decides(house: House) -> None:
    who, token = await subscriber(house), await house.staff("stylist1")
    body = {"member_id": who.member_id, "amount_fen": 5001, "words": "谢谢您"}
    gift = await house.api("POST", "/staff/gifts", body, token=token, status=201)
    assert gift["state"] == "asked"
    assert not await MemberCoupon.exists(member_id=who.member_id)
    admin = await house.staff("admin1")
    [asked] = (await house.api("GET", "/staff/approvals?state=asked", token=admin))["items"]
    assert (asked["kind"], asked["facts"]["why"]) == ("gift", "above_cap")
    await house.api("POST", f"/staff/approvals/{asked['id']}/approve", {}, token=admin)
    assert await MemberCoupon.filter(member_id=who.member_id).count() == 1
    own = await house.api("GET", "/staff/gifts", token=token)
    assert (own["items"][0]["state"], own["left_fen"]) == ("given", 20000)


async def test_a_months_budget_is_not_overspent_by_ten_at_once(house: House) -> None:
    who = await subscriber(house)
    staff = await StaffUser.get(login="stylist1")
    made = await asyncio.gather(*(gifts.give(house.shop, staff.id, who.member_id, 3000, "谢谢") for _ in range(10)))
    assert [one.state.value for one in made].count("given") == 6
    assert (await GiftBudget.get(staff_id=staff.id)).spent_fen == 18000
    # A new month, a new budget.
    await house.move_to(on(SATURDAY, 10) + timedelta(days=10))
    assert (await gifts.give(house.shop, staff.id, who.member_id, 5000, "谢谢")).state.value == "given"


async def test_the_scorecard_counts_what_really_happened(house: House) -> None:
    who, stylist = await subscriber(house), await lin(house)
    token = await house.staff("stylist1")
    mine = await booked(house, who)
    await house.move_to(AT_THREE + timedelta(hours=1))
    await styling.mark_done(house.shop, Desk(1, stylist.id), mine["id"])
    await bookings.rate(house.shop, who.member_id, mine["id"], 4)
    box = await Box.create(
        member_id=who.member_id, stylist_id=stylist.id, state=BoxState.SETTLED, settled_at=house.shop.now(),
        created_at=house.shop.now(),
    )  # fmt: skip
    for state, net, back in (("bought", 30000, None), ("bought", 20000, house.shop.now()), ("returned", None, None)):
        await BoxItem.create(
            box_id=box.id, sku_id=1, name="衬衫", size="M", colour="白", picture="", price_fen=30000,
            state=ItemState(state), net_fen=net, reclaimed_at=back, created_at=house.shop.now(),
        )  # fmt: skip
    token = await house.staff("stylist1")
    told = await house.api("GET", "/staff/score", token=token)
    [card] = told["items"]
    assert card["facts"] == {
        "sessions": 1, "ratings": 1, "stars": 4, "pieces": 3, "kept": 1, "members": 1, "back": 0, "net_fen": 30000,
    }  # fmt: skip
    assert card["score"] == {"satisfaction": 75, "keep": 33, "rebooking": 0, "sales": 30, "total": 43}
    assert told["weights"]["sales_percent"] < 50
    await bookings.book(house.shop, who.member_id, None, AT_THREE + timedelta(days=3), "video")
    again = (await house.api("GET", "/staff/score", token=token))["items"][0]
    assert again["score"]["rebooking"] == 100
    assert await Booking.filter(member_id=who.member_id).count() == 2
    everybody = await house.api("GET", "/staff/score", token=await house.staff("admin1"))
    assert len(everybody["items"]) == 4
