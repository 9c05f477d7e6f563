"""Tiers and super users: risen and gained by the very purchase, read by everybody who gives benefits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from domain.clock import day_of
from domain.errors import NotFound
from domain.money import Fen
from domain.report import percent
from domain.tier import Tier, earned_level, effective, is_super_user, tier_of, window_start, year_of
from models import History, MemberTier, sql
from services import purchases
from services.shop import Shop

TIER, SUPER = "tier", "super_user"
HISTORY_LINES = 50
log = structlog.get_logger()


async def row_of(shop: Shop, member_id: int) -> MemberTier:
    """The member's row, locked, made where there was none; inside the caller's transaction."""
    [row] = await sql.rows_of(MemberTier, "tier_row", member_id=member_id, now=shop.now())
    return row


async def tell(shop: Shop, member_id: int, noun: str, old: object, new: object, who: str, why: str) -> None:
    """One line of a member's history of tiers."""
    await History.create(
        noun=noun, row_id=member_id, old=str(old), new=str(new), who=who, why=why[:200], created_at=shop.now()
    )
    log.info(f"{noun}.changed", member=member_id, old=str(old), new=str(new), why=why)


async def sums(shop: Shop, member_id: int) -> tuple[Fen, Fen]:
    """Net spend of the rolling twelve months, and of the calendar year."""
    now = shop.now()
    year_since, year_until = year_of(day_of(now).year)
    [row] = await sql.run(
        "tier_sums", member_id=member_id, since=window_start(now, shop.rules.tier),
        until=now + timedelta(microseconds=1), year_since=year_since, year_until=year_until,
    )  # fmt: skip
    return int(row["spent_fen"]), int(row["year_fen"])


@purchases.changed
async def look(shop: Shop, member_id: int) -> None:
    """Something was bought or came back: the tier may rise, a super user be gained or lost, at once."""
    row = await row_of(shop, member_id)
    rules, now = shop.rules.tier, shop.now()
    changes: dict[str, object] = {}
    spent, year_fen = await sums(shop, member_id)
    level = earned_level(spent, rules)
    if level > row.local:
        changes["local"] = level
        await tell(shop, member_id, TIER, row.local, level, "shop", f"net spend of 12 months: {spent} fen")
    year = day_of(now).year
    super_year = year if is_super_user(year_fen, rules) else None
    if super_year != row.super_year:
        if super_year is not None or row.super_year == year:
            await tell(
                shop, member_id, SUPER, row.super_year or "", super_year or "", "shop",
                f"net purchases of {year}: {year_fen} fen",
            )  # fmt: skip
        changes["super_year"] = super_year
    if changes:
        await MemberTier.filter(id=row.id).update(**changes, updated_at=now)


async def match(shop: Shop, member_id: int, level: int, who: str, why: str) -> None:
    """A partner's level stands for this one of ours from now on (0: for none), inside the caller's transaction."""
    row = await row_of(shop, member_id)
    if row.matched == level:
        return
    before, after = effective(row.local, row.matched), effective(row.local, level)
    await MemberTier.filter(id=row.id).update(matched=level, updated_at=shop.now())
    if before != after:
        await tell(shop, member_id, TIER, before, after, who, why)


@dataclass(frozen=True)
class Place:
    """Where a member stands now: the higher of what was earned here and what a partner's level matches."""

    tier: Tier
    local: int
    matched: int
    super_user: bool


async def place(shop: Shop, member_id: int) -> Place:
    [found] = await places(shop, [member_id])
    return found


async def places(shop: Shop, member_ids: Sequence[int]) -> list[Place]:
    """Where several members stand, in their order, by one statement for all of them."""
    rows = {row["member_id"]: row for row in await sql.run("tier_places", member_ids=member_ids)}
    year = day_of(shop.now()).year
    found = []
    for member_id in member_ids:
        row = rows.get(member_id)
        local, matched = (row["local"], row["matched"]) if row else (1, 0)
        tier = tier_of(effective(local, matched), shop.rules.tier)
        found.append(Place(tier, local, matched, row is not None and row["super_year"] == year))
    return found


@dataclass(frozen=True)
class Standing:
    """A member's own page of tiers. `lacking_fen` is what is missing for `following` (None: the highest)."""

    place: Place
    spend_fen: Fen
    year_fen: Fen
    following: Tier | None
    lacking_fen: Fen
    history: list[History]


async def standing(shop: Shop, member_id: int) -> Standing:
    now_at = await place(shop, member_id)
    spent, year_fen = await sums(shop, member_id)
    rules = shop.rules.tier
    following = next((tier for tier in rules.tiers if tier.level > now_at.tier.level), None)
    lines = History.filter(noun__in=[TIER, SUPER], row_id=member_id).order_by("-id").limit(HISTORY_LINES)
    return Standing(
        now_at,
        spent,
        year_fen,
        following,
        max(0, following.needs_fen - spent) if following else 0,
        await lines,
    )


async def merged(shop: Shop, keep_id: int, gone_id: int) -> None:
    """Two halves of one person: the higher of both stands, and what both bought is reckoned anew."""
    rows = {row.member_id: row for row in await MemberTier.filter(member_id__in=[keep_id, gone_id])}
    gone = rows.get(gone_id)
    if gone is not None:
        keep = await row_of(shop, keep_id)
        if gone.local > keep.local or gone.matched > keep.matched:
            await MemberTier.filter(id=keep.id).update(
                local=max(keep.local, gone.local), matched=max(keep.matched, gone.matched), updated_at=shop.now()
            )
            await tell(shop, keep_id, TIER, keep.local, max(keep.local, gone.local), "system", "one person")
        await gone.delete()
    if rows:
        await look(shop, keep_id)


@dataclass(frozen=True)
class SuperUsers:
    """The super users of one calendar year among everybody who bought something net."""

    year: int
    above_fen: Fen
    buyers: int
    total_fen: Fen
    count: int
    sum_fen: Fen
    top_fifth: int
    top_fifth_fen: Fen

    @property
    def mean_fen(self) -> Fen:
        return self.sum_fen // self.count if self.count else 0

    @property
    def ordinary_mean_fen(self) -> Fen:
        others = self.buyers - self.count
        return (self.total_fen - self.sum_fen) // others if others else 0

    @property
    def super_percent(self) -> float | None:
        return percent(self.sum_fen, self.total_fen)

    @property
    def top_fifth_percent(self) -> float | None:
        return percent(self.top_fifth_fen, self.total_fen)


async def super_users(shop: Shop, year: int) -> SuperUsers:
    """The report of one year. Raises NotFound for a year that has not begun."""
    since, until = year_of(year)
    if since > shop.now():
        raise NotFound("year")
    above = shop.rules.tier.super_user_above_fen
    [row] = await sql.run("super_users", since=since, until=until, above_fen=above)
    return SuperUsers(
        year, above, *(int(row[name] or 0) for name in
        ("buyers", "total_fen", "supers", "super_fen", "top_fifth", "top_fifth_fen")),
    )  # fmt: skip
