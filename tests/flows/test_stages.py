"""Stages kept by sets agree with the rule, write only what differs, and survive being cut off."""

import random
from datetime import datetime, timedelta

import pytest

from domain.clock import ManualClock
from domain.errors import StaleVersion
from domain.membership import Source
from domain.rules import Rules
from domain.stage import Bought, BuyingRule, Stage, StageRules, standing
from models import Member, MemberStage, MemberTier, Purchase, StageChange, StagePass
from services import purchases, stages
from services.shop import Accounts, Shop
from tests.conftest import NO_SEALER, NOBODY
from tests.support.care import member_id_of
from tests.support.house import START, House


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def shop(database: str, clock: ManualClock) -> Shop:
    return Shop(clock, Rules(), NOBODY, NO_SEALER, Accounts("wx", "wx"))


async def people(count: int, seed: int) -> dict[int, tuple[datetime, list[Bought]]]:
    """Members who joined and bought at random times, some right at an edge."""
    rng = random.Random(seed)
    found: dict[int, tuple[datetime, list[Bought]]] = {}
    for number in range(count):
        joined = START - timedelta(days=rng.choice([0, 1, 30, 89, 90, 91, 400]), seconds=rng.choice([0, 0, 1]))
        member = await Member.create(
            first_seen_at=joined, last_seen_at=joined, first_source=Source.FOLLOW, created_at=joined
        )
        bought = []
        for order in range(rng.choice([0, 0, 1, 2, 3, 4])):
            at = START - timedelta(days=rng.choice([1, 100, 119, 120, 121, 364, 365, 366]), seconds=rng.choice([0, 1]))
            fen = rng.choice([0, 100, 90_000])
            await Purchase.create(
                member_id=member.id, ref=f"box:{number}-{order}", bought_at=at, net_fen=fen, created_at=at
            )
            bought += [Bought(at, fen)] if fen else []
        found[member.id] = joined, bought
    return found


async def there(member_id: int) -> MemberStage:
    return await MemberStage.get(member_id=member_id)


async def test_the_sets_agree_with_the_rule_for_everybody(shop: Shop, clock: ManualClock) -> None:
    everybody = await people(150, seed=7)
    await stages.pass_all(shop)
    for _ in range(4):
        for member_id, (joined, bought) in everybody.items():
            wanted = standing(joined, bought, shop.rules.stage, shop.now())
            row = await there(member_id)
            assert (row.stage, row.look_at) == (wanted.stage, wanted.next_look_at), member_id
        clock.advance(timedelta(days=40))
        await stages.look_at_due(shop)


async def test_a_second_pass_writes_nothing(shop: Shop) -> None:
    await people(40, seed=1)
    first = await stages.pass_all(shop)
    assert first.changed == 40
    written = await MemberStage.all().values(), await StageChange.all().values()
    second = await stages.pass_all(shop)
    assert second.changed == 0
    assert (await MemberStage.all().values(), await StageChange.all().values()) == written


class Killed(BaseException):
    """The process ends here."""


async def test_a_pass_that_was_cut_off_is_resumed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    everybody = await people(30, seed=2)
    monkeypatch.setattr(stages, "RANGE", 10)
    monkeypatch.setattr(stages, "AT_ONCE", 1)
    write, calls = stages._write, 0

    async def dies(now: datetime, version: int) -> tuple[int, int]:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise Killed
        return await write(now, version)

    monkeypatch.setattr(stages, "_write", dies)
    with pytest.raises(Killed):
        await stages.pass_all(shop)
    assert await MemberStage.all().count() == 10
    monkeypatch.setattr(stages, "_write", write)
    run = await stages.pass_all(shop)
    assert run.changed == len(everybody)
    assert await StagePass.all().count() == 1
    assert await StageChange.all().count() == len(everybody)


async def test_buying_and_sending_back_move_a_member_at_the_next_look(shop: Shop, clock: ManualClock) -> None:
    member_id = next(iter(await people(1, seed=3)))
    await Purchase.all().delete()
    await Member.all().update(first_seen_at=START)
    await stages.pass_all(shop)
    assert await stages.stage_of(member_id) is Stage.OBSERVATION
    clock.advance(timedelta(hours=1))
    await purchases.keep(shop, member_id, "box:1", 9900)
    assert await stages.look_at_due(shop) == 1
    assert await stages.stage_of(member_id) is Stage.GROWTH
    clock.advance(timedelta(hours=1))
    await purchases.keep(shop, member_id, "box:1", 0)
    assert await stages.look_at_due(shop) == 1
    assert await stages.stage_of(member_id) is Stage.OBSERVATION
    told = [(c.old, c.new, c.reason) for c in await stages.history(member_id)]
    assert told == [("growth", "observation", "new"), ("observation", "growth", "bought"), ("", "observation", "new")]


async def test_other_rules_are_previewed_saved_once_and_hold(shop: Shop) -> None:
    await people(60, seed=4)
    await stages.pass_all(shop)
    rules = StageRules(BuyingRule(1, 365, 365), BuyingRule(1, 30, 30), 30)
    flows = await stages.preview(shop, rules)
    assert sum(f.members for f in flows) == 60
    await stages.save_rules(shop, 1, rules, 0, "spring")
    with pytest.raises(StaleVersion):
        await stages.save_rules(shop, 2, StageRules(), 0, "late")
    await stages.pass_all(shop)
    after = {c.stage: c.members for c in await stages.counts(shop)}
    assert after == {stage: sum(f.members for f in flows if f.new is stage) for stage in Stage}
    assert sum(after.values()) == await Member.all().count()
    assert {c.rules_version for c in await StageChange.all()} == {0, 1}


async def test_marketing_sees_the_stages_through_the_api(house: House) -> None:
    token = await house.staff("marketing1")
    member = await house.person("小满")
    await house.follow(member)
    before = await house.api("GET", "/staff/stages", token=token)
    assert {row["stage"]: row["members"] for row in before["stages"]} == {
        "maturity": 0, "growth": 0, "observation": before["total"], "decline": 0,
    }  # fmt: skip
    force = await house.api("GET", "/staff/stages/rules", token=token)
    assert force["version"] == 0
    body = {key: force[key] for key in ("maturity", "growth", "observation_days")}
    preview = await house.api("POST", "/staff/stages/rules/preview", body, token=token)
    assert sum(preview["would_be"].values()) == before["total"]
    new = {**body, "observation_days": 60, "based_on": 0, "why": "trial"}
    saved = await house.api("PUT", "/staff/stages/rules", new, token=token)
    assert (saved["version"], saved["observation_days"]) == (1, 60)
    status, problem = await house.ask("PUT", "/staff/stages/rules", {**new, "observation_days": 61}, token=token)
    assert (status, problem["code"]) == (409, "stale_version")
    # A life that begins with the registration and ends with an unfollow.
    events = {**new, "begins": "registered", "ends": "unfollowed", "based_on": 1}
    saved = await house.api("PUT", "/staff/stages/rules", events, token=token)
    assert (saved["begins"], saved["ends"]) == ("registered", "unfollowed")
    member_id = await member_id_of(house, member)
    await Member.filter(id=member_id).update(first_seen_at=START - timedelta(days=61), registered_at=START)
    await stages.pass_all(house.shop)
    assert (await there(member_id)).stage is Stage.OBSERVATION, "new since the registration"
    await house.wechat(f"/people/{member.id}/unfollow")
    await stages.look_at_due(house.shop)
    assert (await stages.history(member_id))[0].reason == "unfollowed"
    assert (await there(member_id)).stage is Stage.DECLINE
    house.world.clock.set(START + timedelta(seconds=1), frozen=True)
    await house.follow(member)
    await stages.look_at_due(house.shop)
    assert (await there(member_id)).stage is Stage.OBSERVATION, "back at the next look, not the next night"


async def test_the_not_yet_loyal_are_listed_by_their_likeness_to_super_users(house: House) -> None:
    """Two orders of 3,000 yuan make a super user; half of her is half like her. No super user had a session."""
    ids = []
    for number, (orders, fen) in enumerate([(2, 300_000), (1, 300_000), (1, 100), (2, 300_000)]):
        member = await Member.create(
            first_seen_at=START, last_seen_at=START, first_source=Source.FOLLOW, created_at=START
        )
        ids.append(int(member.id))
        for order in range(orders):
            await Purchase.create(
                member_id=member.id, ref=f"order:{number}{order}", bought_at=START, net_fen=fen, created_at=START
            )
    token = await house.staff("marketing1")
    nobody = await house.api("GET", "/staff/reports/lookalikes", token=token)
    assert nobody == {"model": None, "people": []}
    await MemberTier.create(member_id=ids[0], super_year=2026, created_at=START)
    # In maturity she is loyal already, however like.
    await MemberStage.create(member_id=ids[3], stage=Stage.MATURITY, since_at=START)
    found = await house.api("GET", "/staff/reports/lookalikes", token=token)
    assert found["model"] == {"orders": 2, "net_fen": 600_000, "lately": 2, "sessions": 0}
    assert [(one["member_id"], one["likeness"]) for one in found["people"]] == [(ids[1], 0.5), (ids[2], 0.3334)]
