"""A campaign that recurs: launched as a whole, each day of it one campaign with a report of its own."""

from datetime import timedelta
from typing import Any

from models import Campaign, CareMessage
from services import campaign_series, campaigns
from services.care_sending import send_due
from tests.flows.test_campaigns import someone, words
from tests.support.house import House

SUNDAY = {"every": "week", "on_day": 7, "at": "12:00", "first_on": "2026-11-22", "last_on": "2026-12-06"}
SAID = {name: value for name, value in words().items() if name not in ("start_at", "useful_until")}


async def drafted(house: House, token: str, **schedule: Any) -> str:
    made = await house.api("POST", "/staff/series", {**SAID, "schedule": {**SUNDAY, **schedule}}, token=token)
    assert made["coming"] == ["2026-11-22", "2026-11-29", "2026-12-06"]
    return f"/staff/series/{made['id']}"


async def run(house: House, **later: float) -> list[Campaign]:
    """Move the clock and do what the jobs of campaigns do, twice: nothing is done twice."""
    house.world.clock.set(house.shop.now() + timedelta(**later), frozen=True)
    for _ in range(2):
        await campaign_series.begin_due(house.shop)
        await campaigns.plan_launched(house.shop)
        await send_due(house.shop)
    return await Campaign.all().order_by("series_on")


async def test_each_day_of_a_series_is_one_campaign(house: House) -> None:
    token = await house.staff("marketing1")
    member_id = await someone(house=house)
    at = await drafted(house, token)
    assert (await house.api("GET", f"{at}/dry-run", token=token))["receivers"] == 1
    assert (await house.api("POST", f"{at}/launch", token=token))["state"] == "running"
    assert await run(house, hours=1) == [], "at eleven its time has not come"
    [first] = await run(house, hours=1)
    assert (str(first.series_on), first.state.value) == ("2026-11-22", "done"), "all of it has left"
    [message] = await CareMessage.filter(member_id=member_id, path="campaign")
    assert message.state == "sent"
    assert len(await run(house, days=6)) == 1
    assert len(await run(house, days=1)) == 2
    assert await CareMessage.filter(member_id=member_id, path="campaign", state="sent").count() == 2
    token = await house.staff("marketing1")
    sheet = await house.api("GET", at, token=token)
    assert [one["series_on"] for one in sheet["occurrences"]] == ["2026-11-29", "2026-11-22"]
    report = await house.api("GET", f"/staff/campaigns/{first.id}/report", token=token)
    assert report["states"] == {"sent": 1}
    # Paused over its day, the day is left out; its last day is over.
    await house.api("POST", f"{at}/pause", {"why": "a wrong price"}, token=token)
    assert len(await run(house, days=7, hours=13)) == 2
    token = await house.staff("marketing1")
    await house.api("POST", f"{at}/resume", token=token)
    assert len(await run(house, hours=1)) == 2, "too late for the day it was paused over"
    assert (await house.api("GET", at, token=token))["state"] == "done"


async def test_a_series_to_many_needs_a_second_person_and_so_does_a_day_that_outgrows_it(house: House) -> None:
    token, second = await house.staff("marketing1"), await house.staff("admin1")
    await someone(house=house)
    rules = house.shop.rules
    object.__setattr__(rules.campaign, "second_person_above", 1)
    try:
        alone = await drafted(house, token)
        assert (await house.api("POST", f"{alone}/launch", token=token))["state"] == "running"
        await someone(house=house)
        both = await drafted(house, token)
        assert (await house.api("POST", f"{both}/launch", token=token))["state"] == "asked"
        waiting = await house.api("GET", "/staff/approvals?state=asked", token=second)
        await house.api("POST", f"/staff/approvals/{waiting['items'][0]['id']}/approve", {"note": "fine"}, token=second)
        states = {one.series_id: one.state.value for one in await run(house, hours=2)}
        assert states == {int(alone.split("/")[-1]): "asked", int(both.split("/")[-1]): "done"}
        [asked] = (await house.api("GET", "/staff/approvals?state=asked", token=second))["items"]
        await house.api("POST", f"/staff/approvals/{asked['id']}/refuse", {"note": "too many"}, token=second)
        await house.api("POST", f"{both}/kill", {"why": "a wrong price"}, token=token)
        assert {one.state.value for one in await run(house, hours=1)} == {"killed", "done"}
    finally:
        object.__setattr__(rules.campaign, "second_person_above", 1000)
