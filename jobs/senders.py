"""Processes that only send, on any host; and the relay that hands them what is due over a belt."""

import asyncio
from contextlib import suppress
from datetime import datetime

import structlog

from domain.errors import OutsideFault
from domain.ports import Belt, Handed
from services.care_claims import Claim, claim, recover, set_aside
from services.care_sending import Sender, may_send, send_due
from services.shop import Shop

IDLE_SECONDS = 1.0
"""How long a sender that found nothing to do waits before it looks again."""
ON_THE_BELT_MAX = 2000
"""The relay lays no more than this on the belt: what is on it has its order, and its lease runs."""
RELAYED_AT_ONCE = 100
TAKEN_AT_ONCE = 200
log = structlog.get_logger()


async def send_steadily(shop: Shop, stop: asyncio.Event) -> None:
    """Send what is due until told to stop; what is under way then is ended first."""
    sender = Sender(shop)
    while not stop.is_set():
        try:
            sent = await send_due(shop, sender=sender, stop=stop)
        except Exception:
            # The database is away: what was claimed is found again when its lease is over.
            log.exception("sender.failed")
            sent = 0
        if not sent:
            await _wait(stop)


async def send_from(shop: Shop, belt: Belt, stop: asyncio.Event) -> None:
    """Send what comes over the belt until told to stop; each is acknowledged after its outcome is written."""
    sender = Sender(shop)
    while not stop.is_set():
        try:
            if not await may_send(shop):
                await _wait(stop)
                continue
            handed = await belt.take(min(TAKEN_AT_ONCE, 2 * sender.at_once), IDLE_SECONDS)
            await _send_handed(sender, {one.message_id: one for one in handed})
        except Exception as fault:
            # Unacknowledged messages come again, to whichever sender; their rows know what was done.
            log.warning("sender.failed", error=type(fault).__name__)
            await _wait(stop)


async def _send_handed(sender: Sender, handed: dict[int, Handed]) -> None:
    async def settled(message_id: int) -> None:
        await handed[message_id].done()

    await sender.send([Claim(one.message_id, one.lease) for one in handed.values()], settled)


async def relay(shop: Shop, belt: Belt) -> int:
    """Lay what is due on the belt, the most important first; how many. A job of whoever leads.

    A message stays `planned` under its lease: lost on the belt, it is laid on it again when the lease is over.
    """
    await recover(shop)
    for message_id, lease in await belt.given_up():
        await _give_up(shop, message_id, lease)
    laid = 0
    while await may_send(shop):
        room = ON_THE_BELT_MAX - await belt.waiting()
        claims = await claim(shop, min(room, RELAYED_AT_ONCE)) if room > 0 else []
        if not claims:
            return laid
        told = await asyncio.gather(*(belt.put(c.message_id, c.lease) for c in claims), return_exceptions=True)
        if faults := [one for one in told if isinstance(one, OutsideFault)]:
            log.warning("relay.failed", error=str(faults[0]), messages=len(faults))
            return laid
        laid += len(claims)
    return laid


async def _give_up(shop: Shop, message_id: int, lease: datetime) -> None:
    if await set_aside(shop, Claim(message_id, lease), "dead_letter"):
        log.error("care.dead_letter", message=message_id)


async def _wait(stop: asyncio.Event) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), IDLE_SECONDS)
