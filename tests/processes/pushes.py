"""Pushes as WeChat makes them, delivered to whichever process a test names."""

from typing import Any

from sandbox import crypt, wire
from sandbox.clock import SharedClock
from sandbox.setup import read_world
from sandbox.world import Account, Person
from tests.processes.farm import Town

Push = dict[str, Any]


def official(town: Town) -> Account:
    """The official account as WeChat knows it."""
    folder = town.farm.site.folder
    return read_world(folder, SharedClock(folder / "clock.json")).official


def openid_of(town: Town, person: Person) -> str:
    """The person's openid towards the official account."""
    return person.openids[official(town).appid]


async def follower(town: Town, name: str = "林一") -> Person:
    """Somebody who follows, and has been welcomed."""
    person = await town.person(name)
    told = await town.follow(person)
    assert told["deliveries"][0]["status"] == 200, told
    return person


def _head(town: Town, person: Person) -> Push:
    account = official(town)
    now = int(SharedClock(town.farm.site.folder / "clock.json").now().timestamp())
    return {"ToUserName": account.gh_id, "FromUserName": openid_of(town, person), "CreateTime": now}


def subscribe(town: Town, person: Person) -> Push:
    return {**_head(town, person), "MsgType": "event", "Event": "subscribe", "EventKey": ""}


_numbers = iter(range(8_000_000_000, 9_000_000_000))


def text(town: Town, person: Person, content: str) -> Push:
    """A text under a number of its own; delivered again it is the same message."""
    return {**_head(town, person), "MsgType": "text", "Content": content, "MsgId": next(_numbers)}


async def deliver(town: Town, base: str, push: Push) -> tuple[int, str]:
    """Encrypt, sign and post a push: the status, and the words of the passive reply."""
    account, stamp, nonce = official(town), str(push["CreateTime"]), str(next(_numbers))
    encrypted = crypt.encrypt(account.aes_key, account.appid, wire.render(account, push).encode())
    query = {
        "signature": crypt.signature(account.token, stamp, nonce),
        "timestamp": stamp,
        "nonce": nonce,
        "encrypt_type": "aes",
        "msg_signature": crypt.signature(account.token, stamp, nonce, encrypted),
    }
    body = wire.envelope(account, push, encrypted).encode()
    async with town.http.post(f"{base}/wechat/official", params=query, data=body) as answer:
        reply = wire.open_reply(account, await answer.read()) if answer.status == 200 else None
        return answer.status, str(reply["Content"]) if reply else ""
