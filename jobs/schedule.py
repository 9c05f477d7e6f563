"""Running what is due: once by hand after the clock was moved, or tick by tick."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from domain.clock import SHANGHAI
from domain.errors import Deposed
from jobs.timetable import TIMETABLE, Job, daily, every
from services import job_states
from services.job_states import JobState
from services.leadership import Leadership, guarded
from services.shop import Shop

__all__ = ["TIMETABLE", "Job", "Ticker", "caught_up", "daily", "every", "run_due"]

TICK = "tick"
"""The state that says up to when everything has been caught up."""
TICK_GRAIN = timedelta(seconds=1)
log = structlog.get_logger()
_one_at_a_time: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


def _lock() -> asyncio.Lock:
    """A moved clock and the ticker may both want to run: one waits for the other."""
    return _one_at_a_time.setdefault(asyncio.get_running_loop(), asyncio.Lock())


async def run_due(shop: Shop, extra: Sequence[Job] = (), *, timetable: Sequence[Job] = TIMETABLE) -> list[str]:
    """Run every job that is due by the shop's clock, in the order of the table; the names of those that ran.

    `extra` are jobs of the caller's, run first. A job that breaks is logged, noted and tried again soon;
    it stops no other.
    """
    async with _lock():
        # What falls due while the round is under way, as when the clock is moved, belongs to the next one.
        now = shop.now()
        states = await job_states.all_states()
        told = [await _run_if_due(shop, job, states.get(job.name)) for job in (*extra, *timetable)]
        noted = [state for state, _ in filter(None, told)]
        last = states[TICK].last_run_at if TICK in states else None
        if last is None or last > now or now - last >= TICK_GRAIN:
            noted.append(job_states.ran(TICK, now))
        # A round cut off before this line is done again: every job may be run twice, none may be left out.
        await job_states.keep(noted)
        return [state.name for state, done in filter(None, told) if done]


async def _run_if_due(shop: Shop, job: Job, state: JobState | None) -> tuple[JobState, bool] | None:
    """What to note of the job and whether it ran; None where it was not due."""
    now = shop.now()
    last = state.last_run_at if state else None
    if not job.due(last, now):
        return None
    failed_at = state.updated_at if state and state.last_note else None
    if failed_at is not None and failed_at <= now < failed_at + job.retry:
        return None
    if job.missed(now):
        log.warning("job.too_late", job=job.name)
        return job_states.ran(job.name, now), False
    try:
        await job.run(shop)
    except Deposed:
        raise
    except Exception as fault:
        log.exception("job.failed", job=job.name)
        return job_states.failed(job.name, last, now, f"failed: {type(fault).__name__}"), False
    return job_states.ran(job.name, now), True


async def caught_up(target: datetime) -> bool:
    """Whether everything due at `target` has been run, by whichever process runs the jobs."""
    told = await job_states.last_run_at(TICK)
    return told is not None and told > target - TICK_GRAIN


class Ticker:
    """APScheduler asks the timetable again and again; the timetable alone decides what runs.

    APScheduler knows one job in memory, created in the running loop; runs it missed are one run.
    On PostgreSQL only the process that leads runs anything; another takes over when it dies, and one
    that does not know yet that it leads no more is refused by its transactions.
    """

    def __init__(
        self,
        shop: Shop,
        extra: Sequence[Job] = (),
        *,
        database_url: str,
        every_seconds: float = 1.0,
        timetable: Sequence[Job] = TIMETABLE,
    ) -> None:
        self._shop, self._extra, self._timetable = shop, extra, timetable
        self._every = every_seconds
        self._leadership = Leadership(database_url)
        self._scheduler: AsyncIOScheduler | None = None
        self._stopping = False

    async def start(self) -> None:
        # Its "maximum number of running instances" is our normal life while a long job runs.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        scheduler = AsyncIOScheduler(
            event_loop=asyncio.get_running_loop(),
            timezone=SHANGHAI,
            jobstores={"default": MemoryJobStore()},
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )
        scheduler.add_listener(_log_trouble, EVENT_JOB_ERROR | EVENT_JOB_MISSED)
        scheduler.add_job(self.tick, "interval", seconds=self._every, id="tick")
        scheduler.start()
        self._scheduler, self._stopping = scheduler, False

    async def tick(self) -> list[str]:
        """Run what is due, if this process leads; the names of the jobs that ran."""
        if self._stopping or not await self._leadership.held():
            return []
        try:
            with guarded(self._leadership.guard):
                return await run_due(self._shop, self._extra, timetable=self._timetable)
        except Deposed:
            # Another process leads by now, and has begun to do what was left.
            log.warning("jobs.deposed")
            await self._leadership.release()
            return []

    async def stop(self, *, patience_seconds: float = 10.0) -> None:
        """Let the running jobs end, within reason, and hand the lead over."""
        self._stopping = True
        if self._scheduler is not None:
            self._scheduler.pause()
            try:
                async with asyncio.timeout(patience_seconds), _lock():
                    pass
            except TimeoutError:
                log.warning("jobs.cut_off")
            # Only now: APScheduler cancels what still runs.
            self._scheduler.shutdown(wait=False)
            self._scheduler = None
        await self._leadership.release()


def _log_trouble(event: JobExecutionEvent) -> None:
    log.error("tick.failed", job=event.job_id, error=repr(event.exception) if event.exception else "missed")
