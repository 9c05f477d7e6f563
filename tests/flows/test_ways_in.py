"""Paying at a till, a shop's Wi-Fi, a claimed card: whoever comes so is a member, once, and what they buy counts."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from models import Identity, Member, Payment, Perk, PointsLot, Purchase, SourceSeen, StoreSale
from sandbox.world import Person
from services import books, points
from tests.support.house import House


async def at_the_till(house: House, person: Person, amount_fen: int, *, account: str = "mini") -> dict[str, Any]:
    told: dict[str, Any] = await house.wechat(
        "/pay/till",
        {
            "person": person.id, "amount_fen": amount_fen, "account": account,
            "notify_url": f"{house.base}/api/notify/pay/stores/SH01",
        },
    )  # fmt: skip
    return told


async def test_an_unknown_payer_becomes_a_member_and_the_sale_counts_once(house: House) -> None:
    person = house.world.add_person("小周")
    told = await at_the_till(house, person, 25050)
    assert told["notice"]["accepted"]
    [member] = await Member.all()
    assert (member.level, member.first_source, member.first_scene) == ("payer", "payment", "store:SH01")
    assert member.registered_at is None
    await house.wechat(f"/pay/notices/{told['notice']['id']}/again")
    [sale] = await StoreSale.all()
    assert (sale.store, sale.amount_fen, await Payment.all().count()) == ("SH01", 25050, 1)
    assert (await Purchase.get()).net_fen == 25050
    balance = await points.balance(house.shop, member.id)
    # 250 for the goods and 200 for the first order, pending for the law's seven days.
    assert (balance.usable, balance.pending) == (0, 450)

    # Part of it comes back at the till: 9950 fen are left, worth 99 points.
    await house.move(minutes=2)
    await house.wechat(f"/pay/till/{told['out_trade_no']}/refund", {"amount_fen": 15100})
    await house.move(minutes=1)
    assert ((await StoreSale.get()).returned_fen, (await Purchase.get()).net_fen) == (15100, 9950)
    assert (await points.balance(house.shop, member.id)).pending == 99 + 200
    await house.move(minutes=2)
    await house.wechat(f"/pay/till/{told['out_trade_no']}/refund", {"amount_fen": 9950})
    await house.move(minutes=1)
    assert (await points.balance(house.shop, member.id)).pending == 0
    assert (await Perk.get()).state == "reversed"
    assert await books.check() == []

    # The person logs in later: the same member, and the one gift.
    await house.login(person)
    assert await Member.all().count() == 1
    assert (await points.balance(house.shop, member.id)).usable == 100


async def test_a_follower_who_pays_at_a_till_is_one_person_before_any_login(house: House) -> None:
    person = house.world.add_person("小郑")
    await house.follow(person)
    await house.move(seconds=5)
    assert (await at_the_till(house, person, 5000))["notice"]["accepted"]
    [member] = await Member.filter(merged_into_id=None)
    assert (member.unionid, member.level, member.first_source) == (person.unionid, "payer", "follow")
    assert await Identity.filter(member_id=member.id).count() == 2
    assert (await StoreSale.get()).member_id == member.id


async def test_wifi_and_card_make_members_and_the_first_way_in_stays(house: House) -> None:
    person = house.world.add_person("小吴")
    before = house.shop.now()
    await house.wechat(f"/people/{person.id}/wifi", {"shop_id": "429620"})
    await house.move(hours=1)
    await house.wechat(f"/people/{person.id}/card", {"card_id": "pX2abc", "outer": "poster-3"})
    await house.wechat(f"/people/{person.id}/card", {"card_id": "pX2abc", "outer": "poster-3"})
    [member] = await Member.all()
    assert (member.first_source, member.first_scene, member.first_seen_at) == ("wifi", "store:429620", before)
    assert member.last_seen_at == before + timedelta(hours=1)
    ways = await SourceSeen.filter(member_id=member.id).order_by("id").values_list("source", "scene")
    assert ways[:2] == [("wifi", "store:429620"), ("card", "poster-3")]
    assert [(p.rule, p.state) for p in await Perk.all()] == [("card", "given")]


async def test_a_stores_address_takes_nothing_of_ours_and_nothing_unsigned(house: House) -> None:
    async with house.http.post(f"{house.base}/api/notify/pay/stores/SH01", data=b"{}") as answer:
        assert answer.status == 401
    async with house.http.post(f"{house.base}/api/notify/pay/stores/a%20b", data=b"{}") as answer:
        assert answer.status == 404
    assert await StoreSale.all().count() == 0


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
@pytest.mark.usefixtures("no_limits")
async def test_fifty_people_by_three_doors_within_a_second(house: House) -> None:
    """Follow, login and a till's payment at once, each through its own connection: fifty members, one gift each."""
    people = [house.world.add_person(f"人{number}") for number in range(50)]
    await asyncio.gather(
        *(house.follow(person) for person in people),
        *(house.login(person) for person in people),
        *(at_the_till(house, person, 10000) for person in people),
    )
    await house.move(seconds=30)  # what was refused for being too early is told again, and profiles are asked for
    await house.move(seconds=30)
    alive = await Member.filter(merged_into_id=None)
    assert len(alive) == 50
    assert {member.level for member in alive} == {"payer"}
    ids = [member.id for member in alive]
    assert sorted(await PointsLot.filter(reason="welcome").values_list("member_id", flat=True)) == sorted(ids)
    assert sorted(await Perk.filter(rule="first", state="given").values_list("member_id", flat=True)) == sorted(ids)
    assert sorted(await StoreSale.all().values_list("member_id", flat=True)) == sorted(ids)
    assert await Identity.filter(member_id__in=ids).count() == 100
    assert await books.check() == []
