"""What a record makes of cap and deposit, told to the member with every fact; and memberships that may be lent."""

import dataclasses
from datetime import datetime, timedelta
from typing import Any

from domain.box import BoxState
from domain.ports import Address
from models import Approval, Box, BoxItem, Case, DamageFee, LedgerLine, Membership
from services import addresses, box_covers, lending
from tests.support import money
from tests.support.house import House
from tests.support.money import Shopper, buy, shopper

HOME = Address("林一", "13800001111", "上海市", "上海市", "徐汇区", "衡山路 1 号")


async def all_back(house: House, who: Shopper, count: int) -> None:
    for _ in range(count):
        one = await money.box(house, who, BoxState.SETTLED)
        await Box.filter(id=one.id).update(settled_at=house.shop.now())


async def test_the_terms_follow_the_record_and_say_why(house: House) -> None:
    who = await shopper(house)
    await house.follow(who.person)
    await house.move(seconds=5)
    usual = await house.api("GET", "/me/box-terms", token=who.token)
    assert (usual["score"], usual["band"], usual["reasons"]) == (0, "usual", [])
    assert usual["deposit_fen"] == usual["usual_deposit_fen"] == 30000
    await all_back(house, who, 6)
    told = await house.api("GET", "/me/box-terms", token=who.token)
    assert (told["score"], told["band"], told["deposit_fen"]) == (30, "watched", 45000)
    assert told["reasons"] == [{"fact": "all_back", "count": 6, "points": 30}]
    assert await house.api(
        "GET", f"/staff/members/{who.member_id}/box-terms", token=await house.staff("service1")
    ) == told  # fmt: skip
    terms = await box_covers.terms_for(house.shop, who.member_id)
    assert (terms.risk_cap_fen, terms.deposit_fen) == (500_000, 45000)
    assert "近 365 天内有6 个盒子整盒退回" in (await house.say(who.person, "我有哪些会员权益")).replace("有 6", "有6")
    # A year later nothing of it counts any more.
    await house.move(days=365)
    assert (await box_covers.terms_for(house.shop, who.member_id)).deposit_fen == 30000


async def test_a_membership_whose_parcels_go_to_many_people_becomes_a_case_once(house: House) -> None:
    who, friend = await shopper(house), await shopper(house, "周二")
    await buy(house, who)
    code = (await house.wechat(f"/people/{friend.person.id}/phone-code"))["code"]
    await house.api("POST", "/me/phone", {"code": code}, token=friend.token)

    async def sent_to(*phones: str) -> None:
        for number in phones:
            one = await money.box(house, who, BoxState.SETTLED)
            sealed = addresses.seal(house.shop, dataclasses.replace(HOME, phone=number))
            await Box.filter(id=one.id).update(
                confirmed_at=house.shop.now(), settled_at=house.shop.now(), goods_fen=100, address_sealed=sealed
            )

    await sent_to("13800001111", "13800001111", "13800002222", friend.person.phone)
    assert await lending.look(house.shop) == 0  # three phones, one of them another member's
    await sent_to("13800003333")
    assert await lending.look(house.shop) == 1
    case = await Case.get()
    assert (case.kind, case.member_id, case.facts) == ("lent", who.member_id, {"recipients": 4, "others": 1})
    # Nothing is taken from the member, and nobody is asked twice about the same parcels.
    assert (await Membership.get(member_id=who.member_id)).state == "active"
    await Case.filter(id=case.id).update(state="closed")
    assert await lending.look(house.shop) == 0
    await sent_to("13800004444")
    assert await lending.look(house.shop) == 1


async def test_each_fact_counts_where_it_is_true_and_only_there(house: House) -> None:
    who, other = await shopper(house), await shopper(house, "周二")
    now = house.shop.now()
    long_ago, lately = now - timedelta(days=366), now - timedelta(days=364)

    async def settled(owner: Shopper = who, at: datetime = lately, **more: Any) -> int:
        one = await money.box(house, owner, BoxState.SETTLED)
        await Box.filter(id=one.id).update(**{"settled_at": at, "goods_fen": 100, **more})
        return int(one.id)

    async def counted() -> dict[str, int]:
        told = await house.api("GET", "/me/box-terms", token=who.token)
        assert told["score"] == min(100, sum(reason["points"] for reason in told["reasons"]))
        return {reason["fact"]: reason["count"] for reason in told["reasons"]}

    box_id = await settled()
    piece: dict[str, Any] = {"box_id": box_id, "name": "x", "size": "M", "colour": "白", "picture": "", "price_fen": 1}
    items = [await BoxItem.create(sku_id=n, state="bought", created_at=now, **piece) for n in range(1, 9)]

    async def fee(number: int, state: str, at: datetime = lately, box: int = box_id) -> None:
        await DamageFee.create(
            box_id=box, item_id=items[number].id, grade="light", fee_fen=100, words="", state=state, proposed_by=1,
            created_at=at, answer_until=at,
        )  # fmt: skip

    async def charge(number: int, state: str, at: datetime = lately, kind: str = "dispute_charge") -> None:
        await Approval.create(
            kind=kind, ref=f"item:{items[number].id}", reason="x", state=state, asked_by=1, decided_by=2, created_at=at
        )

    async def owes(box: int, fen: int) -> None:
        await LedgerLine.create(
            event=f"x:{box}:{fen}", account="receivable", amount_fen=fen, box_id=box, day=now.date(), created_at=now
        )

    # Nothing of this counts: not charged, refused, older than the window, another's, kept from, an exchange, not due.
    await fee(0, "proposed")
    await fee(1, "waived")
    await fee(2, "charged", long_ago)
    await fee(3, "charged", box=await settled(other))
    await charge(0, "refused")
    await charge(1, "approved", long_ago)
    await charge(2, "approved", kind="damage_fee")
    for number in range(4):
        await settled(goods_fen=0, at=long_ago)
        await settled(other, goods_fen=0)
        await settled(goods_fen=0, exchange_of_id=items[number].id)
    await owes(await settled(at=now - timedelta(days=3)), 5000)
    await owes(await settled(other, at=long_ago), 5000)
    paid = await settled()
    await owes(paid, 700)
    await owes(paid, -700)
    assert await counted() == {}

    # And each of these does.
    await fee(4, "charged")
    assert await counted() == {"damaged": 1}
    await charge(3, "approved")
    assert await counted() == {"damaged": 1, "missing": 1}
    for _ in range(4):
        await settled(goods_fen=0)
    assert await counted() == {"damaged": 1, "missing": 1, "all_back": 4}
    await owes(await settled(at=now - timedelta(days=3, seconds=1)), 1)
    assert await counted() == {"damaged": 1, "missing": 1, "all_back": 4, "owed": 1}
