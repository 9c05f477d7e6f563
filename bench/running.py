"""The system under measurement: PostgreSQL with fsync on, the sandbox, and web processes of our own."""

import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import demo
from bench.load import Load
from tests.support import postgres

ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Running:
    """A started system: where it listens, which processes serve, and its database."""

    host: str
    port: int
    database_url: str
    credentials: dict[str, Any]
    web: subprocess.Popen[bytes]
    folder: Path
    sandbox_port: int

    @property
    def base(self) -> str:
        return f"http://{self.host}:{self.port}"

    def serving_pids(self) -> list[int]:
        """The web processes themselves, without the one that only watches over them."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                words = (entry / "cmdline").read_bytes()
            except (OSError, ValueError, IndexError):
                continue
            if parent == self.web.pid and b"spawn_main" in words:
                found.append(int(entry.name))
        return found or [self.web.pid]

    def resident_mb(self) -> list[float]:
        """Resident memory of each web process."""
        sizes = []
        for pid in self.serving_pids():
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmRSS:"):
                    sizes.append(int(line.split()[1]) / 1024)
        return sizes

    def fire(
        self, requests: list[bytes], *, connections: int, most_seconds: float, keep_every: int = 0
    ) -> dict[str, Any]:
        """Send prepared requests from a process of their own; its figures."""
        path = self.folder / "load.pickle"
        path.write_bytes(
            pickle.dumps(Load(self.host, self.port, requests, connections, most_seconds, keep_every))
        )
        done = subprocess.run(
            [sys.executable, "-m", "bench.load", str(path)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        result: dict[str, Any] = json.loads(done.stdout)
        return result


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def system(*, processes: int = 2) -> Iterator[Running]:
    """Start everything on fresh data; end exactly what was started."""
    with tempfile.TemporaryDirectory(prefix="hezi-bench-") as name, postgres.server(fsync=True) as server:
        folder = Path(name)
        port, sandbox_port = free_port(), free_port()
        base, sandbox_base = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox_port}"
        subprocess.run(
            [sys.executable, "-m", "sandbox", "init", "--dir", str(folder), "--base-url", sandbox_base,
             "--official-callback", f"{base}/wechat/official", "--mini-callback", f"{base}/wechat/mini"],
            cwd=ROOT, check=True, capture_output=True,
        )  # fmt: skip
        credentials = demo.read_credentials(folder / "credentials.json")
        admin = postgres.with_database(server, "postgres")
        _create_database(admin)
        url = postgres.with_database(server, "hezi_bench")
        values = demo.sandbox_values(
            credentials, sandbox_base=sandbox_base, public_url=base, database_url=url, folder=folder,
            mode="test", port=port,
        )  # fmt: skip
        values["app"]["processes"] = processes
        values["limits"] = {
            k: 1_000_000_000 for k in ("per_address_minute", "per_person_minute", "login_per_address_minute")
        }
        values["database"]["pool_max"] = 8
        demo.write_overlay(values, folder / "overlay.toml")
        environment = {**os.environ, "HEZI_OVERLAY": str(folder / "overlay.toml")}
        for command in ("migrate", "seed"):
            subprocess.run([sys.executable, "-m", "app", command], cwd=ROOT, env=environment, check=True)
        sandbox = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "serve", "--dir", str(folder), "--port", str(sandbox_port),
             "--clock", str(folder / "clock.json")], cwd=ROOT, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        web = subprocess.Popen([sys.executable, "-m", "app", "web"], cwd=ROOT, env=environment)
        try:
            _wait(base + "/readyz")
            yield Running("127.0.0.1", port, url, credentials, web, folder, sandbox_port)
        finally:
            for process in (web, sandbox):
                process.send_signal(signal.SIGTERM)
                process.wait(20)


def _create_database(admin_url: str) -> None:
    import asyncio

    import asyncpg

    async def create() -> None:
        connection = await asyncpg.connect(admin_url)
        await connection.execute("CREATE DATABASE hezi_bench")
        await connection.close()

    asyncio.run(create())


def _wait(url: str) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{url} did not answer")
