"""What stands around the API: health, metrics, the documents, and who may call from another page."""

import re

import pytest
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.parser import text_string_to_metric_families

from miniapp_api import site
from models import database
from tests.support.boxes import life
from tests.support.house import House
from tests.support.money import shopper

STRANGER = "https://stranger.example"


async def test_health_and_readiness(house: House) -> None:
    for path, said in (("/healthz", "ok"), ("/readyz", "ready")):
        async with house.http.get(house.base + path) as answer:
            assert (answer.status, await answer.json()) == (200, {"status": said})


async def test_not_ready_without_a_database_but_alive(house: House, database_url: str) -> None:
    await database.close()
    try:
        async with house.http.get(f"{house.base}/readyz") as answer:
            assert answer.status == 503
        async with house.http.get(f"{house.base}/healthz") as answer:
            assert answer.status == 200
    finally:
        await database.connect(database_url)
    async with house.http.get(f"{house.base}/readyz") as answer:
        assert answer.status == 200


async def test_metrics_are_readable_and_name_nobody(house: House) -> None:
    one = await life(house)
    await one.cover("deposit")
    for path in ("/api/v1/boxes/424242", "/calendar/no-such-feed-token.ics", "/no/such/424242"):
        async with house.http.get(house.base + path) as answer:
            assert answer.status in (401, 404)
    async with house.http.request("PROPFIND", f"{house.base}/api/v1/me") as answer:
        assert answer.status == 405
    async with house.http.get(f"{house.base}/metrics") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        families = {family.name: family for family in text_string_to_metric_families(await answer.text())}
    assert {"hezi_http_requests", "hezi_http_request_seconds", "hezi_queue_length", "hezi_pay_notices"} <= set(families)
    routes = {r.canonical for r in house.built.site.router.resources()} | {"unknown"}
    for name, family in families.items():
        for sample in family.samples if name.startswith("hezi_") else ():
            labels = {k: v for k, v in sample.labels.items() if k != "le"}
            assert set(labels) <= {"route", "method", "status", "queue", "kind", "outcome", "job", "channel", "state"}
            assert labels.get("route", "unknown") in routes
            assert labels.get("method", "GET") in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "other"}
            rest = " ".join(v for k, v in labels.items() if k not in ("route", "status", "kind"))
            assert not re.search(r"\d", rest), sample
            assert one.who.person.id not in labels.values()


async def test_the_docs_open_with_nothing_from_outside(house: House) -> None:
    async with house.http.get(f"{house.base}/docs") as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
        page = await answer.text()
    assert "/openapi.json" in page
    assert not re.search(r"https?:|[\"'(]//|@import|<link|<script\s+src|<iframe", page)


async def test_every_answer_carries_its_request_id(house: House) -> None:
    async with house.http.get(f"{house.base}/healthz", headers={"X-Request-Id": "abc123"}) as answer:
        assert answer.headers["X-Request-Id"] == "abc123"
    for odd in ("", "a b", "x" * 65, "a/b"):
        async with house.http.get(f"{house.base}/api/v1/no", headers={"X-Request-Id": odd}) as answer:
            given = answer.headers["X-Request-Id"]
            assert re.fullmatch(r"[0-9a-f]{16}", given)
            assert (await answer.json())["request_id"] == given


# Calls from another page --------------------------------------------------------------------------


async def test_only_the_sandbox_may_call_from_a_page(house: House) -> None:
    who = await shopper(house)
    url = f"{house.base}/api/v1/me"
    ask = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    session = {"Authorization": f"Bearer {who.token}"}
    for origin, allowed in ((house.sandbox_base, True), (STRANGER, False), ("null", False), (house.base + "0", False)):
        async with house.http.options(url, headers={"Origin": origin, **ask}) as answer:
            assert answer.headers.get("Access-Control-Allow-Origin") == (origin if allowed else None)
        for headers, status in ((session, 200), ({}, 401)):
            async with house.http.get(url, headers={"Origin": origin, **headers}) as answer:
                assert answer.status == status
                assert answer.headers.get("Access-Control-Allow-Origin") == (origin if allowed else None)
                assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_without_a_sandbox_no_other_page_may_call(house: House) -> None:
    apart = house.settings.app.model_copy(update={"sandbox_url": "", "clock_file": ""})
    built = site.build(house.settings.model_copy(update={"app": apart}), house.shop)
    async with TestClient(TestServer(built)) as closed:
        for origin in (house.sandbox_base, STRANGER):
            ask = {"Origin": origin, "Access-Control-Request-Method": "GET"}
            for answer in (
                await closed.options("/api/v1/plans", headers=ask),
                await closed.get("/api/v1/plans", headers={"Origin": origin}),
            ):
                assert not [name for name in answer.headers if name.startswith("Access-Control")]
        assert (await closed.get("/demo/clock")).status == 404


@pytest.fixture
def few_logins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEZI_LIMITS__LOGIN_PER_ADDRESS_MINUTE", "3")


# Limits -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_limit_is_told_with_when_to_come_back(few_logins: None, house: House) -> None:
    body = {"login": "nobody", "password": "wrong"}
    for _ in range(3):
        async with house.http.post(f"{house.base}/api/v1/staff/session", json=body) as answer:
            assert answer.status == 403
    async with house.http.post(f"{house.base}/api/v1/staff/session", json=body) as answer:
        assert (answer.status, answer.content_type) == (429, "application/problem+json")
        told = await answer.json()
        assert told["code"] == "rate_limited"
        assert answer.headers["Retry-After"] == str(told["facts"]["retry_after_seconds"])
    await house.move(minutes=1)
    async with house.http.post(f"{house.base}/api/v1/staff/session", json=body) as answer:
        assert answer.status == 403


@pytest.fixture
def behind_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEZI_LIMITS__TRUSTED_PROXIES", '["127.0.0.1", "10.0.0.0/8"]')


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_behind_proxies_each_stranger_counts_alone(few_logins: None, behind_proxies: None, house: House) -> None:
    """The proxy writes what it has seen at the right end; what a stranger writes there first changes nothing."""

    async def tried(forwarded: str) -> int:
        async with house.http.post(
            f"{house.base}/api/v1/staff/session",
            json={"login": "nobody", "password": "wrong"},
            headers={"X-Forwarded-For": forwarded},
        ) as answer:
            return answer.status

    written = ("203.0.113.7", "198.51.100.1, 203.0.113.7", "198.51.100.2, 203.0.113.7, 10.1.1.1")
    assert [await tried(each) for each in written] == [403, 403, 403]
    assert await tried("198.51.100.3, 203.0.113.7") == 429
    assert await tried("203.0.113.8") == 403
    assert [await tried(each) for each in ("", "nonsense", "203.0.113.8, nonsense", "")] == [403, 403, 403, 429]
