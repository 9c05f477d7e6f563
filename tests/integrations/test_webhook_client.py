"""Other systems' addresses: never into our own network, whatever they are called and wherever they resolve to."""

import socket

import pytest

from domain.errors import OutsideFault
from integrations.webhooks import is_public, open_webhooks
from settings import WebhookSettings


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("1.1.1.1", True), ("2606:4700:4700::1111", True),
        ("127.0.0.1", False), ("10.1.2.3", False), ("172.16.0.1", False), ("192.168.1.1", False),
        ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False),
        ("::1", False), ("fe80::1%eth0", False), ("fd00::1", False), ("::ffff:10.0.0.1", False),
        ("2002:7f00:1::", False), ("64:ff9b::7f00:1", False), ("nonsense", False),
    ],
)  # fmt: skip
def test_what_is_public(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/x", "ftp://example.com", "https://127.0.0.1/x", "https://[::1]/", "https://10.0.0.1:8443/",
        "https://localhost/", "https://a.localhost/", "https://me:pw@example.com/", "https://example.com/#x",
        "https://", "nonsense", "https://0x7f.1/", "https://2130706433/", "https://127.1/",
    ],
)  # fmt: skip
async def test_what_is_refused_at_once_or_when_it_is_sent(url: str) -> None:
    async with open_webhooks(WebhookSettings()) as client:
        with pytest.raises(OutsideFault):
            await client.post(url, {}, b"{}")


async def test_a_name_that_leads_home_is_refused_at_the_connection() -> None:
    async with open_webhooks(WebhookSettings()) as client:
        assert client.refusal("https://somewhere.example/") == ""
        with pytest.raises(OutsideFault):
            # This machine's own name resolves to an address of its own network, or to none at all.
            await client.post(f"https://{socket.gethostname()}/", {}, b"{}")
    async with open_webhooks(WebhookSettings(allow_private=True)) as client:
        assert client.refusal("http://127.0.0.1:9/") == ""
