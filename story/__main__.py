"""`make story`: start the demo on fresh data, live the life in it, end it. `--at BASE SANDBOX` uses a running one."""

import argparse
import asyncio
import os
import signal
import socket
import sys
import tempfile
from pathlib import Path

import aiohttp

from story.door import Doors, Off
from story.life import live
from story.telling import Telling, paint

ROOT = Path(__file__).resolve().parents[1]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _tell(base: str, sandbox: str) -> None:
    async with aiohttp.ClientSession() as http:
        await live(Doors(http, base, sandbox), Telling())


async def _on_fresh_data(database: str) -> None:
    port, sandbox_port = _free_port(), _free_port()
    with tempfile.TemporaryDirectory(prefix="hezi-story-") as folder:
        words = ["--dir", folder, "--port", str(port), "--sandbox-port", str(sandbox_port), "--database", database]
        demo = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app", "demo", *words, cwd=ROOT, stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        assert demo.stdout is not None, "asked for as a pipe"
        try:
            async with asyncio.timeout(60):
                while b"Ctrl-C" not in (line := await demo.stdout.readline()):
                    if not line:
                        raise Off("the demo did not start")
            await _tell(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox_port}")
        finally:
            if demo.returncode is None:
                demo.send_signal(signal.SIGINT)
            await demo.wait()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m story", description=__doc__)
    parser.add_argument("--at", nargs=2, metavar=("BASE", "SANDBOX"), help="a running demo instead of a fresh one")
    parser.add_argument("--database", default="", help="another database for the fresh demo than SQLite")
    args = parser.parse_args()
    try:
        asyncio.run(_tell(*args.at) if args.at else _on_fresh_data(args.database))
    except Off as wrong:
        print(paint(f"\n   OFF: {wrong}", "1;31"), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
