"""A named segment: counted, saved, saved again, pinned by a campaign, asked about by a path."""

from typing import Any

from domain.path import Event
from models import CareMessage, PathTurn
from services import campaigns, care, path_walking
from services.care_sending import send_due
from services.transaction import transaction
from tests.flows.test_campaigns import TEN, someone, words
from tests.support.house import House

PATH: dict[str, Any] = {
    "title": "老友", "event": "opinion", "goal": "loyalty", "kpi": "orders", "topic": "care", "segment": "老友",
    "steps": [
        {"name": "fork", "does": "branch", "if": "in_segment", "segment": "老友", "then": "dear", "otherwise": "other"},
        {"name": "call", "does": "task", "line": "dear", "text": "打个电话"},
        {"name": "note", "does": "task", "line": "other", "text": "看一看"},
    ],
}  # fmt: skip


async def test_a_segment_is_counted_saved_and_pinned(house: House) -> None:
    token = await house.staff("marketing1")
    old, new = await someone(house=house), await someone(house=house, follows=False)
    tags = {old: ["老友"], new: ["新友"]}
    for member_id, names in tags.items():
        await house.api("PUT", f"/staff/members/{member_id}/tags", {"tags": names}, token=token)
    assert (await house.api("GET", "/staff/tags", token=token))["tags"] == {"老友": 1, "新友": 1}
    made = await house.api(
        "POST", "/staff/segments", {"name": "老友", "audience": {"tags": ["老友"]}, "why": "tried"}, token=token
    )
    at = f"/staff/segments/{made['id']}"
    again = {"name": "老友", "audience": {}, "why": "twice"}
    assert (await house.ask("POST", "/staff/segments", again, token=token))[1]["field"] == "name"
    compared = {"audience": {"tags": ["新友"]}, "instead_of": made["id"]}
    [flow] = (await house.api("POST", "/staff/segments/preview", compared, token=token))["flows"]
    assert flow == {
        "stage": "observation", "members": 1, "following": 0, "consented": 1, "stay": 0, "come": 1, "leave": 1,
    }  # fmt: skip

    body = words(name="给老友", segment_id=made["id"])
    both = await house.ask("POST", "/staff/campaigns", body, token=token)
    assert (both[0], both[1]["field"]) == (422, "audience"), "an audience and a segment"
    del body["audience"]
    campaign = await house.api("POST", "/staff/campaigns", body, token=token)
    assert (campaign["segment_id"], campaign["segment_version"]) == (made["id"], 1)
    saved = {"audience": {"tags": ["新友"]}, "based_on": 1, "why": "others"}
    assert (await house.api("PUT", at, saved, token=token))["version"] == 2
    assert (await house.ask("PUT", at, saved, token=token))[0] == 409, "somebody saved meanwhile"
    sheet = await house.api("GET", at, token=token)
    assert [(v["version"], v["audience"]["tags"]) for v in sheet["versions"]] == [(2, ["新友"]), (1, ["老友"])]
    await house.api("POST", f"/staff/campaigns/{campaign['id']}/launch", token=token)
    await campaigns.plan_launched(house.shop)
    [planned] = await CareMessage.filter(path="campaign")
    assert planned.member_id == old, "the version it was made for"
    # Whoever is no longer meant at the instant of sending gets nothing.
    await house.api("PUT", f"/staff/members/{old}/tags", {"tags": []}, token=token)
    house.world.clock.set(TEN.replace(hour=5), frozen=True)
    await send_due(house.shop)
    await planned.refresh_from_db()
    assert (planned.state, planned.reason) == ("skipped", "left_audience")

    # A path lets in, and asks about, whom the newest version means.
    nowhere = {**PATH, "segment": "nobody"}
    checked = await house.api("POST", "/staff/paths/friends/check", {"spec": nowhere}, token=token)
    assert [problem["where"] for problem in checked["problems"]] == ["segment"]
    await house.api("PUT", "/staff/paths/friends", {"spec": PATH, "based_on": 0, "why": "tried"}, token=token)
    async with transaction():
        for member_id in (old, new):
            await care.start(house.shop, member_id, Event.OPINION, "opinion:1", house.shop.now())
    await path_walking.walk_due(house.shop)
    turns = await PathTurn.filter(path="friends").order_by("id")
    assert {turn.member_id for turn in turns} == {new}, "who is not meant does not enter"
    assert [(turn.step, turn.outcome) for turn in turns[:1]] == [("friends.fork", "yes:dear")]
