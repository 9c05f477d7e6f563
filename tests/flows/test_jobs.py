"""The timetable, catching up after a jump of the clock or a fault, and one leader among several processes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import asyncpg
import pytest

from domain.clock import SHANGHAI, ManualClock
from domain.errors import Deposed
from domain.rules import Rules
from jobs.schedule import Ticker, caught_up, run_due
from jobs.timetable import TIMETABLE, Job, Run, daily, every
from models import IdempotentAnswer, InboundEvent, JobState, ReplyWindow
from services import job_states, pruning
from services.leadership import Leadership, guarded
from services.shop import Shop
from services.transaction import transaction

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai


async def nothing(shop: Shop) -> None:
    """A job that has nothing to do."""


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def shop(clock: ManualClock) -> Shop:
    """Jobs ask the shop for the time; what these do needs nothing else of it."""
    return cast(Shop, SimpleNamespace(now=clock.now, rules=Rules()))


class Diary:
    """Jobs that only write down that they ran."""

    def __init__(self, shop: Shop) -> None:
        self.lines: list[str] = []
        self._now = shop.now

    def job(self, name: str) -> Run:
        async def run(_: Shop) -> None:
            self.lines.append(f"{name} {self._now().astimezone(SHANGHAI):%d %H:%M:%S}")

        return run


# The table -------------------------------------------------------------------------------------------


def test_every_job_is_named_once_and_says_what_it_is_for() -> None:
    assert len({job.name for job in TIMETABLE}) == len(TIMETABLE)
    assert all(job.what and (job.seconds > 0) != bool(job.daily_at) for job in TIMETABLE)


def test_boxes_settle_before_reminders_go_out() -> None:
    names = [job.name for job in TIMETABLE]
    assert names.index("settle_due") < names.index("send_care")


@pytest.mark.parametrize(
    ("job", "last", "now", "due"),
    [
        (every("x", seconds=60, run=nothing), None, "22 12:00:00", True),
        (every("x", seconds=60, run=nothing), "22 11:59:01", "22 12:00:00", False),
        (every("x", seconds=60, run=nothing), "22 11:59:00", "22 12:00:00", True),
        # The clock was set back behind its last run.
        (every("x", seconds=60, run=nothing), "23 12:00:00", "22 12:00:00", True),
        (daily("x", at="04:00", run=nothing), None, "22 12:00:00", True),
        (daily("x", at="04:00", run=nothing), "21 04:00:00", "22 03:59:59", False),
        (daily("x", at="04:00", run=nothing), "21 04:00:00", "22 04:00:00", True),
        (daily("x", at="04:00", run=nothing), "22 04:00:00", "22 04:00:00", False),
        (daily("x", at="04:00", run=nothing), "22 04:00:01", "23 03:59:59", False),
        # The house was closed for a week: once is enough.
        (daily("x", at="04:00", run=nothing), "15 04:00:00", "22 12:00:00", True),
        # Midnight belongs to the day that begins.
        (daily("x", at="00:00", run=nothing), "21 23:59:59", "22 00:00:00", True),
    ],
)
def test_when_a_job_is_due(job: Job, last: str | None, now: str, due: bool) -> None:
    assert job.due(_shanghai(last) if last else None, _shanghai(now)) is due


def _shanghai(text: str) -> datetime:
    return datetime.strptime(f"2026-11-{text}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=SHANGHAI)


# Catching up -----------------------------------------------------------------------------------------


async def test_a_moved_clock_runs_what_fell_due_in_the_order_of_the_table(
    database: str, shop: Shop, clock: ManualClock
) -> None:
    diary = Diary(shop)
    table = (
        every("often", seconds=60, run=diary.job("often")),
        daily("nightly", at="04:00", run=diary.job("nightly")),
        every("rarely", seconds=3600, run=diary.job("rarely")),
    )
    assert await run_due(shop, timetable=table) == ["often", "nightly", "rarely"]
    assert await run_due(shop, timetable=table) == []
    clock.advance(timedelta(seconds=60))
    assert await run_due(shop, timetable=table) == ["often"]
    clock.advance(timedelta(days=3))
    assert await run_due(shop, timetable=table) == ["often", "nightly", "rarely"]
    assert diary.lines[-3:] == ["often 25 12:01:00", "nightly 25 12:01:00", "rarely 25 12:01:00"]


async def test_extra_jobs_come_first(database: str, shop: Shop) -> None:
    diary = Diary(shop)
    mine = every("mine", seconds=30, run=diary.job("mine"))
    assert await run_due(shop, (mine,), timetable=(every("x", seconds=5, run=nothing),)) == ["mine", "x"]


async def test_a_job_that_breaks_stops_no_other_and_is_tried_again_soon(
    database: str, shop: Shop, clock: ManualClock
) -> None:
    broken = True

    async def fragile(_: Shop) -> None:
        if broken:
            raise ValueError("not today")

    table = (daily("fragile", at="04:00", run=fragile), every("steady", seconds=5, run=nothing))
    assert await run_due(shop, timetable=table) == ["steady"]
    state = await JobState.get(name="fragile")
    assert (state.last_run_at, state.last_note) == (None, "failed: ValueError")
    broken = False
    clock.advance(timedelta(seconds=59))
    assert "fragile" not in await run_due(shop, timetable=table)
    clock.advance(timedelta(seconds=1))
    assert "fragile" in await run_due(shop, timetable=table)
    state = await JobState.get(name="fragile")
    assert (state.last_run_at, state.last_note) == (clock.now(), "")


@pytest.mark.parametrize(("late", "runs"), [(timedelta(hours=2), True), (timedelta(hours=2, seconds=1), False)])
async def test_too_late_is_left_out(database: str, shop: Shop, clock: ManualClock, late: timedelta, runs: bool) -> None:
    job = daily("newspaper", at="12:00", run=nothing, too_late=timedelta(hours=2))
    clock.advance(late)
    assert ("newspaper" in await run_due(shop, timetable=(job,))) is runs
    clock.advance(timedelta(minutes=1))
    assert await run_due(shop, timetable=(job,)) == []


async def test_what_was_caught_up_can_be_asked_by_another_process(
    database: str, shop: Shop, clock: ManualClock
) -> None:
    assert not await caught_up(clock.now())
    await run_due(shop, timetable=())
    assert await caught_up(clock.now())
    clock.advance(timedelta(hours=1))
    assert not await caught_up(clock.now())
    await run_due(shop, timetable=())
    assert await caught_up(clock.now())


async def test_two_who_want_to_run_wait_for_each_other(database: str, shop: Shop) -> None:
    running = most = 0

    async def slow(_: Shop) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await JobState.all().count()
        running -= 1

    table = (every("slow", seconds=60, run=slow),)
    ran = await asyncio.gather(*(run_due(shop, timetable=table) for _ in range(3)))
    assert (most, sorted(ran)) == (1, [[], [], ["slow"]])


# Ticking ---------------------------------------------------------------------------------------------


@pytest.fixture
async def tickers(database: str, shop: Shop) -> AsyncIterator[Callable[[Job], Ticker]]:
    """Tickers whose own timetable is one job; stopped at the end."""
    made: list[Ticker] = []

    def make(job: Job) -> Ticker:
        ticker = Ticker(shop, database_url=database, every_seconds=0.05, timetable=(job,))
        made.append(ticker)
        return ticker

    yield make
    for ticker in made:
        await ticker.stop()


async def test_a_ticker_ticks_and_ends_what_runs_before_it_stops(tickers: Any) -> None:
    begun, go, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def long(_: Shop) -> None:
        begun.set()
        await go.wait()
        ended.set()

    ticker = tickers(every("long", seconds=60, run=long))
    await ticker.start()
    await asyncio.wait_for(begun.wait(), 5)
    stopping = asyncio.ensure_future(ticker.stop())
    await asyncio.sleep(0)
    assert not stopping.done()
    go.set()
    await asyncio.wait_for(stopping, 5)
    assert ended.is_set()


async def test_a_stopped_ticker_runs_nothing(tickers: Any) -> None:
    ticker = tickers(every("x", seconds=60, run=nothing))
    await ticker.start()
    await ticker.stop()
    assert await ticker.tick() == []


async def test_only_the_leader_runs_and_another_takes_over(
    database: str, tickers: Any, shop: Shop, clock: ManualClock
) -> None:
    job = every("x", seconds=60, run=nothing)
    first, second = tickers(job), tickers(job)
    assert await first.tick() == ["x"]
    clock.advance(timedelta(minutes=1))
    if database.startswith("sqlite"):
        # One process owns the file; whoever is asked leads.
        assert await second.tick() == ["x"]
        return
    assert await second.tick() == []
    await _kill_leader(database)
    assert await second.tick() == ["x"]
    clock.advance(timedelta(minutes=1))
    assert await first.tick() == []


async def test_the_lock_is_the_databases_own(database: str) -> None:
    first, second = Leadership(database), Leadership(database)
    try:
        assert await first.held()
        assert await first.held()
        if not database.startswith("sqlite"):
            assert not await second.held()
            await first.release()
            assert await second.held()
    finally:
        await first.release()
        await second.release()


async def test_a_deposed_leader_is_refused_and_each_lead_has_a_higher_epoch(database: str, shop: Shop) -> None:
    """It lost its lock in the middle of a job and does not know: what it writes from then on is refused."""
    if database.startswith("sqlite"):
        return
    first, second = Leadership(database), Leadership(database)
    wrote: list[str] = []

    async def long(_: Shop) -> None:
        await _note("before")
        await _kill_leader(database)
        assert await second.held()
        await _note("after")
        wrote.append("after")

    async def _note(name: str) -> None:
        await job_states.keep([job_states.ran(name, shop.now())])

    try:
        assert await first.held()
        with pytest.raises(Deposed), guarded(first.guard):
            await run_due(shop, timetable=(every("long", seconds=60, run=long),))
        assert (first.epoch, second.epoch, wrote) == (1, 2, [])
        assert [state.name for state in await JobState.all()] == ["before"]
        with guarded(second.guard):
            assert await run_due(shop, timetable=(every("x", seconds=60, run=nothing),)) == ["x"]
        await first.release()
        assert not await first.held()
    finally:
        await first.release()
        await second.release()


async def test_a_new_leader_waits_for_the_open_transaction_of_the_deposed_one(database: str, shop: Shop) -> None:
    if database.startswith("sqlite"):
        return
    first, second = Leadership(database), Leadership(database)
    try:
        assert await first.held()
        with guarded(first.guard):
            async with transaction():
                await _kill_leader(database)
                taking = asyncio.ensure_future(second.held())
                assert await asyncio.wait([taking], timeout=0.2) == (set(), {taking})
                await job_states.keep([job_states.ran("finished", shop.now())])
        assert await taking
    finally:
        await first.release()
        await second.release()


async def test_without_a_database_nobody_leads() -> None:
    alone = Leadership("postgres://postgres@127.0.0.1:9/nowhere")
    assert not await alone.held()


async def _kill_leader(database: str) -> None:
    """The leader's machine vanishes: its connection is cut from the other side, and has ended when this returns."""
    connection = await asyncpg.connect(database)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(l.pid, 5000) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
            "WHERE l.locktype = 'advisory' AND l.granted AND d.datname = current_database()"
        )
    finally:
        await connection.close()


# Pruning ---------------------------------------------------------------------------------------------


async def test_only_what_is_old_and_done_is_pruned(database: str, shop: Shop, clock: ManualClock) -> None:
    now = clock.now()
    for age in (timedelta(hours=24), timedelta(hours=24, seconds=1)):
        await IdempotentAnswer.create(actor="member:1", key=str(age), body_hash="x", created_at=now - age)
    old = now - timedelta(days=31)
    for key, handled_at in (("handled", now), ("waiting", None)):
        await InboundEvent.create(
            source="official", external_id=key, kind="text", handled_at=handled_at, created_at=old
        )
    for openid, days in (("o-shut", 2), ("o-yesterday", 0)):
        await ReplyWindow.create(
            openid=openid, trigger="message", left_count=1, expires_at=now - timedelta(days=days), created_at=old
        )
    assert await pruning.prune(shop) == 3
    assert [a.key for a in await IdempotentAnswer.all()] == [str(timedelta(hours=24))]
    assert [e.external_id for e in await InboundEvent.all()] == ["waiting"]
    assert [w.openid for w in await ReplyWindow.all()] == ["o-yesterday"]
