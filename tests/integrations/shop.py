"""What the tests hold in their hands: the sandbox's world, the phone's acts, what was heard and received."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from sandbox.clock import SharedClock
from sandbox.pay import Pay
from sandbox.world import Fault, Person, World
from settings import Settings

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # noon in Shanghai


@dataclass
class Heard:
    """What one metrics hook was told, as (endpoint, outcome)."""

    calls: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, endpoint: str, outcome: str, seconds: float) -> None:
        assert seconds >= 0
        self.calls.append((endpoint, outcome))

    def outcomes(self, endpoint: str) -> list[str]:
        return [outcome for at, outcome in self.calls if at == endpoint]


@dataclass
class Letterbox:
    """Where the sandbox's notices arrive: kept as they came, answered 204 or as told."""

    url: str = ""
    status: int = 204
    letters: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@dataclass
class Shop:
    """One WeChat and one of our own behind it."""

    world: World
    pay: Pay
    credentials: dict[str, Any]
    clock: SharedClock
    base_url: str
    settings: Settings
    letterbox: Letterbox
    session: aiohttp.ClientSession

    def person(self, name: str = "林一") -> Person:
        return self.world.add_person(name)

    def openid(self, person: Person) -> str:
        return person.openids[self.world.mini.appid]

    def fault(self, match: str, kind: str, **more: Any) -> Fault:
        return self.world.inject(Fault(match=match, kind=kind, **more))

    def seen(self, path: str) -> list[Any]:
        """The calls that arrived at a path."""
        return [call for call in self.world.calls if call.path == path]

    async def act(self, path: str, **given: Any) -> dict[str, Any]:
        """A control endpoint: what a person does on their phone."""
        async with self.session.post(f"{self.base_url}{path}", json=given) as answer:
            told: dict[str, Any] = await answer.json()
            assert answer.status == 200, told
            return told

    async def pass_time(self, **delta: float) -> None:
        """Move the clock, and let the sandbox do all that has become due."""
        self.clock.advance(timedelta(**delta))
        await self.world.settle()


def settings_for(credentials: dict[str, Any], directory: Path, base_url: str, public_url: str) -> Settings:
    """The settings a developer would write from the consoles' credentials."""
    merchant = credentials["merchant"]
    (directory / "merchant.pem").write_text(merchant["merchant_private_key_pem"])
    (directory / "platform.pem").write_text(merchant["platform_public_key_pem"])
    accounts = {
        kind: {key: credentials[kind][key] for key in ("appid", "secret", "token", "aes_key")}
        for kind in ("official", "mini")
    }
    return Settings.model_validate(
        {
            "app": {"mode": "test", "public_url": public_url},
            "wechat": {
                "api_base": base_url,
                "pay_base": base_url,
                "timeout_seconds": 5.0,
                **accounts,
                "pay": {
                    "mchid": merchant["mchid"],
                    "merchant_serial": merchant["merchant_serial"],
                    "merchant_key_file": str(directory / "merchant.pem"),
                    "api_v3_key": merchant["api_v3_key"],
                    "public_key_id": merchant["platform_public_key_id"],
                    "public_key_file": str(directory / "platform.pem"),
                    "payscore_service_id": merchant["payscore_service_id"],
                },
            },
        }
    )
