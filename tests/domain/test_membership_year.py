"""The membership year as the shop owner would check it on a calendar."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clock import SHANGHAI, day_of
from domain.membership import (
    MembershipRules,
    Period,
    PlanOffer,
    first_period,
    last_day,
    locked_until,
    next_period,
    period_bought,
    price_now,
    saved_on_freight,
    saved_on_goods,
)


def shanghai(text: str) -> datetime:
    """An instant as the wall clock in the shop shows it."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def chain(bought: str, months: int, renewals: int) -> list[Period]:
    """A purchase and its renewals, each bought while the one before still ran."""
    periods = [first_period(shanghai(bought), months)]
    for _ in range(renewals):
        last = periods[-1]
        periods.append(period_bought(last, last.ends_at - timedelta(days=3), months))
    return periods


def last_days(periods: list[Period]) -> list[str]:
    """The last day, included, of each period."""
    return [str(day_of(p.ends_at - timedelta(seconds=1))) for p in periods]


@pytest.mark.parametrize(
    ("bought", "months", "valid_until"),
    [
        ("2026-11-22 15:00", 12, "2027-11-23 00:00"),  # to 2027-11-22 24:00
        ("2026-11-22 00:00", 12, "2027-11-23 00:00"),
        ("2026-11-22 23:59:59", 12, "2027-11-23 00:00"),
        ("2028-02-29 12:00", 12, "2029-03-01 00:00"),  # no 29 February: 28 February is the last day
        ("2027-02-28 12:00", 12, "2028-02-29 00:00"),  # 28 stays 28, in a leap year too
        ("2027-01-31 12:00", 1, "2027-03-01 00:00"),
        ("2026-12-31 12:00", 1, "2027-02-01 00:00"),
    ],
)
def test_a_first_period_ends_at_24_oclock_of_its_last_day(bought: str, months: int, valid_until: str) -> None:
    period = first_period(shanghai(bought), months)
    assert period.starts_at == shanghai(bought)
    assert period.ends_at == shanghai(valid_until)


def test_a_leap_day_chain_returns_to_the_29th() -> None:
    assert last_days(chain("2028-02-29 09:00", 12, 3)) == [
        "2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29",
    ]  # fmt: skip


def test_a_monthly_chain_from_the_31st_returns_to_it() -> None:
    assert last_days(chain("2026-12-31 20:00", 1, 5)) == [
        "2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31", "2027-06-30",
    ]  # fmt: skip


def test_an_early_renewal_follows_without_a_gap() -> None:
    first, second = chain("2026-11-22 15:00", 12, 1)
    assert second.starts_at == first.ends_at == shanghai("2027-11-23 00:00")
    assert second.ends_at == shanghai("2028-11-23 00:00")


def test_bought_at_the_very_end_of_the_last_day_it_still_follows() -> None:
    first = first_period(shanghai("2026-11-22 15:00"), 12)
    last_second = first.ends_at - timedelta(seconds=1)
    assert period_bought(first, last_second, 12).starts_at == first.ends_at
    assert period_bought(first, first.ends_at, 12) == first_period(first.ends_at, 12)


def test_a_month_may_follow_a_year() -> None:
    year = first_period(shanghai("2026-08-31 10:00"), 12)
    months = [next_period(year.anchor, year.months_from_anchor, 1)]
    months.append(next_period(months[0].anchor, months[0].months_from_anchor, 1))
    assert last_days([year, *months]) == ["2027-08-31", "2027-09-30", "2027-10-31"]


@given(
    st.dates(date(2026, 1, 1), date(2060, 12, 31)),
    st.lists(st.sampled_from([1, 3, 12]), min_size=1, max_size=24),
)
def test_no_chain_has_a_gap_an_overlap_or_a_drift(anchor: date, months: list[int]) -> None:
    bought = datetime(anchor.year, anchor.month, anchor.day, 15, tzinfo=SHANGHAI).astimezone(UTC)
    period, total = first_period(bought, months[0]), months[0]
    for more in months[1:]:
        following = next_period(period.anchor, period.months_from_anchor, more)
        total += more
        assert following.starts_at == period.ends_at < following.ends_at
        assert day_of(following.ends_at - timedelta(seconds=1)) == last_day(anchor, total)
        period = following


CAMPAIGN = PlanOffer(
    "yearly", "年度会员", 39800, 12, 6, 6,
    campaign_price_fen=0,
    campaign_from="2026-10-20T00:00:00+08:00",
    campaign_until="2026-10-21T00:00:00+08:00",
)  # fmt: skip


@pytest.mark.parametrize(
    ("at", "price"),
    [
        ("2026-10-19 23:59:59.999999", 39800),
        ("2026-10-20 00:00", 0),
        ("2026-10-20 23:59:59.999999", 0),
        ("2026-10-21 00:00", 39800),
    ],
)
def test_the_campaign_price_holds_in_its_exact_window(at: str, price: int) -> None:
    assert price_now(CAMPAIGN, shanghai(at)) == price


def test_the_price_is_locked_for_fifteen_minutes() -> None:
    assert locked_until(shanghai("2026-10-20 23:55"), MembershipRules()) == shanghai("2026-10-21 00:10")


def test_what_a_period_was_worth() -> None:
    kept = [(59900, 47900), (20000, 20000), (10000, 12000)]  # the last one got cheaper since
    assert saved_on_goods(kept) == 12000
    assert saved_on_freight(3, 1200) == 7200
