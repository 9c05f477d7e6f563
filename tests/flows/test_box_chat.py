"""Keeping, sending back and the automatic renewal by chat: the pieces meant, one read-back, a yes."""

from domain.membership import Purpose
from models import BoxItem, Parcel
from services import consents, plans
from tests.support.boxes import Life, life
from tests.support.house import House


async def at_home(house: House) -> Life:
    """A box of five pieces, signed; its member follows the account."""
    mine = await life(house)
    await mine.cover("pay_score")
    await mine.signed()
    await house.follow(mine.who.person)
    await house.move(seconds=30)
    return mine


async def states(mine: Life) -> list[str]:
    return [item.state for item in await BoxItem.filter(box_id=mine.id).order_by("id")]


async def test_pieces_are_kept_after_a_read_back_and_a_yes(house: House) -> None:
    mine = await at_home(house)
    person = mine.who.person
    reply = await house.say(person, "我要留下盒子里的衣服")
    assert "5 件都标成留下" in reply, "who names no piece means the box"
    assert f"1. {mine.items[0]['name']}" in reply
    reply = await house.say(person, "1和3")
    assert mine.items[0]["name"] in reply
    assert mine.items[2]["name"] in reply
    assert "回复「是」" in reply
    assert set(await states(mine)) == {"at_member"}, "nothing before the yes"
    reply = await house.say(person, "是")
    assert "记下了，这 2 件" in reply
    assert f"pages/box/box?id={mine.id}" in reply, "money is settled in the mini-program"
    assert (await states(mine)).count("keeping") == 2


async def test_pieces_go_back_with_a_reason_and_a_deadline(house: House) -> None:
    mine = await at_home(house)
    person = mine.who.person
    name = mine.items[1]["name"]
    reply = await house.say(person, f"{name}太大了 我想退回去")
    assert name in reply
    assert "原因：尺码" in reply
    reply = await house.say(person, "对")
    assert "登记好了，退回 1 件" in reply
    assert "24:00 前交给快递" in reply
    assert "预约上门取件" in reply
    item = await BoxItem.get(id=mine.items[1]["id"])
    assert (item.state, item.reason) == ("returning", "size")
    assert await Parcel.filter(box_id=mine.id, direction="back").count() == 1


async def test_a_no_and_giving_up_change_nothing(house: House) -> None:
    mine = await at_home(house)
    person = mine.who.person
    await house.say(person, "整盒全部退回")
    assert "先不动" in await house.say(person, "不")
    await house.say(person, "整盒全部退回")
    assert "放下" in await house.say(person, "算了")
    assert set(await states(mine)) == {"at_member"}


async def test_the_automatic_renewal_is_ended_by_a_yes(house: House) -> None:
    mine = await life(house)
    person = mine.who.person
    await house.follow(person)
    await house.move(seconds=30)
    member_id = int((await house.api("GET", "/me", token=await house.login(person)))["member_id"])
    assert "没有开自动续费" in await house.say(person, "关闭自动续费")
    await plans.allow_renewal(house.shop, member_id, "miniapp")
    assert "要关掉自动续费吗" in await house.say(person, "关闭自动续费")
    assert await consents.consented(member_id, Purpose.RENEWAL)
    assert "已经关了" in await house.say(person, "是的")
    assert not await consents.consented(member_id, Purpose.RENEWAL)
