"""A campaign's life through marketing's doors: dry run, launch by two, pause, kill, and what it brought."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.box import BoxState, ParcelState
from domain.care_gate import held_out
from domain.membership import Source
from models import Box, Campaign, CareMessage, Consent, Member, MemberStage, MemberTier, Opinion, Parcel
from services import campaign_audience, campaigns, care_facts, purchases, stages
from services.care_sending import send_due
from services.transaction import transaction
from tests.support.care import a_member, told
from tests.support.house import START, House

TEN = START  # Sunday, 10:00 in Shanghai


def words(**other: Any) -> dict[str, Any]:
    return {
        "name": "秋天的新衬衫",
        "goal": "retain",
        "audience": {"stages": ["observation"]},
        "variants": [
            {"name": "a", "title": "新衬衫", "text": "秋天的新衬衫到了。", "page": "pages/shop/shop", "link": "去看看"}
        ],
        "start_at": (TEN + timedelta(hours=2)).isoformat(),
        "useful_until": (TEN + timedelta(days=3)).isoformat(),
        "spread_minutes": 0,
        **other,
    }


async def drafted(house: House, token: str, **other: Any) -> int:
    made = await house.api("POST", "/staff/campaigns", words(**other), token=token)
    campaign_id: int = made["id"]
    return campaign_id


async def someone(*, consented: bool = True, follows: bool = True, held: bool = False, house: House) -> int:
    """A member who belongs to the control group or not, as asked."""
    while True:
        member = await Member.create(
            first_seen_at=TEN, last_seen_at=TEN, first_source=Source.FOLLOW, follows=follows, follow_told_at=TEN,
            created_at=TEN,
        )  # fmt: skip
        if held_out(member.id, house.shop.rules.care) is held:
            break
        await member.delete()
    await Consent.create(
        member_id=member.id, purpose="promotion", channel="chat", terms_version="1", given=consented, created_at=TEN
    )
    return int(member.id)


async def rows(campaign_id: int) -> dict[int, CareMessage]:
    found = await CareMessage.filter(occurrence=f"campaign:{campaign_id}")
    return {row.member_id: row for row in found}


async def test_the_dry_run_names_the_rule_and_the_launch_does_the_same(house: House) -> None:
    token = await house.staff("marketing1")
    gets = await someone(house=house)
    refuses = await someone(house=house, consented=False)
    left = await someone(house=house, follows=False)
    control = await someone(house=house, held=True)
    campaign_id = await drafted(house, token)
    dry = await house.api("GET", f"/staff/campaigns/{campaign_id}/dry-run", token=token)
    page = await house.api("GET", f"/staff/campaigns/{campaign_id}/people?limit=100", token=token)
    rules = {one["member_id"]: one["rule"] for one in page["items"]}
    wanted = {gets: "", refuses: "no_consent", left: "unfollowed", control: "holdout"}
    assert {member: rules[member] for member in wanted} == wanted
    assert dry["audience"] == len(rules)
    assert dry["receivers"] == sum(rule == "" for rule in rules.values())
    assert await CareMessage.filter(path="campaign").count() == 0, "a dry run writes nothing"
    launched = await house.api("POST", f"/staff/campaigns/{campaign_id}/launch", token=token)
    assert launched["state"] == "planning"
    await campaigns.plan_launched(house.shop)
    planned = await rows(campaign_id)
    assert (planned[gets].state, planned[control].state, planned[control].reason) == ("planned", "skipped", "holdout")
    assert refuses not in planned
    assert left not in planned
    after = await house.api("GET", f"/staff/campaigns/{campaign_id}", token=token)
    assert (after["state"], after["passed_over"]) == ("running", dry["passed_over"])
    await campaigns.plan_launched(house.shop)
    assert len(await rows(campaign_id)) == len(planned), "planned again, nothing is added"


async def test_planning_cut_off_between_pages_goes_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    token = await house.staff("marketing1")
    members = [await someone(house=house) for _ in range(5)]
    monkeypatch.setattr(campaign_audience, "PAGE", 2)
    campaign_id = await drafted(house, token)
    await house.api("POST", f"/staff/campaigns/{campaign_id}/launch", token=token)
    written = 0
    write = campaigns._write

    async def dies(*args: Any, **options: Any) -> Any:
        nonlocal written
        written += 1
        if written == 2:
            raise ConnectionError
        return await write(*args, **options)

    monkeypatch.setattr(campaigns, "_write", dies)
    with pytest.raises(ConnectionError):
        await campaigns.plan_launched(house.shop)
    assert len(await rows(campaign_id)) == 2
    await campaigns.plan_launched(house.shop)
    assert set(await rows(campaign_id)) == set(members)


async def test_it_reaches_the_member_once_and_not_who_has_changed(house: House) -> None:
    token = await house.staff("marketing1")
    person, member_id, _ = await a_member(house)
    other_id, back_id = await someone(house=house), await someone(house=house)
    box = await Box.create(member_id=back_id, state=BoxState.DELIVERED, created_at=TEN)
    if held_out(member_id, house.shop.rules.care):
        pytest.fail("the seed's first member is not held out")
    await CareMessage.all().delete()
    campaign_id = await drafted(house, token)
    await house.api("POST", f"/staff/campaigns/{campaign_id}/launch", token=token)
    await campaigns.plan_launched(house.shop)
    async with transaction():
        await purchases.keep(house.shop, other_id, "box:99", 100)
    await stages.look_at_due(house.shop)
    sent_back = TEN + timedelta(hours=1)
    await Parcel.create(box_id=box.id, direction="back", state=ParcelState.WANTED, created_at=sent_back)
    await house.say(person, "你好")
    await house.move(hours=3)
    found = await rows(campaign_id)
    assert found[member_id].state == "sent"
    assert (found[other_id].state, found[other_id].reason) == ("skipped", "stage_changed")
    assert (found[back_id].state, found[back_id].reason) == ("skipped", "returned_meanwhile")
    said = [item for item in await told(house, person, "custom") if "秋天的新衬衫到了" in str(item)]
    assert len(said) == 1
    await house.move(hours=1)
    assert (await Campaign.get(id=campaign_id)).state == "done"


async def test_a_paused_campaign_waits_and_a_killed_one_is_over(house: House) -> None:
    token = await house.staff("marketing1")
    member_id = await someone(house=house)
    campaign_id = await drafted(house, token)
    at = f"/staff/campaigns/{campaign_id}"
    await house.api("POST", f"{at}/launch", token=token)
    await campaigns.plan_launched(house.shop)
    await house.api("POST", f"{at}/pause", {"why": "a wrong price"}, token=token)
    await house.move(hours=3)
    await send_due(house.shop)
    row = (await rows(campaign_id))[member_id]
    assert (row.state, row.reason) == ("planned", "paused")
    # While it stands still it keeps the day's place from nobody, however important it is.
    await CareMessage.filter(id=row.id).update(priority=99)
    other = await CareMessage.create(
        member_id=member_id, path="welcome", step="welcome.opinion", occurrence="join", message_class="promotion",
        send_at=house.shop.now(), useful_until=TEN + timedelta(days=9), created_at=TEN,
    )  # fmt: skip
    assert not (await care_facts.read(house.shop, [other.id]))[other.id].outranked
    trial = await drafted(house, token, start_at=house.shop.now().isoformat(), spread_minutes=0)
    page = await house.api("GET", f"/staff/campaigns/{trial}/people?limit=1", token=token)
    assert page["items"][0]["send_at"][:10] == "2026-11-22", "today"
    await house.api("POST", f"{at}/resume", token=token)
    assert (await care_facts.read(house.shop, [other.id]))[other.id].outranked
    await house.move(minutes=6)
    assert (await rows(campaign_id))[member_id].state == "sent"

    second = await drafted(house, token, start_at=(TEN + timedelta(days=1)).isoformat())
    await house.api("POST", f"/staff/campaigns/{second}/launch", token=token)
    await campaigns.plan_launched(house.shop)
    await house.api("POST", f"/staff/campaigns/{second}/kill", {"why": "a wrong price"}, token=token)
    row = (await rows(second))[member_id]
    assert (row.state, row.reason) == ("skipped", "killed")
    status, problem = await house.ask("POST", f"/staff/campaigns/{second}/resume", token=token)
    assert (status, problem["code"]) == (409, "wrong_state")


async def test_a_launch_to_many_needs_a_second_person(house: House) -> None:
    token, second = await house.staff("marketing1"), await house.staff("admin1")
    for _ in range(3):
        await someone(house=house)
    rules = house.shop.rules
    object.__setattr__(rules.campaign, "second_person_above", 2)
    try:
        campaign_id = await drafted(house, token)
        asked = await house.api("POST", f"/staff/campaigns/{campaign_id}/launch", token=token)
        assert asked["state"] == "asked"
        assert await campaigns.plan_launched(house.shop) == 0
        status, problem = await house.ask("PUT", f"/staff/campaigns/{campaign_id}", words(name="x"), token=token)
        assert (status, problem["code"]) == (409, "wrong_state"), "what was asked about stays as it is"
        waiting = await house.api("GET", "/staff/approvals?state=asked", token=second)
        approval_id = waiting["items"][0]["id"]
        status, problem = await house.ask("POST", f"/staff/approvals/{approval_id}/approve", {}, token=token)
        assert status in (403, 409)
        await house.api("POST", f"/staff/approvals/{approval_id}/approve", {"note": "fine"}, token=second)
        assert await campaigns.plan_launched(house.shop) >= 3
        # Ended while it was asked about: the question can still be closed, and nothing follows.
        other_id = await drafted(house, token)
        await house.api("POST", f"/staff/campaigns/{other_id}/launch", token=token)
        await house.api("POST", f"/staff/campaigns/{other_id}/kill", {"why": "a wrong price"}, token=token)
        [open_one] = (await house.api("GET", "/staff/approvals?state=asked", token=second))["items"]
        await house.api("POST", f"/staff/approvals/{open_one['id']}/approve", {"note": "fine"}, token=second)
        assert (await Campaign.get(id=other_id)).state == "killed"
    finally:
        object.__setattr__(rules.campaign, "second_person_above", 1000)


async def sent(campaign_id: int, member_id: int, at: datetime, *, control: bool = False) -> None:
    await CareMessage.create(
        member_id=member_id, path="campaign", step=f"campaign:{campaign_id}", occurrence=f"campaign:{campaign_id}",
        edition="a", message_class="promotion", send_at=at, useful_until=at + timedelta(days=1), created_at=at,
        state="skipped" if control else "sent", reason="holdout" if control else "", sent_at=None if control else at,
    )  # fmt: skip


async def test_the_report_counts_orders_of_seven_days_net_of_returns_against_the_control(house: House) -> None:
    token = await house.staff("marketing1")
    campaign_id = await drafted(house, token)
    members = [await someone(house=house) for _ in range(6)]
    for number, member_id in enumerate(members):
        await sent(campaign_id, member_id, TEN, control=number >= 4)
    week = timedelta(days=7)
    async with transaction():
        for ref, member_id, at, fen in (
            ("box:1", members[0], TEN + week, 500),
            ("box:2", members[1], TEN + week + timedelta(seconds=1), 700),
            ("box:3", members[2], TEN + timedelta(hours=1), 900),
            ("box:4", members[4], TEN + timedelta(hours=1), 100),
            # Silent for longer than growth lasts, and back: won again.
            ("box:5", members[0], TEN - timedelta(days=120), 100),
        ):
            await purchases.keep(house.shop, member_id, ref, fen, bought_at=at)
        await purchases.keep(house.shop, members[2], "box:3", 0)
    report = await house.api("GET", f"/staff/campaigns/{campaign_id}/report", token=token)
    assert report["received"] == {"members": 4, "ordered": 1, "net_fen": 500}
    assert report["control"] == {"members": 2, "ordered": 1, "net_fen": 100}
    assert report["lift"]["points"] == pytest.approx(-0.25)
    assert report["states"] == {"sent": 4, "skipped:holdout": 2}
    groups = [(g["variant"], g["first_orders"], g["returned"], g["value"]) for g in report["groups"]]
    assert groups == [("", 1, 0, 0), ("a", 0, 1, 1)]
    async with transaction():
        await purchases.keep(house.shop, members[0], "box:6", 100, bought_at=TEN - timedelta(days=120, seconds=-1))
    report = await house.api("GET", f"/staff/campaigns/{campaign_id}/report", token=token)
    assert [g["returned"] for g in report["groups"]] == [0, 0], "a second less, and she was never away"


AUDIENCES: list[tuple[dict[str, Any], set[str]]] = [
    ({"bought_within_days": 30}, {"lately"}),
    ({"silent_days": 30}, {"long_ago"}),
    ({"silent_days": 5, "bought_within_days": 30}, {"lately"}),
    ({"orders_365_min": 1}, {"lately", "long_ago"}),
    ({"orders_365_min": 2}, {"lately"}),
    ({"orders_365_max": 1}, {"long_ago", "new"}),
    ({"spend_365_min_fen": 50_000}, {"long_ago"}),
    ({"spend_365_max_fen": 200}, {"lately", "new"}),
    ({"joined_within_days": 10}, {"new"}),
    ({"stages": ["growth", "decline"]}, {"lately", "long_ago"}),
    ({"stages": ["growth"]}, {"lately"}),
    ({"plan": True}, set()),
    ({"tiers": [1, 3]}, {"lately", "long_ago"}),
    ({"tiers": [4]}, {"new"}),
    ({"super_user": True}, {"new"}),
    ({"tags": ["爱旅行", "店员"]}, {"lately", "new"}),
    ({"tags": ["旅行"]}, set()),
    ({"did": "opined", "did_within_days": 7}, {"new"}),
    ({"missed": "opined", "missed_within_days": 7, "plan": False}, {"lately", "long_ago"}),
    ({"did": "seen", "did_within_days": 1, "stages": ["growth"]}, {"lately"}),
]


async def test_an_audience_is_who_it_says(house: House) -> None:
    token = await house.staff("marketing1")
    await Member.all().update(merged_into_id=0)
    names: dict[int, str] = {}
    for name, joined, bought, fen in (("lately", 400, 10, 100), ("long_ago", 400, 130, 60_000), ("new", 5, 0, 0)):
        member_id = await someone(house=house)
        names[member_id] = name
        await Member.filter(id=member_id).update(first_seen_at=TEN - timedelta(days=joined))
        if fen:
            async with transaction():
                at = TEN - timedelta(days=bought)
                await purchases.keep(house.shop, member_id, f"box:{name}", fen, bought_at=at)
    by_name = {name: member_id for member_id, name in names.items()}
    async with transaction():
        at = TEN - timedelta(days=9)
        await purchases.keep(house.shop, by_name["lately"], "order:lately", 100, bought_at=at)
    # A partner's level counts as much as one earned here.
    await MemberTier.create(member_id=by_name["new"], matched=4, super_year=2026, created_at=TEN)
    await Opinion.create(member_id=by_name["new"], source="chat", text="x", created_at=TEN - timedelta(days=6))
    for name, tag in (("lately", "爱旅行"), ("new", "店员")):
        at_tags = f"/staff/members/{by_name[name]}/tags"
        assert (await house.api("PUT", at_tags, {"tags": [tag]}, token=token))["tags"] == [tag]
    await stages.pass_all(house.shop)
    assert await MemberStage.all().count() == 3
    campaign_id = await drafted(house, token)
    for audience, wanted in AUDIENCES:
        await house.api("PUT", f"/staff/campaigns/{campaign_id}", words(audience=audience), token=token)
        page = await house.api("GET", f"/staff/campaigns/{campaign_id}/people?limit=100", token=token)
        assert {names[one["member_id"]] for one in page["items"]} == wanted, audience
        counted = await house.api("POST", "/staff/segments/preview", {"audience": audience}, token=token)
        assert counted["members"] == len(wanted), audience
    for wrong, field in (
        ({"silent_days": 30, "bought_within_days": 30}, "silent_days"),
        ({"orders_365_min": 3, "orders_365_max": 2}, "orders_365_min"),
        ({"did": "booked"}, "did_within_days"),
    ):
        status, problem = await house.ask("POST", "/staff/segments/preview", {"audience": wrong}, token=token)
        assert (status, problem["field"]) == (422, field), problem
