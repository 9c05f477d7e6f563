"""What asks about everybody: segments, other rules, a month's scores, four broadcasts, a series of campaigns."""

from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta

from bench import people
from bench.took import peak_mb, timed
from domain.audience import Audience, Deed
from domain.broadcast import Way
from domain.campaign import CampaignState, Goal, Variant
from domain.clock import day_of
from domain.series import Every, Schedule, SeriesState
from domain.stage import BuyingRule, Stage
from models import Campaign, CampaignSeries, MonthClose
from services import (
    campaign_audience,
    campaign_series,
    campaigns,
    lookalikes,
    month_scores,
    rule_trials,
    segments,
    stages,
)
from services.campaigns import Draft
from services.shop import Shop

AUDIENCES = {
    "in growth": Audience(stages=(Stage.GROWTH,)),
    "silent 90 days, 2 orders a year": Audience(silent_days=90, orders_365_min=2),
    "joined 90 days, no booking": Audience(joined_within_days=90, missed=Deed.BOOKED, missed_within_days=90),
    "seen 30 days, no plan": Audience(did=Deed.SEEN, did_within_days=30, plan=False),
}
TRIED = 30_000
"""A job tries a rule on all of them; so many buyers tell what one of them costs."""
# Every second member said something last month, so that a month's close has much to write.
SAID = """
SET session_replication_role = replica;
INSERT INTO opinion (member_id, source, text, answer, created_at)
SELECT id, 'miniapp', '', '', date_trunc('month', now()) - interval '10 days' FROM member WHERE id % 2 = 0
"""


async def of_everybody(shop: Shop, url: str) -> None:
    """Each alone, with what the process takes of memory at the end."""
    await _segments(shop, url)
    await _rules(shop, url)
    await _month(shop, url)
    await _broadcasts(shop, url)
    await _series(shop, url)
    print(f"  peak memory {peak_mb():.0f} MB (goal ≤ 200)", flush=True)


async def _segments(shop: Shop, url: str) -> None:
    saved = await segments.create(shop, 1, "bench", AUDIENCES["in growth"], "")
    for name, audience in AUDIENCES.items():
        took, flows = await timed(segments.preview(shop, audience), url)
        beside, _ = await timed(segments.preview(shop, audience, saved.id), url)
        print(f"  segment, {name}: {sum(f.members for f in flows):,} in {took}, beside another {beside}", flush=True)
    took, found = await timed(lookalikes.lookalikes(shop, 100), url)
    print(f"  look-alikes: {len(found.people)} in {took}", flush=True)


async def _rules(shop: Shop, url: str) -> None:
    took, flows = await timed(stages.preview(shop, replace(shop.rules.stage, growth=BuyingRule(1, 90, 90))), url)
    print(f"  other stage rules previewed: {sum(f.members for f in flows):,} in {took}", flush=True)
    took, found = await timed(_tried(shop), url)
    print(f"  a rule tried against two years' purchases: {found:,} of the buyers in {took}", flush=True)


async def _tried(shop: Shop) -> int:
    """The first chunks of a trial; it goes on as it began, member by member. How many buyers they had."""
    buyers = 0
    async with aclosing(rule_trials.gather(shop.rules, shop.now(), {"rules.points.fen_per_point": 200})) as found:
        async for result in found:
            buyers = result.compared.members
            if buyers > TRIED:
                break
    return buyers


async def _month(shop: Shop, url: str) -> None:
    await people.tell(url, SAID)
    took, scored = await timed(month_scores.close_due(shop), url)
    assert await MonthClose.all().count() == 1, "the month before is closed"
    again, _ = await timed(month_scores.close_due(shop), url)
    print(f"  a month's scores: {scored:,} in {took}, again {again}", flush=True)


def _said(shop: Shop, way: Way) -> Draft:
    return Draft(
        name="bench", goal=Goal.DEEPEN, audience=AUDIENCES["in growth"], start_at=shop.now(),
        useful_until=shop.now() + timedelta(hours=6), way=way,
        variants=(Variant("a", "新到", "入秋的新款到了。", "pages/shop/index", "去看看", 1),),
    )  # fmt: skip


async def _broadcasts(shop: Shop, url: str) -> None:
    """The month's four, and what a fifth would do. The two persons' yes is not what is measured."""
    told = []
    for _ in range(shop.rules.campaign.broadcasts_a_month):
        row = await campaigns.draft(shop, 1, _said(shop, Way.MASS))
        await Campaign.filter(id=row.id).update(state=CampaignState.PLANNING, planned_at=shop.now())
        took, rows = await timed(campaigns.plan_launched(shop), url)
        told.append(f"{rows:,} in {took}")
    fifth = await campaigns.draft(shop, 1, _said(shop, Way.MASS))
    took, tried = await timed(campaign_audience.dry_run(shop, fifth.id), url)
    over = tried.passed_over.get("broadcasts_spent", 0)
    print(f"  broadcasts planned: {'; '.join(told)}; a fifth: {over:,} passed over, tried in {took}", flush=True)


async def _series(shop: Shop, url: str) -> None:
    schedule = Schedule(Every.DAY, "11:50", day_of(shop.now()))
    row = await campaign_series.draft(
        shop, 1, campaign_series.SeriesDraft(replace(_said(shop, Way.LADDER), name="daily"), schedule)
    )
    await CampaignSeries.filter(id=row.id).update(state=SeriesState.RUNNING, seconded=True)
    begun, launched = await timed(campaign_series.begin_due(shop), url)
    took, rows = await timed(campaigns.plan_launched(shop), url)
    again, none = await timed(campaign_series.begin_due(shop), url)
    assert (launched, none) == (1, 0), "an occurrence is one campaign"
    print(f"  a daily campaign: begun (tried dry) {begun}, {rows:,} planned in {took}, again {again}", flush=True)
