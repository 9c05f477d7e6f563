"""The system under measurement: PostgreSQL with fsync on, the sandbox, and web processes of our own."""

import json
import os
import pickle
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.load import Load
from settings import ROOT
from tests.support import postgres
from tests.support.ports import free_port
from tests.support.processes import Process, Site, end


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
    session_key: str

    @property
    def base(self) -> str:
        return f"http://{self.host}:{self.port}"

    def serving_pids(self) -> list[int]:
        """The web processes themselves, without the one that only watches over them."""
        found = [pid for pid in _processes() if _stat(pid)[1] == str(self.web.pid) and "spawn_main" in _words(pid)]
        return found or [self.web.pid]

    def cpu_seconds(self) -> dict[str, float]:
        """Processor time so far of the web processes, and of the database with all it has started."""
        database, *backends = database_pids(self.database_url) or [0]
        ticks = os.sysconf("SC_CLK_TCK")

        def used(pids: list[int], fields: slice) -> float:
            return sum(int(ticks_) for pid in pids for ticks_ in _stat(pid)[fields]) / ticks

        return {
            "web": used(self.serving_pids(), slice(11, 13)),
            "database": used([database], slice(11, 15)) + used(backends, slice(11, 13)),
        }

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
        before, load_before = self.cpu_seconds(), _children_seconds()
        done = subprocess.run(
            [sys.executable, "-m", "bench.load", str(path)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        result: dict[str, Any] = json.loads(done.stdout)
        after = {**self.cpu_seconds(), "load": _children_seconds() - load_before}
        result["cpu_ms"] = {
            name: 1000 * (seconds - before.get(name, 0.0)) / max(1, result["count"]) for name, seconds in after.items()
        }
        return result


Benchmark = Callable[[Running, float], None]
"""Measures one thing on a running system, and prints it beside the rate of the bare server."""


def summary(name: str, result: dict[str, Any], goal: str, baseline: float) -> str:
    """One line: rate, times, the goal, the share of the bare figure, and who used how much processor time.

    The load generator is among them: what it takes of the cores, the system under measurement does not have.
    """
    wrong = {k: v for k, v in result["statuses"].items() if not k.startswith("2")}
    whole = sum(result["cpu_ms"].values()) or 1.0
    cpu = ", ".join(f"{name} {ms:.2f} ({ms / whole:.0%})" for name, ms in result["cpu_ms"].items())
    return (
        f"{name:<34}{result['rate']:>9,.0f}/s   p50 {result['p50_ms']:>6.1f} ms   p99 {result['p99_ms']:>7.1f} ms"
        f"   goal {goal:<22} ratio to bare {result['rate'] / baseline:>5.2f}   CPU ms each: {cpu}"
        + (f"   WRONG {wrong}" if wrong else "")
    )


def database_pids(url: str) -> list[int]:
    """The server's first process and all it has started, where it was started here."""
    port = urlsplit(url).port
    first = [pid for pid in _processes() if port and f"-p {port} " in _words(pid)]
    return first + [pid for pid in _processes() if first and _stat(pid)[1] == str(first[0])]


def cpu_seconds_of(pid: int) -> float:
    """Processor time so far of one process, without its children."""
    return sum(int(ticks) for ticks in _stat(pid)[11:13]) / os.sysconf("SC_CLK_TCK")


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name: state, parent, …, user, system, children's user and system."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return ["0"] * 50


def _words(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
    except OSError:
        return ""


def _children_seconds() -> float:
    """Processor time of what we started and waited for: the load generator."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def system(*, processes: int = 2) -> Iterator[Running]:
    """Start everything on fresh data; end exactly what was started."""
    with tempfile.TemporaryDirectory(prefix="hezi-bench-") as name, postgres.server(fsync=True) as server:
        folder, port = Path(name), free_port()
        url = postgres.create_database(server, "hezi_bench")
        site = Site(
            folder, url, callbacks_to=port,
            changes={
                # As the shop runs: production's clock and its log lines.
                "app": {"processes": processes, "mode": "production", "clock_file": "", "sandbox_url": ""},
                "database": {"pool_max": 8},
                "log": {"level": "info"},
            },
        )  # fmt: skip
        for command in ("migrate", "seed"):
            site.run(command)
        sandbox, web = site.sandbox(), site.app("web", port=port)
        try:
            for process in (sandbox.start(), web.start()):
                process.await_ready()
            yield Running("127.0.0.1", port, url, site.credentials, web, folder, site.sandbox_port, site.session_key)
        finally:
            end(web, sandbox)
