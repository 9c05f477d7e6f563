"""Tiers and super users through the doors: risen at a purchase, fallen after notice, gained and lost at once."""

from datetime import datetime

from domain.clock import SHANGHAI
from models import CareMessage, History, MemberTier
from services import benefits, purchases, tiers
from services.transaction import transaction
from tests.support.boxes import life
from tests.support.house import House
from tests.support.money import Shopper, buy, shopper


async def bought(house: House, who: Shopper, ref: str, fen: int) -> None:
    """What an order or a settled box says when it is bought, and again when part of it comes back."""
    async with transaction():
        await purchases.keep(house.shop, who.member_id, ref, fen)


async def page(house: House, who: Shopper) -> dict[str, object]:
    token = await house.login(who.person)
    told: dict[str, object] = await house.api("GET", "/me/tier", token=token)
    return told


async def test_a_settled_box_lifts_the_tier_at_once(house: House) -> None:
    box = await life(house)
    await box.cover("deposit")
    await box.signed()
    await box.look()
    await box.at(box.box["deadline_at"])
    await box.look()
    assert box.box["state"] == "settled"
    told = await box.call("GET", "/me/tier")
    assert told["spend_fen"] == box.box["goods_fen"] >= 100000
    assert told["tier"]["level"] == told["local"] >= 2
    assert told["following"]["level"] == told["local"] + 1
    assert told["lacking_fen"] == told["following"]["needs_fen"] - told["spend_fen"]
    assert [line["noun"] for line in told["history"]][-1:] == ["tier"]
    me = await box.call("GET", "/me")
    assert me["tier"]["level"] == told["local"]


async def test_the_highest_multiplier_wins(house: House) -> None:
    who = await shopper(house)
    assert await benefits.points_percent(house.shop, who.member_id) == 100
    await bought(house, who, "order:1", 2500000)
    assert (await tiers.place(house.shop, who.member_id)).tier.name == "钻石"
    assert await benefits.points_percent(house.shop, who.member_id) == 140
    enjoys = await benefits.of(house.shop, who.member_id)
    assert (enjoys.member_price, enjoys.free_freight, enjoys.priority, enjoys.warranty_days) == (True, True, 5, 365)
    await buy(house, who)
    assert await benefits.points_percent(house.shop, who.member_id) == 200
    other = await shopper(house, "周二")
    await house.move_to(datetime(2026, 12, 18, 9, 0, tzinfo=SHANGHAI))
    assert await benefits.points_percent(house.shop, other.member_id) == 200
    await house.move_to(datetime(2026, 12, 19, 0, 0, tzinfo=SHANGHAI))
    assert await benefits.points_percent(house.shop, other.member_id) == 100


async def test_the_chat_tells_the_tier(house: House) -> None:
    person = await house.person("林一")
    await house.follow(person)
    assert "初见（1 级）" in await house.say(person, "我有什么会员权益")
    await house.move(seconds=5)
    token = await house.login(person)
    me = await house.api("GET", "/me", token=token)
    await bought(house, Shopper(person, token, me["member_id"]), "order:1", 600000)
    said = await house.say(person, "我有什么会员权益")
    assert "金盾（4 级），积分 1.2 倍、免运费、延保 90 天、优先发货" in said


async def test_a_super_user_is_gained_and_lost_by_the_very_event(house: House) -> None:
    who = await shopper(house)
    await bought(house, who, "order:1", 500000)
    assert not (await tiers.place(house.shop, who.member_id)).super_user
    await bought(house, who, "order:2", 1)
    assert (await tiers.place(house.shop, who.member_id)).super_user
    await bought(house, who, "order:2", 0)
    assert not (await tiers.place(house.shop, who.member_id)).super_user
    lines = await History.filter(noun="super_user", row_id=who.member_id).order_by("id")
    assert [(line.old, line.new) for line in lines] == [("", "2026"), ("2026", "")]
    # The tier a purchase reached stays until a year's end.
    assert (await tiers.place(house.shop, who.member_id)).tier.level == 3

    await bought(house, who, "order:3", 700000)
    for n in range(4):
        await bought(house, await shopper(house, f"客{n}"), f"other:{n}", 100000)
    finance = await house.staff("finance1")
    report = await house.api("GET", "/staff/reports/super-users?year=2026", token=finance)
    assert (report["buyers"], report["total_fen"], report["count"]) == (5, 1600000, 1)
    assert (report["sum_fen"], report["mean_fen"], report["top_fifth"]) == (1200000, 1200000, 1)
    assert report["top_fifth_fen"] == 1200000
    await house.move_to(datetime(2027, 1, 1, 0, 0, tzinfo=SHANGHAI))
    assert not (await tiers.place(house.shop, who.member_id)).super_user
    finance = await house.staff("finance1")
    assert (await house.api("GET", "/staff/reports/super-users?year=2027", token=finance))["buyers"] == 0
    await house.api("GET", "/staff/reports/super-users?year=2028", token=finance, status=404)


async def test_a_fall_is_announced_and_is_one_level(house: House) -> None:
    high, busy = await shopper(house), await shopper(house, "周二")
    await bought(house, high, "order:1", 5000000)
    await bought(house, busy, "order:2", 1200000)
    # Neither falls at this year's end: what they bought carries them.
    await house.move_to(datetime(2026, 12, 1, 12, 0, tzinfo=SHANGHAI))
    assert not await CareMessage.exists(path="tier")
    await house.move_to(datetime(2027, 12, 1, 12, 0, tzinfo=SHANGHAI))
    assert await CareMessage.filter(step="tier.fall", state="sent").count() == 2
    # One of them buys enough meanwhile.
    await bought(house, busy, "order:3", 1200000)
    await house.move_to(datetime(2028, 1, 1, 0, 11, tzinfo=SHANGHAI))
    assert (await MemberTier.get(member_id=high.member_id)).local == 6
    assert (await MemberTier.get(member_id=busy.member_id)).local == 5
    told = await page(house, high)
    assert told["history"][0]["why"] == "net spend of 2027: 0 fen"  # type: ignore[index]
    assert not await MemberTier.exists(fall_year__not_isnull=True)


async def test_who_was_not_told_does_not_fall(house: House) -> None:
    who = await shopper(house)
    await bought(house, who, "order:1", 1200000)
    # The clock jumps over the days in which a fall could be announced.
    await house.move_to(datetime(2027, 12, 10, 12, 0, tzinfo=SHANGHAI))
    await house.move_to(datetime(2028, 1, 2, 12, 0, tzinfo=SHANGHAI))
    assert (await MemberTier.get(member_id=who.member_id)).local == 5


async def test_a_tier_travels_free_beyond_the_quota(house: House) -> None:
    box = await life(house)
    before = await box.call("GET", f"/boxes/{box.id}/preview")
    await bought(house, box.who, "order:1", 600000)
    after = await box.call("GET", f"/boxes/{box.id}/preview")
    assert after["freight_out_fen"] == 0
    assert before["highest_fen"] >= after["highest_fen"]
