"""What the public calendar says of a day, what is known before it is out, and the shop's corrections."""

from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache

import chinese_calendar
import structlog
from lunar_python import Lunar

from domain.booking import BookingRules, DayKind
from models import ShopDay
from services.shop import Shop

log = structlog.get_logger()


async def rules_of(shop: Shop) -> BookingRules:
    """The rules with the days the staff has set laid over them: who asks for the kind of a day uses these."""
    rules = shop.rules.booking
    said = {row.day.isoformat(): row.kind for row in await ShopDay.all().order_by("day")}
    if not said:
        return rules
    return replace(
        rules,
        holidays=_laid_over(rules.holidays, said, DayKind.HOLIDAY),
        make_up_days=_laid_over(rules.make_up_days, said, DayKind.MAKE_UP),
        ordinary_days=_laid_over(rules.ordinary_days, said, DayKind.ORDINARY),
    )


def _laid_over(days: tuple[str, ...], said: dict[str, DayKind], kind: DayKind) -> tuple[str, ...]:
    return (*(day for day in days if day not in said), *(day for day, told in said.items() if told is kind))


@lru_cache(maxsize=4096)
def day_kind(day: date, rules: BookingRules) -> DayKind:
    """The shop's own lists first, then the published calendar, then the law's festivals.

    A year whose calendar is not published yet has no make-up days; its festivals are known all the same.
    """
    text = day.isoformat()
    for days, kind in (
        (rules.holidays, DayKind.HOLIDAY),
        (rules.make_up_days, DayKind.MAKE_UP),
        (rules.ordinary_days, DayKind.ORDINARY),
    ):
        if text in days:
            return kind
    try:
        off, festival = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return DayKind.HOLIDAY if day in law_festivals(day.year) else DayKind.ORDINARY
    if festival is None:
        return DayKind.ORDINARY
    if off:
        return DayKind.HOLIDAY
    # The library gives every day beside a holiday a name; only a weekend that is worked is made up.
    return DayKind.MAKE_UP if day.weekday() >= 5 else DayKind.ORDINARY


@lru_cache(maxsize=64)
def law_festivals(year: int) -> frozenset[date]:
    """The thirteen days off the law fixes (2025 wording), without the bridges published year by year."""
    log.warning("holidays.not_published", year=year)
    clear_bright = _solar(Lunar.fromYmd(year, 3, 1).getJieQiTable()["清明"])
    new_year = _solar(Lunar.fromYmd(year, 1, 1).getSolar())
    days = [date(year, 1, 1), clear_bright]
    days += [new_year + timedelta(days=n) for n in (-1, 0, 1, 2)]
    days += [date(year, 5, 1), date(year, 5, 2)]
    days += [_solar(Lunar.fromYmd(year, 5, 5).getSolar()), _solar(Lunar.fromYmd(year, 8, 15).getSolar())]
    days += [date(year, 10, n) for n in (1, 2, 3)]
    return frozenset(days)


def _solar(found: object) -> date:
    return date.fromisoformat(found.toYmd())  # type: ignore[attr-defined]  # lunar-python ships no types.
