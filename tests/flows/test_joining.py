"""A follower becomes a member, whatever the door, the order, and however often it is told."""

import asyncio

from models import CareMessage, Consent, Identity, Member, PointsLot, SourceSeen
from services import points
from tests.support.house import House, reply_text


async def test_a_follow_makes_one_member_and_one_welcome(house: House) -> None:
    person = house.world.add_person("小雨")
    told = await house.follow(person, scene="poster-7")
    assert [d["status"] for d in told["deliveries"]] == [200]
    assert "欢迎来到盒子" in reply_text(told)
    [member] = await Member.all()
    assert (member.first_source, member.first_scene, member.follows) == ("scene", "poster-7", True)
    assert member.first_seen_at == house.shop.now()

    await house.wechat(f"/people/{person.id}/unfollow")
    await member.refresh_from_db()
    assert member.follows is False
    await house.move(minutes=5)
    told = await house.follow(person)
    assert "欢迎回来" in reply_text(told)
    await member.refresh_from_db()
    assert (member.follows, member.first_scene, await Member.all().count()) == (True, "poster-7", 1)
    assert await SourceSeen.filter(member_id=member.id).count() == 2
    assert await CareMessage.filter(member_id=member.id, path="welcome").exists()


async def test_three_deliveries_at_once_make_one_member_and_one_welcome(house: House) -> None:
    person = house.world.add_person("小禾")
    await house.wechat("/faults", {"match": "callback:subscribe", "kind": "duplicate", "times": 3})
    told = await house.follow(person)
    assert len(told["deliveries"]) >= 2
    replies = {reply_text({"deliveries": [d]}) for d in told["deliveries"]}
    assert len(replies) == 1
    assert await Member.all().count() == 1
    assert await Identity.all().count() == 1


async def test_follow_and_login_in_either_order_are_one_person_with_one_gift(house: House) -> None:
    first, second = house.world.add_person("先关注"), house.world.add_person("先登录")
    await house.follow(first)
    await house.move(seconds=5)
    await house.login(first)
    # WeChat tells whole seconds: what is told of the same one is not earlier than the login.
    await house.move(seconds=0.4)
    await house.login(second)
    await house.follow(second)
    await house.move(seconds=5)
    assert await Member.filter(merged_into_id=None).count() == 2
    for person in (first, second):
        found = await Member.filter(unionid=person.unionid).all()
        assert len(found) == 1
        assert await Identity.filter(member_id=found[0].id).count() == 2
        assert found[0].first_source == ("follow" if person is first else "login")
        assert await PointsLot.filter(member_id=found[0].id, reason="welcome").count() == 1
        assert (await points.balance(house.shop, found[0].id)).usable == 100


async def test_many_doors_at_once_leave_one_person(house: House) -> None:
    people = [house.world.add_person(f"人{i}") for i in range(10)]
    await asyncio.gather(*(house.follow(p) for p in people), *(house.login(p) for p in people))
    await asyncio.gather(*(house.login(p) for p in people), *(house.say(p, "你好") for p in people))
    await house.move(seconds=10)
    await house.move(seconds=10)
    assert await Member.filter(merged_into_id=None).count() == 10
    assert await PointsLot.filter(reason="welcome").count() == 10


async def test_an_unfollow_withdraws_promotion_and_following_again_does_not_revive_it(house: House) -> None:
    person = house.world.add_person("小满")
    await house.follow(person)
    early = await house.login(person)
    await house.move(seconds=5)
    # Login came before WeChat told who the follower is: the two became one, and that session is over.
    await house.api("PUT", "/me/consents/promotion", {"given": True}, token=early, status=401)
    token = await house.login(person)
    await house.api("PUT", "/me/consents/promotion", {"given": True}, token=token)
    await house.wechat(f"/people/{person.id}/unfollow")
    await house.move(seconds=30)
    await house.follow(person)
    me = await house.api("GET", "/me", token=await house.login(person))
    assert me["consents"]["promotion"] is False
    assert await Consent.filter(purpose="promotion").count() == 2


async def test_notices_in_the_wrong_order_leave_the_newer_state(house: House) -> None:
    person = house.world.add_person("小寒")
    await house.wechat("/faults", {"match": "callback:subscribe", "kind": "reorder", "times": 1})
    await house.follow(person)
    await house.move(seconds=30)
    await house.wechat(f"/people/{person.id}/unfollow")
    await house.wechat("/settle")
    [member] = await Member.all()
    assert member.follows is False
