"""Other systems told of business events: endpoints kept by the staff, and each told in order, at least once.

An endpoint keeps its place in the stream itself, so nothing is copied for it and nothing is lost while it is down:
what it did not take is told again with growing waits, and what comes behind waits for it. After too many attempts,
or when it says it is gone, it is set aside until the staff switch it on again. Signed by the Standard Webhooks scheme.
"""

import asyncio
import secrets
from base64 import b64encode
from datetime import timedelta

import orjson
import structlog

from domain.errors import Invalid, NotFound, OutsideFault
from domain.event import SECRET_PREFIX, BusinessEvent, EndpointState, EventName, hears, signature, told
from models import WebhookDelivery, WebhookEndpoint
from services import audit, events
from services.outside import wait_after
from services.shop import Shop
from services.transaction import transaction

AAD = "webhook_endpoint/secret"
SECRET_BYTES = 32
AT_ONCE = 50
SECONDS_A_ROUND = 3.0
GONE = 410
log = structlog.get_logger()


def _fresh_secret() -> str:
    return SECRET_PREFIX + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


async def listed() -> list[WebhookEndpoint]:
    """Every endpoint, in the order in which they were made."""
    return await WebhookEndpoint.all().order_by("id")


async def endpoint_of(endpoint_id: int, *, lock: bool = False) -> WebhookEndpoint:
    """Raises NotFound."""
    found = WebhookEndpoint.filter(id=endpoint_id)
    row = await (found.select_for_update() if lock else found).first()
    if row is None:
        raise NotFound("endpoint")
    return row


async def add(
    shop: Shop, staff_id: int, url: str, names: list[EventName], after: int | None
) -> tuple[WebhookEndpoint, str]:
    """A new endpoint and its secret, which is never shown again. It is told what comes after `after`, or from now on.

    Raises Invalid for an address that may not be told, or that is there.
    """
    _require(shop, url)
    secret, now = _fresh_secret(), shop.now()
    cursor = after if after is not None else await events.newest()
    async with transaction():
        await WebhookEndpoint.bulk_create(
            [
                WebhookEndpoint(
                    url=url, events=[name.value for name in names], secret_sealed=shop.sealer.seal(secret, AAD),
                    cursor=cursor, next_at=now, created_at=now,
                )
            ],
            on_conflict=("url",),
            ignore_conflicts=True,
        )  # fmt: skip
        row = await WebhookEndpoint.get(url=url)
        if shop.sealer.open(row.secret_sealed, AAD) != secret:
            raise Invalid("url", "this address is told already")
        await audit.note(shop, staff_id, "webhook.add", f"webhook:{row.id}", events=row.events)
    return row, secret


async def change(
    shop: Shop, staff_id: int, endpoint_id: int, url: str, names: list[EventName], *, on: bool, skip: bool
) -> WebhookEndpoint:
    """Another address or choice of events; switch it on (with fresh attempts) or off.

    `skip` leaves out the one event it is stuck at. Raises Invalid for the address, NotFound.
    """
    _require(shop, url)
    # Read before the transaction: the stream waits for whatever runs, itself among them.
    stuck, _ = await events.read((await endpoint_of(endpoint_id)).cursor, 1) if skip else ([], 0)
    async with transaction():
        row = await endpoint_of(endpoint_id, lock=True)
        if await WebhookEndpoint.filter(url=url).exclude(id=row.id).exists():
            raise Invalid("url", "this address is told already")
        row.url, row.events = url, [name.value for name in names]
        row.state = EndpointState.ON if on else EndpointState.OFF
        row.cursor = max(row.cursor, *(event.id for event in stuck), 0)
        row.attempts, row.failure, row.next_at, row.updated_at = 0, "", shop.now(), shop.now()
        await row.save()
        await audit.note(
            shop, staff_id, "webhook.change", f"webhook:{row.id}", on=on, events=row.events,
            skipped=stuck[0].id if stuck else None,
        )  # fmt: skip
    return row


async def rotate(shop: Shop, staff_id: int, endpoint_id: int) -> tuple[WebhookEndpoint, str]:
    """A new secret, shown once; the one before it signs along for a while. Raises NotFound."""
    secret, now = _fresh_secret(), shop.now()
    async with transaction():
        row = await endpoint_of(endpoint_id, lock=True)
        row.old_secret_sealed, row.secret_sealed = row.secret_sealed, shop.sealer.seal(secret, AAD)
        row.old_until = now + timedelta(hours=shop.rules.webhook.old_secret_hours)
        row.updated_at = now
        await row.save()
        await audit.note(shop, staff_id, "webhook.rotate", f"webhook:{row.id}")
    return row, secret


async def deliveries(endpoint_id: int, before_id: int | None, limit: int) -> list[WebhookDelivery]:
    """Attempts of one endpoint, the newest first. Raises NotFound."""
    await endpoint_of(endpoint_id)
    rows = WebhookDelivery.filter(endpoint_id=endpoint_id)
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    return await rows.order_by("-id").limit(limit)


def _require(shop: Shop, url: str) -> None:
    if problem := shop.webhooks.refusal(url):
        raise Invalid("url", problem)


# Telling ---------------------------------------------------------------------------------------------------


async def deliver_due(shop: Shop) -> int:
    """The job: tell every endpoint what it has not heard; how many events were taken.

    Endpoints are told side by side and each for some seconds only, so that a slow one holds up nobody.
    """
    due = await WebhookEndpoint.filter(state=EndpointState.ON, next_at__lte=shop.now()).order_by("id")
    return sum(await asyncio.gather(*(_deliver(shop, row) for row in due)))


async def _deliver(shop: Shop, row: WebhookEndpoint) -> int:
    ends = asyncio.get_running_loop().time() + SECONDS_A_ROUND
    taken = 0
    while True:
        found, reached = await events.read(row.cursor, AT_ONCE)
        for event in found:
            if not hears(row.events, event.name):
                continue
            if asyncio.get_running_loop().time() > ends or not await _tell(shop, row, event):
                return taken
            taken += 1
        if reached == row.cursor or not await _reach(shop, row, reached):
            return taken


async def _tell(shop: Shop, row: WebhookEndpoint, event: BusinessEvent) -> bool:
    """One attempt, and what became of it; whether the next event may be told."""
    message_id, at, body = f"evt_{event.id}", int(shop.now().timestamp()), orjson.dumps(told(event))
    sealed = [row.secret_sealed]
    if row.old_until is not None and shop.now() < row.old_until:
        sealed.append(row.old_secret_sealed)
    signed = [signature(shop.sealer.open(one, AAD), message_id, at, body) for one in sealed]
    headers = {"webhook-id": message_id, "webhook-timestamp": str(at), "webhook-signature": " ".join(signed)}
    status, failure = 0, ""
    try:
        status = await shop.webhooks.post(row.url, headers, body)
        failure = "" if 200 <= status < 300 else f"http_{status}"
    except OutsideFault as fault:
        failure = str(fault)[:200]
    attempt = row.attempts + 1
    async with transaction():
        await WebhookDelivery.create(
            endpoint_id=row.id, event_id=event.id, name=event.name.value, attempt=attempt, status=status,
            failure=failure, created_at=shop.now(),
        )  # fmt: skip
        if not failure:
            return await _reach(shop, row, event.id)
        aside = status == GONE or attempt >= shop.rules.webhook.attempts
        # Who has switched it off or on meanwhile is right.
        await WebhookEndpoint.filter(id=row.id, state=EndpointState.ON, cursor=row.cursor).update(
            state=EndpointState.ASIDE if aside else EndpointState.ON, attempts=attempt, failure=failure,
            next_at=shop.now() + wait_after(attempt), updated_at=shop.now(),
        )  # fmt: skip
    (log.error if aside else log.warning)(
        "webhook.failed", endpoint=row.id, event_id=event.id, why=failure, aside=aside
    )
    return False


async def _reach(shop: Shop, row: WebhookEndpoint, cursor: int) -> bool:
    """Move the endpoint's place; False when somebody has changed it meanwhile."""
    moved = await WebhookEndpoint.filter(id=row.id, state=EndpointState.ON, cursor=row.cursor).update(
        cursor=cursor, attempts=0, failure="", updated_at=shop.now()
    )
    row.cursor, row.attempts = cursor, 0
    return bool(moved)
