"""A WeChat that answers a constant, as fast as it can, and counts what reached it: each openid once.

`python -m bench.stand_in PORT FILE` writes what it counted, as JSON, when it is told to end.
"""

import asyncio
import json
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import ClassVar, cast

TOKEN = b'{"access_token": "constant", "expires_in": 7200}'
OK = b'{"errcode": 0, "errmsg": "ok", "msgid": 1}'
TO = b'"touser":"'


def _answer(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


class Receiver(asyncio.Protocol):
    """One connection; requests of a keep-alive client come one after the other, whole or in pieces."""

    got: ClassVar[Counter[bytes]] = Counter()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._out, self._in = cast(asyncio.Transport, transport), b""

    def data_received(self, data: bytes) -> None:
        self._in += data
        while (end := self._in.find(b"\r\n\r\n")) >= 0:
            head = self._in[:end].lower()
            at = head.find(b"content-length:")
            size = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._in) < end + 4 + size:
                return
            body, self._in = self._in[end + 4 : end + 4 + size], self._in[end + 4 + size :]
            self._out.write(_answer(TOKEN if b"token?" in head or b"stable_token" in head.split(b"\r\n")[0] else OK))
            if (start := body.find(TO)) >= 0:
                start += len(TO)
                self.got[body[start : body.index(b'"', start)]] += 1


async def main(port: int, counted: Path) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    await loop.create_server(Receiver, "127.0.0.1", port, backlog=1024)
    await stop.wait()
    got = Receiver.got
    told = {"calls": got.total(), "receivers": len(got), "most": max(got.values(), default=0)}
    counted.write_text(json.dumps(told))


if __name__ == "__main__":
    try:
        import uvloop

        uvloop.run(main(int(sys.argv[1]), Path(sys.argv[2])))
    except ImportError:
        asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
