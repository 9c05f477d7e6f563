"""When each job last ran, by the shop's clock: what lets a moved clock, or a restart, catch up."""

from collections.abc import Sequence
from datetime import datetime

from models import JobState
from services.transaction import transaction

__all__ = ["JobState", "all_states", "failed", "keep", "last_run_at", "ran"]


async def all_states() -> dict[str, JobState]:
    """Every job's state by its name."""
    return {state.name: state for state in await JobState.all()}


def ran(name: str, at: datetime) -> JobState:
    """The job ran to its end; `at` is when it began."""
    return JobState(name=name, last_run_at=at, last_note="", created_at=at, updated_at=at)


def failed(name: str, last_run_at: datetime | None, at: datetime, note: str) -> JobState:
    """The job broke: it still counts as not run, and is tried again soon."""
    return JobState(name=name, last_run_at=last_run_at, last_note=note[:200], created_at=at, updated_at=at)


async def keep(states: Sequence[JobState]) -> None:
    """Write what a round came to, in one statement. Raises Deposed in a process that leads no more."""
    if not states:
        return
    async with transaction():
        await JobState.bulk_create(
            states, on_conflict=("name",), update_fields=("last_run_at", "last_note", "updated_at")
        )


async def last_run_at(name: str) -> datetime | None:
    state = await JobState.filter(name=name).first()
    return state.last_run_at if state else None
