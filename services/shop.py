"""The shop a use case is run for: its clock, rules, gateways, sealer and chance, handed in by app.py."""

import random
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.blocklist import Blocklist
from domain.clock import Clock
from domain.errors import OutsideFault
from domain.ports import Keywords, Sealer, Webhooks, Wechat
from domain.rules import Rules


@dataclass(frozen=True)
class Accounts:
    """Our own names at WeChat: not secrets."""

    official_appid: str
    mini_appid: str
    # Whether WeChat Pay Score was granted to this shop; without it deposits cover boxes.
    pay_score: bool = True
    # Template ids by message kind; a kind without one has no such channel.
    official_templates: dict[str, str] = field(default_factory=dict)
    mini_templates: dict[str, str] = field(default_factory=dict)
    # The uploaded picture of mini-program cards; without one a text link opens the page.
    card_picture: str = ""


class NoWebhooks:
    """Nobody is told: what a shop without doors has."""

    def refusal(self, url: str) -> str:
        return "no other system is told here"

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        raise OutsideFault(self.refusal(url))


@dataclass(frozen=True)
class Shop:
    clock: Clock
    rules: Rules
    wechat: Wechat
    sealer: Sealer
    accounts: Accounts
    blocklist: Blocklist = field(default_factory=Blocklist)
    webhooks: Webhooks = field(default_factory=NoWebhooks)
    keywords: Keywords | None = None  # finds the words of opinions, where it is set up
    rng: random.Random = field(default_factory=random.SystemRandom)
    # What a process remembers of the database for a short while; nothing is lost with it.
    kept: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def now(self) -> datetime:
        """The present as an aware UTC instant."""
        return self.clock.now()


OUR_PAYMENTS = "HZ"
"""What the numbers of our own payments begin with."""


def fresh_number(prefix: str, now: datetime) -> str:
    """A number for WeChat Pay: our prefix, the second, and 64 bits of chance (≤ 32 characters)."""
    return f"{prefix}{now:%y%m%d%H%M%S}{secrets.token_hex(8)}"[:32]
