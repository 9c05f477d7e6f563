"""A copy of everything, and an account that is closed: nothing personal stays, and the books still agree."""

from typing import Any

import models
from models import (
    Case,
    ChatLine,
    Closing,
    Consent,
    DataExport,
    Identity,
    Member,
    MemberAddress,
    Order,
    PointsLot,
    Purchase,
)
from services import books, closings, exports, pruning
from tests.support.house import House
from tests.support.money import shopper
from tests.support.orders import Buyer, arrived, ordered, ship


async def phone(one: Buyer) -> None:
    """The phone number WeChat vouches for."""
    code = (await one.house.wechat(f"/people/{one.who.person.id}/phone-code"))["code"]
    await one.call("POST", "/me/phone", {"code": code})


async def test_a_copy_of_everything_in_the_clear_for_its_owner_alone(house: House) -> None:
    one = await arrived(house, count=1)
    await house.follow(one.who.person)
    await house.move(seconds=5)
    await phone(one)
    reply = await house.say(one.who.person, "把你们收集的我的信息导出一份给我")
    assert "只有您本人能下载" in reply
    assert "开始准备了" in await house.say(one.who.person, "是")
    await house.move(seconds=31)
    [line] = (await one.call("GET", "/me/exports"))["items"]
    told: dict[str, Any] = await one.call("GET", f"/me/exports/{line['id']}/file")
    assert told["member"]["phone"] == one.who.person.phone
    assert told["member_address"][0]["detail"]
    assert told["shop_order"][0]["address"]["detail"] == told["member_address"][0]["detail"]
    assert told["order_item"][0]["name"]
    assert any("导出" in said["text"] for said in told["chat_line"])
    assert {"points_entry", "payment", "consent", "identity", "source_seen"} <= set(told)
    assert "sealed" not in str(told)
    other = await shopper(house, "别人")
    await house.api("GET", f"/me/exports/{line['id']}/file", token=other.token, status=404)
    # Much is prepared by the job, and nothing stays longer than it must.
    object.__setattr__(house.shop.rules.privacy, "export_rows_at_once", 0)
    try:
        large = await one.call("POST", "/me/exports")
        assert (await one.call("GET", f"/me/exports/{large['id']}/file", status=409))["code"] == "wrong_state"
        await exports.prepare_due(house.shop)
        assert await one.call("GET", f"/me/exports/{large['id']}/file")
    finally:
        object.__setattr__(house.shop.rules.privacy, "export_rows_at_once", 2000)
    await DataExport.all().update(until=house.shop.now())
    await one.call("GET", f"/me/exports/{line['id']}/file", status=404)
    await pruning.prune(house.shop)
    assert await DataExport.all().count() == 0


async def test_an_account_is_closed_once_nothing_is_open_and_names_nobody(house: House) -> None:
    one = await ordered(house, count=1)
    await house.follow(one.who.person)
    await house.move(seconds=5)
    await phone(one)
    await one.call("PUT", "/me/consents/promotion", {"given": True})
    assert "没收到的订单" in await house.say(one.who.person, "我要注销账号")
    seen = await one.call("GET", "/me/closing")
    assert (seen["open"], seen["points_lost"], seen["waiting"]) == (["order"], 100, None)
    await one.call("POST", "/me/closing", {"confirm": False}, status=422)
    admin = await house.staff("admin1")
    for day, kind in (("2026-11-25", "holiday"), ("2026-12-02", "holiday"), ("2026-11-28", "make_up")):
        await house.api("PUT", f"/staff/days/{day}", {"kind": kind}, token=admin)
    wish = await one.call("POST", "/me/closing", {"confirm": True})
    # Fifteen working days from Sunday, 22 November: Friday, 11 December would be the last, but the shop has closed
    # two of them and works a Saturday for one.
    assert (wish["state"], wish["due_at"]) == ("asked", "2026-12-14T16:00:00Z")
    assert "已经收到" in await house.say(one.who.person, "注销办得怎么样了 我要销号")
    await one.call("DELETE", "/me/closing")
    await one.call("POST", "/me/closing", {"confirm": True})
    desk = await house.api("GET", "/staff/closings", token=await house.staff("service1"))
    assert [(line["open"], line["member_id"]) for line in desk["items"]] == [(["order"], one.who.member_id)]
    await ship(one)
    await one.call("POST", f"/orders/{one.id}/receive")
    assert await Member.filter(id=one.who.member_id, merged_into_id=None).exists()
    await house.move(minutes=11)
    assert (await Closing.filter(state="done").count(), await Closing.filter(state="withdrawn").count()) == (1, 1)
    await one.call("GET", "/me", status=401)
    member = await Member.get(id=one.who.member_id)
    assert (member.unionid, member.phone_index, member.phone_sealed, member.profile) == (None, None, "", {})
    for gone in (Identity, MemberAddress):
        assert await gone.filter(member_id=member.id).count() == 0
    assert await ChatLine.all().count() == 0
    order = await Order.get(id=one.id)
    assert (order.address_sealed, order.member_id) == ("", member.id)
    assert await Purchase.filter(member_id=member.id).count() == 1
    lines = await Consent.filter(member_id=member.id, purpose="promotion").order_by("id")
    assert [line.given for line in lines] == [True, False]
    assert sum(lot.unspent for lot in await PointsLot.filter(member_id=member.id)) == 0
    assert await books.check() == []
    assert await Case.all().count() == 0
    # The same person comes again: somebody new, without a second gift of a life.
    await house.login(one.who.person)
    fresh = await Member.get(unionid=one.who.person.unionid)
    assert fresh.id != member.id
    assert await PointsLot.filter(member_id=fresh.id).count() == 0


def test_it_is_said_of_every_table_what_becomes_of_it() -> None:
    """A new table with a member in it is given in a copy by itself; what closing does to it must be decided."""
    named = [getattr(models, name) for name in models.__all__]
    mine = [table for table in named if "member_id" in table._meta.fields_map]
    decided = [*closings.GOES, *closings.EMPTIED, *closings.KEPT]
    assert sorted(t.__name__ for t in decided) == sorted(t.__name__ for t in mine)
    assert {t.__name__ for t in exports.tables()} | exports.NOT_GIVEN == {t.__name__ for t in mine}
