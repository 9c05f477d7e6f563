"""A partner's level, matched at once, on trial for three months, and gone with the link."""

import asyncio
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest

from models import InboxNote, Member, PartnerLink, PartnerTrial
from services import tiers
from tests.support.house import House
from tests.support.money import shopper

CODE = "xinghe"


async def tells(
    house: House, account: str, level: int, *, ticket: str = "", age_seconds: int = 0, number: str = "",
    secret: str = "",
) -> tuple[int, dict[str, Any]]:  # fmt: skip
    """The partner's own server says what level an account has."""
    said_at = house.shop.now() - timedelta(seconds=age_seconds)
    body = json.dumps(
        {
            "id": number or f"{account}:{level}:{said_at.isoformat()}:{ticket[:6]}", "account": account, "level": level,
            "at": said_at.isoformat(), "ticket": ticket,
        }
    ).encode()  # fmt: skip
    key = secret or house.settings.partners.secrets[CODE].get_secret_value()
    told = str(int(said_at.timestamp()))
    signature = hmac.new(key.encode(), told.encode() + b"\n" + body, hashlib.sha256).hexdigest()
    headers = {"X-Partner-Time": told, "X-Partner-Signature": signature}
    async with house.http.post(f"{house.base}/api/notify/partner/{CODE}", data=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def level_of(house: House, member_id: int) -> int:
    return (await tiers.place(house.shop, member_id)).tier.level


async def test_level_four_is_gold_shield_at_once_and_confirmed_after_three_months(house: House) -> None:
    who = await shopper(house)
    await house.follow(who.person)
    await house.move(seconds=5)
    assert "星河会员（还没绑定）" in await house.say(who.person, "你们能匹配其他平台的会员等级吗")
    ticket = (await house.api("POST", f"/me/partners/{CODE}/ticket", token=who.token))["ticket"]
    assert (await tells(house, "acc-1", 4, ticket=ticket))[0] == 200
    assert (await house.api("GET", "/me/tier", token=who.token))["tier"]["name"] == "金盾"
    [page] = (await house.api("GET", "/me/partners", token=who.token))["items"]
    assert (page["state"], page["level"], page["tier"]) == ("trial", 4, "金盾")
    assert page["settles_at"] == "2027-02-22T16:00:00Z"
    said = await house.say(who.person, "我的合作会员等级匹配得怎么样了")
    assert "已对应到金盾" in said
    assert "2027年2月22日" in said
    await house.move_to(house.shop.now().replace(year=2027, month=2, day=22, hour=15, minute=59))
    assert (await PartnerLink.get()).state == "trial"
    await house.move(minutes=2)
    assert (await PartnerLink.get()).state == "confirmed"
    # What is confirmed is the member's own, until it is unlinked: then nothing of the account is left.
    await tells(house, "acc-1", 0)
    assert await level_of(house, who.member_id) == 4
    token = await house.login(who.person)
    await house.api("DELETE", f"/me/partners/{CODE}", token=token)
    link = await PartnerLink.get()
    assert (link.account_index, link.level, link.matched, link.state) == (None, 0, 0, "none")
    assert await level_of(house, who.member_id) == 1
    assert await InboxNote.filter(member_id=who.member_id, title="合作会员等级").count() == 3
    history = (await house.api("GET", "/me/tier", token=token))["history"]
    assert [(line["old"], line["new"]) for line in history] == [("4", "1"), ("1", "4")]


async def test_a_lost_level_ends_the_trial_that_very_day_and_there_is_no_second_one(house: House) -> None:
    one, two = await shopper(house), await shopper(house, "周二")
    ticket = (await house.api("POST", f"/me/partners/{CODE}/ticket", token=one.token))["ticket"]
    await tells(house, "acc-1", 4, ticket=ticket)
    # An older word that arrives late, and one that comes twice, change nothing.
    await tells(house, "acc-1", 2, age_seconds=60)
    assert await level_of(house, one.member_id) == 4
    await house.move(days=1)
    await tells(house, "acc-1", 3)
    assert (await PartnerLink.get()).state == "ended"
    assert await level_of(house, one.member_id) == 1
    await house.move(minutes=1)
    await tells(house, "acc-1", 7)
    assert await level_of(house, one.member_id) == 1
    # Not after linking anew either, and not through another member.
    token = await house.login(one.person)
    await house.api("DELETE", f"/me/partners/{CODE}", token=token)
    for who in (one, two):
        token = await house.login(who.person)
        ticket = (await house.api("POST", f"/me/partners/{CODE}/ticket", token=token))["ticket"]
        assert (await tells(house, "acc-1", 7, ticket=ticket))[0] == 200
        assert await level_of(house, who.member_id) == 1
        await house.api("DELETE", f"/me/partners/{CODE}", token=token)
    assert await PartnerTrial.all().count() == 1


async def test_who_comes_from_the_partner_is_a_member_by_that_way(house: House) -> None:
    person = house.world.add_person("从合作方来")
    _, said = await tells(house, "acc-9", 5)
    code = (await house.wechat(f"/people/{person.id}/login-code"))["code"]
    await house.api("POST", "/session", {"code": code, "partner_ticket": said["ticket"]})
    [member] = await Member.all()
    assert (member.first_source, member.first_scene) == ("partner", CODE)
    assert await level_of(house, member.id) == 5
    # The ticket is spent: whoever else brings it logs in, and nothing is linked.
    other = house.world.add_person("别人")
    code = (await house.wechat(f"/people/{other.id}/login-code"))["code"]
    await house.api("POST", "/session", {"code": code, "partner_ticket": said["ticket"]})
    assert await PartnerLink.all().count() == 1
    token = await house.login(other)
    told = await house.api("POST", f"/me/partners/{CODE}/link", {"ticket": said["ticket"]}, token=token, status=422)
    assert told["field"] == "ticket"
    await house.api("POST", "/me/partners/nobody/ticket", token=token, status=404)
    await house.api("DELETE", f"/me/partners/{CODE}", token=token, status=404)


async def test_what_is_not_the_partners_word_is_refused(house: House) -> None:
    assert (await tells(house, "acc-1", 4, secret="wrong"))[0] == 401
    assert (await tells(house, "acc-1", 4, age_seconds=301))[0] == 401
    assert (await tells(house, "acc-1", 400))[0] == 400
    assert (await tells(house, "acc-1", 4, ticket="never-given"))[0] == 422
    first, again = await tells(house, "acc-1", 4, number="7"), await tells(house, "acc-1", 4, number="7")
    assert first == again


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_one_account_for_five_members_at_once(house: House) -> None:
    people = [await shopper(house, f"人{number}") for number in range(5)]
    tickets = [(await house.api("POST", f"/me/partners/{CODE}/ticket", token=who.token))["ticket"] for who in people]
    told = await asyncio.gather(*(tells(house, "acc-1", 4, ticket=ticket) for ticket in tickets))
    assert sorted(status for status, _ in told) == [200, 409, 409, 409, 409]
    assert await PartnerLink.filter(account_index__not_isnull=True).count() == 1
