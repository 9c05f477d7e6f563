"""The system under measurement: PostgreSQL with fsync on, the sandbox, and web processes of our own."""

import json
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.load import Load
from settings import ROOT
from tests.support import postgres
from tests.support.processes import Process, Site, end, free_port


@dataclass
class Running:
    """A started system: where it listens, which processes serve, and its database."""

    host: str
    port: int
    database_url: str
    credentials: dict[str, Any]
    web: Process
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
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            sizes += [int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")]
        return sizes

    def fire(
        self, requests: list[bytes], *, connections: int, most_seconds: float, keep_every: int = 0
    ) -> dict[str, Any]:
        """Send prepared requests from a process of their own; its figures."""
        path = self.folder / "load.pickle"
        path.write_bytes(pickle.dumps(Load(self.host, self.port, requests, connections, most_seconds, keep_every)))
        done = subprocess.run(
            [sys.executable, "-m", "bench.load", str(path)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        result: dict[str, Any] = json.loads(done.stdout)
        return result


@contextmanager
def system(*, processes: int = 2) -> Iterator[Running]:
    """Start everything on fresh data; end exactly what was started."""
    with tempfile.TemporaryDirectory(prefix="hezi-bench-") as name, postgres.server(fsync=True) as server:
        folder, port = Path(name), free_port()
        url = postgres.create_database(server, "hezi_bench")
        site = Site(
            folder, url, callbacks_to=port,
            changes={"app": {"processes": processes}, "database": {"pool_max": 8}},
        )  # fmt: skip
        for command in ("migrate", "seed"):
            site.run(command)
        sandbox, web = site.sandbox(), site.app("web", port=port)
        try:
            for process in (sandbox.start(), web.start()):
                process.await_ready()
            yield Running("127.0.0.1", port, url, site.credentials, web, folder, site.sandbox_port)
        finally:
            end(web, sandbox)
