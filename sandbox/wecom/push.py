"""WeCom's callbacks: always encrypted, signed over the ciphertext; the echostr of the URL check is encrypted too."""

import secrets
import time
from typing import Any

import aiohttp

from sandbox import crypt, wire
from sandbox.callbacks import Pusher
from sandbox.world import World

DELIVERIES = 3


class CorpPusher:
    """Carries events of the corporation to its callback; repeated until it answers 200, three times in all."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def event(self, change: str, userid: str, external: str) -> list[dict[str, Any]]:
        """A `change_external_contact`, told as WeCom tells it."""
        corp = self._world.corp
        if corp is None or not corp.callback_url:
            return []
        fields = {
            "ToUserName": corp.appid,
            "FromUserName": "sys",
            "CreateTime": int(self._world.now().timestamp()),
            "MsgType": "event",
            "Event": "change_external_contact",
            "ChangeType": change,
            "UserID": userid,
            "ExternalUserID": external,
        }
        if change == "add_external_contact":
            fields |= {"State": "", "WelcomeCode": secrets.token_urlsafe(24)}
        where = f"callback:{change}"
        if self._world.take_fault(where, "drop"):
            return [{"status": 0, "note": "dropped"}]
        done: list[dict[str, Any]] = []
        rounds = 2 if self._world.take_fault(where, "duplicate") else 1
        for _ in range(rounds):
            for _ in range(DELIVERIES):
                done.append(await self._post(fields))
                if done[-1]["status"] == 200:
                    break
        return done

    async def _post(self, fields: wire.Fields) -> dict[str, Any]:
        corp = self._world.corp
        assert corp is not None, "asked above"
        encrypted = crypt.encrypt(corp.aes_key, corp.appid, wire.to_xml(fields).encode())
        body = wire.to_xml({"ToUserName": corp.appid, "Encrypt": encrypted, "AgentID": "1000002"})
        started = time.monotonic()
        try:
            async with self._session.post(
                corp.callback_url,
                params=self._query(encrypted),
                data=body.encode(),
                headers={"Content-Type": "text/xml", "User-Agent": "Mozilla/4.0"},
                timeout=aiohttp.ClientTimeout(total=self._world.tuning.callback_timeout_seconds),
            ) as answer:
                status = answer.status
                await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError):
            status = 0
        return {"status": status, "ms": round((time.monotonic() - started) * 1000)}

    async def verify_url(self) -> dict[str, Any]:
        """The console's check: the plaintext of the encrypted echostr must come back, without anything around it."""
        corp = self._world.corp
        if corp is None:
            return {"ok": False, "reason": "no corporation"}
        echo = str(secrets.randbelow(9 * 10**18) + 10**18)
        encrypted = crypt.encrypt(corp.aes_key, corp.appid, echo.encode())
        try:
            async with self._session.get(
                corp.callback_url, params={**self._query(encrypted), "echostr": encrypted}
            ) as answer:
                said, status = await answer.read(), answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return {"ok": False, "status": 0, "reason": type(error).__name__}
        ok = status == 200 and said == echo.encode()
        return {"ok": ok, "status": status, "reason": "" if ok else "the answer is not the echostr's plaintext"}

    def _query(self, encrypted: str) -> dict[str, str]:
        corp = self._world.corp
        assert corp is not None, "asked above"
        stamp, nonce = str(int(self._world.now().timestamp())), str(secrets.randbelow(10**9))
        return {
            "msg_signature": crypt.signature(corp.token, stamp, nonce, encrypted), "timestamp": stamp, "nonce": nonce,
        }  # fmt: skip

    @property
    def _session(self) -> aiohttp.ClientSession:
        return self._world.room(Pusher).session()
