"""A month is scored once after its end, shown to its member and the staff, and never changed again."""

from datetime import UTC, datetime, timedelta

import pytest
from tortoise.exceptions import BaseORMException

from domain.box import BoxState
from models import Box, Member, MonthClose, MonthScore, Opinion, Post
from services import month_scores, purchases
from services.transaction import transaction
from tests.flows.test_campaigns import TEN, someone
from tests.support.care import a_member
from tests.support.house import House

LAST = datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC)  # 23:59:59 in Shanghai
OVER = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)


async def test_a_month_is_scored_and_closed(house: House) -> None:
    person, member_id, _ = await a_member(house)
    await house.say(person, "你好")
    house.world.clock.set(TEN + timedelta(days=1), frozen=True)
    await house.say(person, "新品有吗")
    idle = await someone(house=house)
    async with transaction():
        await purchases.keep(house.shop, member_id, "order:1", 30_000, bought_at=LAST)
        await purchases.keep(house.shop, member_id, "order:2", 90_000, bought_at=OVER)
        await purchases.keep(house.shop, member_id, "order:3", 90_000, bought_at=TEN)
        await purchases.keep(house.shop, member_id, "order:3", 0)
    # Two texts on one day of the shop, the day before midnight and the last day of the month.
    await Opinion.create(member_id=member_id, source="chat", text="x", created_at=TEN)
    await Post.create(member_id=member_id, words="x", created_at=LAST)
    await Box.create(member_id=member_id, state=BoxState.DELIVERED, delivered_at=TEN, created_at=TEN)
    house.world.clock.set(LAST, frozen=True)
    await month_scores.close_due(house.shop)
    assert [row.month for row in await MonthClose.all()] == ["2026-10"], "November is not over"
    house.world.clock.set(OVER + timedelta(hours=3), frozen=True)
    # A run that was killed half way: what it wrote stays.
    await MonthScore.create(
        member_id=idle, month="2026-11", activity=1, immersion=2, conversion=3, days=1, sessions=0, boxes=0, opinions=0,
        voices=0, orders=1, net_fen=0, created_at=OVER,
    )  # fmt: skip
    assert await month_scores.close_due(house.shop) == 2
    assert await month_scores.close_due(house.shop) == 0, "closed once"
    [mine] = (await house.api("GET", "/me/scores", token=await house.login(person)))["items"]
    assert mine == {
        "month": "2026-11", "activity": 37, "immersion": 50, "conversion": 40, "days": 3, "sessions": 0, "boxes": 1,
        "opinions": 1, "voices": 1, "orders": 1, "net_fen": 30_000,
    }  # fmt: skip
    token = await house.staff("marketing1")
    assert (await house.api("GET", f"/staff/members/{member_id}/scores", token=token))["items"] == [mine]
    told = await house.api("GET", "/staff/reports/month-scores?first=2026-01&last=2026-12", token=token)
    november = {line["score"]: line for line in told["items"] if line["month"] == "2026-11"}
    assert (november["activity"]["members"], november["activity"]["mean"]) == (2, 19.0)
    assert november["conversion"]["tens"] == [1, 0, 0, 0, 1, 0, 0, 0, 0, 0]

    # The other one turns out to be herself: her list reads both as one, the closed table stays.
    await Member.filter(id=idle).update(merged_into_id=member_id)
    [both] = (await house.api("GET", "/me/scores", token=await house.login(person)))["items"]
    assert both == {**mine, "days": 4, "orders": 2, "activity": 50, "conversion": 65}
    assert await house.api("GET", "/staff/reports/month-scores?first=2026-01&last=2026-12", token=token) == told

    row = await MonthScore.get(member_id=member_id, month="2026-11")
    another = {name: getattr(row, name) for name in mine}
    for change in (
        MonthScore.filter(id=row.id).update(activity=100),
        MonthScore.filter(id=row.id).delete(),
        MonthScore.create(**another, member_id=99, created_at=OVER),
    ):
        with pytest.raises(BaseORMException, match="month_score is closed"):
            await change
