"""Perks: once per rule and person, pending with their cause, and gone with it."""

import asyncio
from datetime import date, timedelta

from models import Member, Perk, PointsLot
from services import perks
from services.transaction import transaction
from tests.support.boxes import life
from tests.support.house import House
from tests.support.money import shopper
from tests.support.orders import arrived, come_back, ordered, send_back, ship


async def given(member_id: int) -> dict[str, str]:
    return {perk.rule: perk.state for perk in await Perk.filter(member_id=member_id)}


async def test_the_first_order_is_given_for_once_and_pending_with_it(house: House) -> None:
    one = await arrived(house, count=1)
    sku_id = one.order["items"][0]["sku_id"]
    assert await given(one.who.member_id) == {"first": "given"}
    [lot] = await PointsLot.filter(member_id=one.who.member_id, reason="perk")
    assert (lot.points, lot.usable_at.isoformat()) == (200, "2026-11-29T16:00:00+00:00")
    # All of it comes back: so does the perk.
    await come_back(one, await send_back(one, 0))
    assert await given(one.who.member_id) == {"first": "reversed"}
    assert (await PointsLot.get(id=lot.id)).unspent == 0
    # The next order is the first that stays.
    two = await ordered(house, count=1, name="周二")
    assert await given(two.who.member_id) == {}
    await one.place((sku_id, 1))
    await one.pay()
    await ship(one)
    await one.call("POST", f"/orders/{one.id}/receive")
    assert await given(one.who.member_id) == {"first": "given"}
    # Another one is not.
    await one.place((sku_id, 1))
    await one.pay()
    await ship(one)
    await one.call("POST", f"/orders/{one.id}/receive")
    assert await Perk.filter(member_id=one.who.member_id, rule="first").count() == 1


async def test_an_order_of_a_thousand_on_a_member_day(house: House) -> None:
    await house.move_to(house.shop.now().replace(month=12, day=18))
    one = await arrived(house, count=8)
    assert one.order["goods_fen"] >= 100000
    assert await given(one.who.member_id) == {"first": "given", "thousand": "given", "member_day": "given"}
    points = await PointsLot.get(member_id=one.who.member_id, reason="order")
    assert points.points == one.order["goods_fen"] * 2 // 100  # the day doubles them, without a plan
    numbers = range(len(one.order["items"]) - 1)
    await come_back(one, await send_back(one, *numbers))
    left = await given(one.who.member_id)
    assert left == {"first": "given", "thousand": "reversed", "member_day": "given"}


async def test_a_settled_box_gives_what_an_order_gives(house: House) -> None:
    box = await life(house)
    await box.cover("pay_score")
    await box.signed()
    kept = await box.call("POST", f"/boxes/{box.id}/keep-all")
    assert (kept["state"], kept["charge_fen"] >= 100000) == ("settled", True)
    assert await given(box.who.member_id) == {"first": "given", "thousand": "given"}
    await box.at(house.shop.now() + timedelta(days=9))
    first, *others = box.items
    await box.grade({item["id"]: "ok" for item in others}, note="店长同意")
    assert (await given(box.who.member_id))["first"] == "given"
    await box.grade({first["id"]: "ok"}, note="店长同意")
    assert await given(box.who.member_id) == {"first": "reversed", "thousand": "reversed"}


async def test_a_birthday_once_a_year_whoever_asks(house: House) -> None:
    one, two = await shopper(house), await shopper(house, "周二")
    await Member.filter(id=one.member_id).update(birthday=date(1992, 2, 29))
    await Member.filter(id=two.member_id).update(birthday=date(1992, 3, 2))
    await house.move_to(house.shop.now().replace(year=2027, month=2, day=27))
    assert await given(one.member_id) == {}
    await house.move_to(house.shop.now().replace(day=28))
    assert await given(one.member_id) == {"birthday": "given"}
    assert await given(two.member_id) == {}
    await asyncio.gather(*(perks.birthdays(house.shop) for _ in range(3)))
    assert await PointsLot.filter(member_id=one.member_id, reason="perk").count() == 1
    await house.move_to(house.shop.now().replace(year=2028))
    await house.move_to(house.shop.now().replace(day=29))
    assert sorted(g.occurrence for g in await Perk.filter(member_id=one.member_id)) == ["2027", "2028"]


async def test_one_gift_whatever_is_fired_in_parallel(house: House) -> None:
    one = await shopper(house)
    [rule] = [r for r in house.shop.rules.perk.rules if r.code == "card"]

    async def fire() -> bool:
        async with transaction():
            return await perks.give(house.shop, one.member_id, rule, "card", "")

    assert sorted(await asyncio.gather(*(fire() for _ in range(5)))) == [False] * 4 + [True]
    await perks.for_card(house.shop, one.member_id)
    assert await PointsLot.filter(member_id=one.member_id, reason="perk").count() == 1
