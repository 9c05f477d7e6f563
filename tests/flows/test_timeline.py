"""The staff's view of one member: found by phone, one ordered list, page by page."""

from models import AuditEntry
from tests.support.house import House
from tests.support.money import buy, shopper


async def test_everything_in_one_order(house: House) -> None:
    who = await shopper(house)
    await buy(house, who)
    await house.move(days=1)
    await house.follow(who.person)
    await house.move(seconds=5)
    await house.say(who.person, "我还有多少积分")
    desk = await house.staff("service1")
    path = f"/staff/members/{who.member_id}/timeline"
    whole = await house.api("GET", f"{path}?limit=100", token=desk)
    kinds = {line["kind"] for line in whole["items"]}
    assert {"source", "points", "payment", "plan", "member", "chat"} <= kinds
    instants = [line["at"] for line in whole["items"]]
    assert instants == sorted(instants, reverse=True)
    paged, cursor = [], ""
    while True:
        page = await house.api("GET", f"{path}?limit=3&cursor={cursor}", token=desk)
        paged += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = page["next_cursor"]
    assert paged == whole["items"]
    await house.api("GET", "/staff/members/999999/timeline", token=desk, status=404)


async def test_found_by_phone_and_noted(house: House) -> None:
    who = await shopper(house)
    code = (await house.wechat(f"/people/{who.person.id}/phone-code"))["code"]
    await house.api("POST", "/me/phone", {"code": code}, token=who.token)
    desk = await house.staff("service1")
    found = await house.api("POST", "/staff/members/search", {"phone": who.person.phone}, token=desk)
    assert found["member_id"] == who.member_id
    assert found["phone"] == who.person.phone[:3] + "****" + who.person.phone[-4:]
    await house.api("POST", "/staff/members/search", {"phone": "13900000000"}, token=desk, status=404)
    assert await AuditEntry.filter(action="member.search").count() == 2
    await house.api("POST", "/staff/members/search", {"phone": who.person.phone}, token=who.token, status=403)
