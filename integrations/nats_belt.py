"""The belt between relay and senders on NATS JetStream: a work queue, each message known by its id and acknowledged."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import nats
import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeout
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

from domain.errors import OutsideFault
from domain.ports import Belt, Handed

STREAM, SUBJECT, SENDERS = "HEZI_CARE", "hezi.care.due", "senders"
DEAD = "HEZI_CARE_DEAD"
GIVEN_UP = f"$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.{STREAM}.{SENDERS}"
"""What the server tells when a message was delivered so often and never acknowledged."""
ACK_SECONDS = 60.0
DELIVERIES_MAX = 5
SAME_SECONDS = 120.0
"""So long a message that is put on the belt again under the same id is the same message."""
PATIENCE_SECONDS = 5.0


@dataclass(frozen=True)
class _Handed:
    message_id: int
    lease: datetime
    msg: Msg

    async def done(self) -> None:
        await self.msg.ack()


def _parcel(message_id: int, lease: datetime) -> bytes:
    return orjson.dumps({"id": message_id, "lease": lease.astimezone(UTC).isoformat()})


def _read(data: bytes) -> tuple[int, datetime]:
    told = orjson.loads(data)
    return int(told["id"]), datetime.fromisoformat(told["lease"])


class NatsBelt:
    """Connects when it is first needed, and makes the streams and consumers that are missing.

    Every method raises OutsideFault while the server is away.
    """

    def __init__(self, url: str, ack_seconds: float) -> None:
        self._url, self._ack_seconds = url, ack_seconds
        self._client: Client | None = None
        self._line: _Line | None = None
        self._opening = asyncio.Lock()

    async def _open(self) -> "_Line":
        async with self._opening:
            if self._line is None:
                with _faults():
                    if self._client is None:
                        # From here on the client comes back by itself whenever the server was away.
                        self._client = await nats.connect(
                            self._url, name="hezi", max_reconnect_attempts=-1, error_cb=_quiet,
                            allow_reconnect=True, connect_timeout=int(PATIENCE_SECONDS),
                        )  # fmt: skip
                    self._line = await self._prepared(self._client.jetstream())
            return self._line

    async def _prepared(self, js: JetStreamContext) -> "_Line":
        await js.add_stream(
            StreamConfig(
                name=STREAM, subjects=[SUBJECT], retention=RetentionPolicy.WORK_QUEUE, storage=StorageType.FILE,
                duplicate_window=SAME_SECONDS,
            )
        )  # fmt: skip
        await js.add_stream(StreamConfig(name=DEAD, subjects=[GIVEN_UP], storage=StorageType.FILE))
        explicit = ConsumerConfig(
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=self._ack_seconds,
            max_deliver=DELIVERIES_MAX,
            max_ack_pending=20_000,
        )
        due = await js.pull_subscribe(SUBJECT, SENDERS, stream=STREAM, config=explicit)
        return _Line(js, due, await js.pull_subscribe(GIVEN_UP, "relay", stream=DEAD))

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()

    async def put(self, message_id: int, lease: datetime) -> None:
        line = await self._open()
        same = {"Nats-Msg-Id": f"{message_id}-{lease.timestamp():.6f}"}
        with _faults():
            await line.js.publish(SUBJECT, _parcel(message_id, lease), headers=same, timeout=PATIENCE_SECONDS)

    async def waiting(self) -> int:
        line = await self._open()
        with _faults():
            return int((await line.js.stream_info(STREAM)).state.messages)

    async def take(self, count: int, patience_seconds: float) -> list[Handed]:
        line = await self._open()
        with _faults(), suppress(NatsTimeout, TimeoutError):
            found = await line.due.fetch(count, timeout=patience_seconds)
            return [_Handed(*_read(msg.data), msg) for msg in found]
        return []

    async def given_up(self) -> list[tuple[int, datetime]]:
        """Messages delivered too often; each is told once, and is off the belt then."""
        line, dead = await self._open(), []
        with _faults(), suppress(NatsTimeout, TimeoutError):
            for told in await line.given_up.fetch(100, timeout=0.2):
                number = int(orjson.loads(told.data)["stream_seq"])
                # Acknowledged after all, by whoever was so slow: then it is not there any more.
                with suppress(NotFoundError):
                    dead.append(_read((await line.js.get_msg(STREAM, number)).data or b""))
                    await line.js.delete_msg(STREAM, number)
                await told.ack()
        return dead


@dataclass(frozen=True)
class _Line:
    """What an open connection is used through."""

    js: JetStreamContext
    due: JetStreamContext.PullSubscription
    given_up: JetStreamContext.PullSubscription


@contextmanager
def _faults() -> Iterator[None]:
    """The library's errors leave as ours; a time-out inside is the caller's to take first."""
    try:
        yield
    except (NatsError, OSError) as fault:
        raise OutsideFault(f"nats: {type(fault).__name__}") from None


@asynccontextmanager
async def open_belt(url: str, *, ack_seconds: float = ACK_SECONDS) -> AsyncIterator[Belt]:
    """The belt at this address, closed at the end."""
    belt = NatsBelt(url, ack_seconds)
    try:
        yield belt
    finally:
        await belt.close()


async def _quiet(_: Exception) -> None:
    """What fails is said where it is called; the client's own words would be said once a second."""
