"""The client that tells other systems: signed bodies are handed in, only the status of the answer comes back.

An address comes from a person, so it may not lead into our own network: names are resolved here, and only to
addresses of the public internet, at the very connection that is used. Redirects are not followed.
"""

import ipaddress
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver
from yarl import URL

from domain.errors import OutsideFault
from domain.ports import Webhooks
from settings import WebhookSettings

WRAPPED = tuple(map(ipaddress.IPv6Network, ("::ffff:0:0/96", "64:ff9b::/96", "2002::/16", "2001::/32")))
"""Addresses with another address inside them, which may lead anywhere."""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    wrapped = isinstance(ip, ipaddress.IPv6Address) and any(ip in network for network in WRAPPED)
    return ip.is_global and not ip.is_multicast and not wrapped


class PublicResolver(AbstractResolver):
    """Resolves names, and refuses one as soon as any of its addresses is not public."""

    def __init__(self) -> None:
        self._inner = DefaultResolver()

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)  # type: ignore[arg-type]  # An address family is an int.
        if not found or not all(is_public(one["host"]) for one in found):
            raise OSError("not an address of the public internet")
        return found

    async def close(self) -> None:
        await self._inner.close()


class WebhookClient:
    """`allow_private`: http and addresses of our own network may be told too."""

    def __init__(self, http: aiohttp.ClientSession, *, allow_private: bool) -> None:
        self._http, self._private = http, allow_private

    def refusal(self, url: str) -> str:
        """Why nothing is ever sent to this address; empty where it may be. Names are looked up when it is sent."""
        try:
            parts = URL(url)
            host, secret = parts.host, parts.user or parts.password
        except ValueError:
            return "an address like https://example.com/hooks"
        if parts.scheme != "https" and not (self._private and parts.scheme == "http"):
            return "an https address"
        if not host or secret or parts.fragment:
            return "an address without a name, a password or a fragment in it"
        literal = host.replace(".", "").isdigit() or ":" in host
        if not self._private and ((literal and not is_public(host)) or host.endswith("localhost")):
            return "an address of the public internet"
        return ""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status of the answer, whose body is not read. Raises OutsideFault without one."""
        if refusal := self.refusal(url):
            raise OutsideFault(f"webhook: {refusal}")
        try:
            async with self._http.post(url, data=body, headers=dict(headers), allow_redirects=False) as answer:
                return answer.status
        except TimeoutError:
            raise OutsideFault("webhook: timeout") from None
        except (aiohttp.ClientError, OSError, ValueError) as fault:
            raise OutsideFault(f"webhook: {type(fault).__name__}") from None


@asynccontextmanager
async def open_webhooks(settings: WebhookSettings) -> AsyncIterator[Webhooks]:
    """The client over a session of its own: no cookies, no proxy, nothing kept alive."""
    resolver = None if settings.allow_private else PublicResolver()
    connector = aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, force_close=True, limit=50)
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=settings.timeout_seconds),
        headers={"User-Agent": "hezi/0.1", "Content-Type": "application/json"},
    ) as http:
        yield WebhookClient(http, allow_private=settings.allow_private)
