"""The month's broadcasts: four a follower, a place reserved each, one call for all, and WeChat's account of it."""

from datetime import timedelta
from typing import Any

from models import BroadcastPlace, CareMessage, Consent, MassSend
from sandbox.api.mass import MassSends
from sandbox.world import Fault, Person
from services import broadcasts, campaigns, outside
from tests.flows.test_campaigns import TEN, rows, words
from tests.support.care import member_id_of, told
from tests.support.house import House

SECOND = timedelta(seconds=1)


async def follower(house: House, name: str) -> tuple[Person, int]:
    """One who follows and has agreed to promotions, and is not of the control group."""
    person = house.world.add_person(name)
    await house.follow(person)
    member_id = await member_id_of(house, person)
    await Consent.create(
        member_id=member_id, purpose="promotion", channel="chat", terms_version="1", given=True, created_at=TEN
    )
    return person, member_id


async def launched(house: House, token: str, days: float, **other: Any) -> tuple[int, dict[str, Any]]:
    """A broadcast so many days from now: its id, and what the launch said."""
    start_at = house.shop.now() + timedelta(days=days, hours=1)
    body = words(
        way="mass", audience={}, start_at=start_at.isoformat(), useful_until=(start_at + timedelta(hours=3)).isoformat()
    )
    made = await house.api("POST", "/staff/campaigns", {**body, **other}, token=token)
    _, said = await house.ask("POST", f"/staff/campaigns/{made['id']}/launch", token=token)
    await campaigns.plan_launched(house.shop)
    return made["id"], said


async def work(house: House, **by: float) -> None:
    """Move the clock, send what is due, and let WeChat work and tell."""
    house.world.clock.set(house.shop.now() + timedelta(**by), frozen=True)
    await broadcasts.send_due(house.shop)
    house.world.clock.set(house.shop.now() + 30 * SECOND, frozen=True)
    await house.world.settle()
    await campaigns.plan_launched(house.shop)


async def test_four_a_month_are_planned_sent_and_accounted_for(house: House) -> None:
    object.__setattr__(house.shop.rules.care, "holdout_percent", 0)
    token = await house.staff("marketing1")
    (ann, one), (_, two), (_, three) = [await follower(house, name) for name in ("安", "贝", "陈")]
    month = "/staff/broadcasts?month=2026-11"
    first, said = await launched(house, token, 0)
    assert said["state"] == "planning"
    found = await house.api("GET", month, token=token)
    assert (found["allowance"], found["left"]) == (4, {"3": 3}), "reserved from planning on"
    assert found["broadcasts"][0]["states"] == {"reserved": 3}
    # Who left, or is in a person's chat, at the instant of sending is asked about as before any other send.
    await house.api("PUT", f"/staff/members/{three}/tags", {"tags": ["x"]}, token=token)
    await Consent.create(
        member_id=three, purpose="promotion", channel="chat", terms_version="1", given=False,
        created_at=house.shop.now() + SECOND,
    )  # fmt: skip
    await work(house, hours=1)
    planned = await rows(first)
    assert [(planned[m].state, planned[m].channel) for m in (one, two)] == [("sent", "mass")] * 2
    assert (planned[three].state, planned[three].reason) == ("skipped", "no_consent")
    assert len([item for item in await told(house, ann, "mass") if "秋天的新衬衫到了" in str(item)]) == 1
    call = (await house.api("GET", month, token=token))["broadcasts"][0]["calls"][0]
    assert (call["state"], call["status"], call["sent_count"], call["error_count"]) == (
        "finished",
        "send success",
        2,
        0,
    )
    assert (await house.api("GET", f"/staff/campaigns/{first}/report", token=token))["received"]["members"] == 2
    assert await BroadcastPlace.get(member_id=three, month="2026-11").values("taken") == {"taken": 0}, "given back"
    await work(house)
    assert len(house.world.room(MassSends).jobs) == 1, "never twice"

    later = [await launched(house, token, days) for days in (1, 2, 3)]
    assert [said["state"] for _, said in later] == ["planning"] * 3
    found = await house.api("GET", month, token=token)
    assert found["left"] == {"0": 2, "4": 1}
    _, fifth = await launched(house, token, 4)
    assert (fifth["code"], fifth["facts"]) == ("too_many", {"what": "broadcasts", "limit": 4})
    people = await house.api("GET", f"{month.replace('?', '/people?')}&left=0", token=token)
    assert [place["member_id"] for place in people["items"]] == sorted([one, two])
    # Killed, its places are free again.
    await house.api("POST", f"/staff/campaigns/{later[2][0]}/kill", {"why": "a wrong price"}, token=token)
    assert (await house.api("GET", month, token=token))["left"] == {"1": 2, "4": 1}
    dry = await house.api("GET", f"/staff/campaigns/{later[0][0]}/dry-run", token=token)
    assert dry["passed_over"] == {"no_consent": 1}


async def test_what_wechat_refuses_is_said_and_a_lost_answer_is_not_sent_twice(house: House) -> None:
    object.__setattr__(house.shop.rules.care, "holdout_percent", 0)
    token = await house.staff("marketing1")
    people = [await follower(house, name) for name in ("安", "贝")]
    slip = {"useful_until": (TEN + timedelta(days=20)).isoformat()}
    status, problem = await house.ask("POST", "/staff/campaigns", words(way="mass", **slip), token=token)
    assert (status, problem["field"]) == (422, "useful_until"), "into the next month"
    said = [{**words()["variants"][0], "text": text} for text in ("全国最低价", "一起刷单")]
    assert (await launched(house, token, 0, variants=said[:1]))[1]["code"] == "claim_unproved"
    risky, answer = await launched(house, token, 0, variants=said[1:])
    # WeChat looks at the words too; what it says at the end is what the messages say.
    if answer.get("code") != "content_refused":
        await work(house, hours=1)
        assert {(row.state, row.reason) for row in (await rows(risky)).values()} == {("failed", "err(10001)")}
        assert await BroadcastPlace.filter(taken__gt=0).count() == 0
    # The answer is lost, WeChat has it: the same job answers the next attempt.
    house.world.inject(Fault(match="/cgi-bin/message/mass/send", kind="drop_after"))
    again, _ = await launched(house, token, 1)
    await work(house, days=1, hours=1)
    house.world.clock.set(house.shop.now() + timedelta(minutes=2), frozen=True)
    await outside.call_due(house.shop)
    assert {row.state for row in (await rows(again)).values()} == {"sent"}
    assert len(await told(house, people[0][0], "mass")) == 1
    # Its end was told before the answer came, so it is asked for.
    await work(house, hours=1)
    assert await MassSend.filter(campaign_id=again, state="finished").count() == 1
    assert await CareMessage.filter(state="sending").count() == 0
