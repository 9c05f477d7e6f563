"""When each job last ran, by the shop's clock: what lets a moved clock, or a restart, catch up."""

from datetime import datetime

from models import JobState
from services.transaction import transaction

__all__ = ["JobState", "all_states", "last_run_at", "note_failure", "note_run"]


async def all_states() -> dict[str, JobState]:
    """Every job's state by its name."""
    return {state.name: state for state in await JobState.all()}


async def note_run(name: str, at: datetime) -> None:
    """The job ran to its end; `at` is when it began."""
    await _keep(JobState(name=name, last_run_at=at, last_note="", created_at=at, updated_at=at))


async def note_failure(name: str, last_run_at: datetime | None, at: datetime, note: str) -> None:
    """The job broke: it still counts as not run, and is tried again soon."""
    await _keep(JobState(name=name, last_run_at=last_run_at, last_note=note[:200], created_at=at, updated_at=at))


async def _keep(state: JobState) -> None:
    async with transaction():
        await JobState.bulk_create(
            [state], on_conflict=("name",), update_fields=("last_run_at", "last_note", "updated_at")
        )


async def last_run_at(name: str) -> datetime | None:
    state = await JobState.filter(name=name).first()
    return state.last_run_at if state else None
