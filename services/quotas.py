"""The two quotas of a membership year: hold → use → restore, each a line with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tortoise.expressions import F

from domain.errors import QuotaSpent
from domain.membership import Quota
from models import QuotaCounter, QuotaEntry
from models.sql import instant, rows_of, run
from services.shop import Shop


async def counter_for(member_id: int, kind: Quota, takes_place_at: datetime) -> QuotaCounter | None:
    """The counter of the membership period in which the service takes place."""
    found = await rows_of(
        QuotaCounter, "quota_counter_of", member_id=member_id, kind=kind, takes_place_at=takes_place_at
    )
    return found[0] if found else None


async def hold(
    shop: Shop,
    member_id: int,
    kind: Quota,
    takes_place_at: datetime,
    *,
    ref: str,
    reason: str,
) -> int:
    """Hold one unit for `ref` by a conditional update; its counter. Raises QuotaSpent when none is left."""
    held = await run(
        "quota_hold", member_id=member_id, kind=kind, takes_place_at=takes_place_at, ref=ref, reason=reason,
        now=shop.now(),
    )  # fmt: skip
    if not held:
        raise QuotaSpent(kind.value)
    return int(held[0]["counter_id"])


async def use(shop: Shop, counter_id: int, *, ref: str, reason: str) -> None:
    """Turn the held unit of `ref` into a used one; the unique line makes a repeat fail loudly."""
    now = shop.now()
    await QuotaEntry.create(counter_id=counter_id, step="use", reason=reason, ref=ref, created_at=now)
    await QuotaCounter.filter(id=counter_id).update(held=F("held") - 1, used=F("used") + 1, updated_at=now)


async def restore(shop: Shop, counter_id: int, *, ref: str, reason: str) -> None:
    """Give the unit of `ref` back, whether it was held or already used."""
    now = shop.now()
    used = await QuotaEntry.exists(counter_id=counter_id, step="use", ref=ref)
    await QuotaEntry.create(counter_id=counter_id, step="restore", reason=reason, ref=ref, created_at=now)
    change = {"used": F("used") - 1} if used else {"held": F("held") - 1}
    await QuotaCounter.filter(id=counter_id).update(updated_at=now, **change)


@dataclass(frozen=True)
class QuotaView:
    kind: Quota
    granted: int
    held: int
    used: int
    left: int
    resets_at: datetime | None


async def overview(member_id: int) -> list[QuotaView]:
    """Both quotas of the period running now; empty without a plan."""
    [found] = await overviews([member_id])
    return found


async def overviews(member_ids: Sequence[int]) -> list[list[QuotaView]]:
    """The running quotas of several members, in their order, by one statement for all of them."""
    views: dict[int, list[QuotaView]] = {member_id: [] for member_id in member_ids}
    for c in await run("running_quotas", member_ids=list(views)):
        left = c["granted"] - c["held"] - c["used"]
        view = QuotaView(Quota(c["kind"]), c["granted"], c["held"], c["used"], left, instant(c["ends_at"]))
        views[c["member_id"]].append(view)
    return [views[member_id] for member_id in member_ids]
