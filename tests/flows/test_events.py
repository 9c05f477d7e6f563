"""Business events: one stream nobody misses anything of, and other systems told of it, signed, in order."""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from models import AuditEntry, History, WebhookEndpoint
from models.sql import dialect
from services import events
from services.transaction import transaction
from tests.support.boxes import life
from tests.support.house import House
from tests.support.money import shopper
from tests.support.orders import ordered


class Other:
    """Another system: what it was told, and how it answers."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.server = TestServer(self._app())

    def _app(self) -> web.Application:
        async def hear(request: web.Request) -> web.Response:
            self.got.append((dict(request.headers), await request.read()))
            return web.Response(status=self.answers.pop(0) if self.answers else 204)

        served = web.Application()
        served.router.add_post("/hooks", hear)
        return served

    @property
    def url(self) -> str:
        return str(self.server.make_url("/hooks"))


@pytest.fixture
async def other() -> AsyncIterator[Other]:
    made = Other()
    await made.server.start_server()
    yield made
    await made.server.close()


async def stream(house: House, token: str, limit: int = 7) -> list[dict[str, Any]]:
    """All of it, page by page."""
    found: list[dict[str, Any]] = []
    after = still = 0
    # Another worker's transaction on this server may hold the end of it back for a moment.
    while still < 5:
        page = await house.api("GET", f"/staff/events?after={after}&limit={limit}", token=token)
        found += page["items"]
        if page["after"] == after:
            still += 1
            await asyncio.sleep(0.05)
        after = page["after"]
    return found


async def test_the_stream_tells_what_happened_in_order(house: House) -> None:
    finance = await house.staff("finance1")
    one = await ordered(house, count=1, plan=True)
    box = await life(house, plan=True, name="周二")
    await box.cover("deposit")
    await box.staff("POST", f"/staff/boxes/{box.id}/cancel", {"reason": "缺货"}, status=403)
    found = await stream(house, finance)
    assert [int(e["id"]) for e in found] == sorted({int(e["id"]) for e in found})
    mine = [(e["type"], e["ref"]) for e in found if e["member_id"] == one.who.member_id]
    plan, order = (ref for name, ref in mine if name in ("plan.started", "order.paid"))
    assert mine == [
        ("member.joined", f"member:{one.who.member_id}"), ("payment.paid", mine[1][1]), ("plan.started", plan),
        ("order.placed", order), ("payment.paid", mine[4][1]), ("order.paid", order),
    ]  # fmt: skip
    paid = next(e for e in found if e["type"] == "order.paid")
    assert (paid["version"], paid["data"]) == (
        1, {"number": one.order["number"], "total_fen": one.order["total_fen"]},
    )  # fmt: skip
    assert [e["type"] for e in found if e["ref"] == f"box:{box.id}"] == ["box.requested", "box.confirmed"]
    await house.api("GET", "/staff/events", token=one.who.token, status=403)
    await house.api("GET", "/staff/events?after=-1", token=finance, status=422)


async def test_what_commits_late_is_not_passed_over(house: House) -> None:
    await shopper(house)
    before = await events.horizon()
    if dialect() == "sqlite":
        return  # One writer: ids come in the order of their commits.
    written, may_end = asyncio.Event(), asyncio.Event()

    async def line(row_id: int) -> None:
        await History.create(
            noun="order", row_id=row_id, old="placed", new="paid", who="x", created_at=house.shop.now()
        )

    async def slow() -> None:
        async with transaction():
            await line(1)
            written.set()
            await may_end.wait()

    running = asyncio.create_task(slow())
    await written.wait()
    await line(2)  # It has the larger id and is there already.
    assert await events.read(before or 0, 10) == ([], before), "not while the smaller one may still come"
    may_end.set()
    await running
    found: list[Any] = []
    for _ in range(100):
        # Another worker's transaction on this server may hold both back for a moment.
        if found:
            break
        found, _ = await events.read(before or 0, 10)
        await asyncio.sleep(0.02)
    assert [event.ref for event in found] == ["order:1", "order:2"]


def verified(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As a receiver checks it."""
    low = {name.lower(): value for name, value in headers.items()}
    signed = f"{low['webhook-id']}.{low['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return wanted in low["webhook-signature"].split(" ")


async def heard(house: House, other: Other, count: int) -> None:
    """Wait for so many calls: a transaction on any database of the server holds the stream back, other workers' too."""
    for _ in range(60):
        if len(other.got) >= count:
            return
        await house.move(seconds=1)


async def test_another_system_is_told_in_order_signed_and_again_until_it_listens(house: House, other: Other) -> None:
    admin = await house.staff("admin1")
    await shopper(house)
    body = {"url": other.url, "events": ["member.joined", "plan.started", "order.paid"]}
    made = await house.api("POST", "/staff/webhooks", body, token=admin)
    path, secret = f"/staff/webhooks/{made['endpoint']['id']}", made["secret"]
    assert secret not in (await WebhookEndpoint.get(url=other.url)).secret_sealed
    assert (await house.api("POST", "/staff/webhooks", body, token=admin, status=422))["field"] == "url"
    other.answers = [500, 302]
    one = await ordered(house, count=1, plan=True, name="周二")
    await heard(house, other, 1)
    await house.move(seconds=8)
    listed = (await house.api("GET", "/staff/webhooks", token=admin))["items"]
    assert [(e["state"], e["attempts"], e["failure"]) for e in listed] == [("on", 1, "http_500")]
    await house.move(seconds=5)
    assert len(other.got) == 2, "what comes behind waits"
    await house.move(seconds=30)
    await heard(house, other, 5)
    told = [e for e in await stream(house, admin) if e["type"] in body["events"]][1:]
    ids = [f"evt_{e['id']}" for e in told]
    assert [headers["webhook-id"] for headers, _ in other.got] == [ids[0], ids[0], *ids]
    assert all(verified(secret, headers, raw) for headers, raw in other.got)
    assert not verified("whsec_" + base64.b64encode(b"x" * 32).decode(), *other.got[0])
    assert other.got[0][1] == other.got[1][1] == other.got[2][1], "a repeat is the same to the byte"
    assert [e["type"] for e in told] == ["member.joined", "plan.started", "order.paid"]
    assert told[2]["member_id"] == one.who.member_id

    # A new secret: both sign for a day, then the new one alone.
    fresh = (await house.api("POST", f"{path}/secret", token=admin))["secret"]
    await shopper(house, "吴三")
    await house.move(seconds=5)
    assert verified(secret, *other.got[-1])
    assert verified(fresh, *other.got[-1])
    await house.move(hours=24)
    admin = await house.staff("admin1")
    await shopper(house, "钱四")
    await house.move(seconds=5)
    assert not verified(secret, *other.got[-1])
    assert verified(fresh, *other.got[-1])

    # Gone: set aside, until the staff switch it on again past what it would not take.
    other.answers = [410]
    lost, kept = await shopper(house, "孙五"), await shopper(house, "李六")
    await house.move(hours=1)
    admin = await house.staff("admin1")
    [seen] = (await house.api("GET", "/staff/webhooks", token=admin))["items"]
    assert (seen["state"], seen["failure"]) == ("aside", "http_410")
    count = len(other.got)
    await house.api("PUT", path, {**body, "on": True, "skip": True}, token=admin)
    await house.move(seconds=5)
    assert len(other.got) == count + 1
    assert f'"member:{kept.member_id}"'.encode() in other.got[-1][1]
    assert f'"member:{lost.member_id}"'.encode() not in other.got[-1][1]
    log = (await house.api("GET", f"{path}/deliveries?limit=100", token=admin))["items"]
    assert [d["status"] for d in reversed(log)] == [500, 302, 204, 204, 204, 204, 204, 410, 204]
    acts = await AuditEntry.filter(action__startswith="webhook.").order_by("id")
    assert [act.action for act in acts] == ["webhook.add", "webhook.rotate", "webhook.change"]

    # Off: nothing more; what it missed it gets when it is on again.
    await house.api("PUT", path, {**body, "on": False}, token=admin)
    await shopper(house, "周七")
    await house.move(seconds=30)
    assert len(other.got) == count + 1
    await house.api("PUT", path, {**body, "on": True}, token=admin)
    await house.move(seconds=5)
    assert len(other.got) == count + 2


async def test_after_so_many_attempts_it_is_set_aside(house: House, other: Other) -> None:
    admin = await house.staff("admin1")
    bad = {"url": "https://me:secret@example.com/"}
    assert (await house.api("POST", "/staff/webhooks", bad, token=admin, status=422))["field"] == "url"
    await house.api("POST", "/staff/webhooks", {"url": other.url, "after": 0}, token=admin)
    await shopper(house)
    other.answers = [503] * 3
    await heard(house, other, 1)
    await WebhookEndpoint.all().update(attempts=11)
    await house.move(seconds=20)
    [row] = await WebhookEndpoint.all()
    assert (row.state, row.attempts, row.failure) == ("aside", 12, "http_503")
    await house.move(hours=1)
    assert len({headers["webhook-id"] for headers, _ in other.got}) == 1
    assert len(other.got) == 2, "nothing is tried any more"
    await house.api("PUT", "/staff/webhooks/999", {"url": other.url}, token=await house.staff("admin1"), status=404)
