"""A lean load generator: prepared requests over kept connections, on loopback, bounded in count and time.

It runs in a process of its own (`python -m bench.load FILE`), so that the server's figures are the
server's. FILE is a pickle of `Load`; the result is printed as one JSON line.
"""

import asyncio
import json
import pickle
import sys
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Load:
    """What to send: each request as the bytes of a whole HTTP/1.1 message, sent once, in order."""

    host: str
    port: int
    requests: list[bytes]
    connections: int
    most_seconds: float
    keep_every: int = 0  # keep every n-th answer's body for a look


class _Connection(asyncio.Protocol):
    def __init__(self, runner: "_Runner") -> None:
        self.runner = runner
        self.buffer = b""
        self.started = 0.0
        self.number = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.next()

    def next(self) -> None:
        taken = self.runner.take()
        if taken is None:
            self.transport.close()
            return
        self.number, request = taken
        self.started = time.perf_counter()
        self.transport.write(request)  # type: ignore[attr-defined]  # TCP transports write.

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head_end = self.buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return
        at = self.buffer.find(b"Content-Length: ", 0, head_end)
        length = 0 if at < 0 else int(self.buffer[at + 16 : self.buffer.index(b"\r", at)])
        whole = head_end + 4 + length
        if len(self.buffer) < whole:
            return
        self.runner.done(
            self.number,
            int(self.buffer[9:12]),
            time.perf_counter() - self.started,
            self.buffer[head_end + 4 : whole],
        )
        self.buffer = self.buffer[whole:]
        self.next()

    def connection_lost(self, _: Exception | None) -> None:
        self.runner.closed()


class _Runner:
    def __init__(self, load: Load) -> None:
        self.load = load
        self.taken = 0
        self.seconds: list[float] = []
        self.statuses: dict[int, int] = {}
        self.kept: dict[int, str] = {}
        self.open = 0
        self.stop_at = 0.0
        self.finished = asyncio.Event()

    def take(self) -> tuple[int, bytes] | None:
        if self.taken >= len(self.load.requests) or time.perf_counter() > self.stop_at:
            return None
        self.taken += 1
        return self.taken - 1, self.load.requests[self.taken - 1]

    def done(self, number: int, status: int, seconds: float, body: bytes) -> None:
        self.seconds.append(seconds)
        self.statuses[status] = self.statuses.get(status, 0) + 1
        if self.load.keep_every and number % self.load.keep_every == 0:
            self.kept[number] = body.decode(errors="replace")

    def closed(self) -> None:
        self.open -= 1
        if self.open == 0:
            self.finished.set()

    async def run(self) -> dict[str, object]:
        loop = asyncio.get_running_loop()
        started = time.perf_counter()
        self.stop_at = started + self.load.most_seconds
        for _ in range(self.load.connections):
            self.open += 1
            await loop.create_connection(lambda: _Connection(self), self.load.host, self.load.port)
        await self.finished.wait()
        wall = time.perf_counter() - started
        ranked = sorted(self.seconds)

        def percentile(share: float) -> float:
            return 1000 * ranked[min(len(ranked) - 1, int(len(ranked) * share))] if ranked else 0.0

        return {
            "count": len(ranked),
            "seconds": wall,
            "rate": len(ranked) / wall,
            "p50_ms": percentile(0.5),
            "p99_ms": percentile(0.99),
            "statuses": {str(k): v for k, v in self.statuses.items()},
            "kept": {str(k): v for k, v in self.kept.items()},
        }


def main(path: str) -> None:
    load: Load = pickle.loads(Path(path).read_bytes())
    try:
        import uvloop

        result = uvloop.run(_Runner(load).run())
    except ImportError:
        result = asyncio.run(_Runner(load).run())
    print(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1])
