"""The system as real processes on loopback: what the benchmarks and the tests of faults both start."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import demo
from sandbox.setup import init_files
from settings import ROOT
from tests.support.ports import free_port

START_SECONDS = 60


class Process:
    """`python -m WORDS…`, with its words to standard output and error in a file of its own."""

    def __init__(self, words: list[str], log: Path, *, ready: str = "", more: Mapping[str, str] | None = None) -> None:
        """`ready` is an address that answers 200 once the process serves; `more` goes into its environment."""
        self.words, self.log, self.ready = words, log, ready
        self._environment = {**os.environ, **(more or {})}
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._running is not None, "not started"
        return self._running.pid

    def start(self) -> "Process":
        """Start it without waiting until it serves."""
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                [sys.executable, "-m", *self.words], cwd=ROOT, env=self._environment, stdout=log, stderr=log,
                # A Ctrl-C at the terminal is for us: we end what we started in our own order.
                start_new_session=True,
            )  # fmt: skip
        return self

    def await_ready(self) -> None:
        """Wait until it serves. Raises RuntimeError with its last words when it ends or does not."""
        until = time.monotonic() + START_SECONDS
        while self.alive and time.monotonic() < until:
            try:
                with urllib.request.urlopen(self.ready, timeout=1):
                    return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"{' '.join(self.words)} does not serve:\n{self.words_so_far()[-4000:]}")

    @property
    def alive(self) -> bool:
        return self._running is not None and self._running.poll() is None

    def words_so_far(self) -> str:
        """All it has logged, over every start."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def tell(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def wait(self, seconds: float = 20) -> int:
        """Its exit code. Raises subprocess.TimeoutExpired."""
        assert self._running is not None, "not started"
        return self._running.wait(seconds)

    def kill(self) -> None:
        """kill -9, by its own id."""
        self.tell(signal.SIGKILL)
        self.wait()


def end(*processes: Process) -> None:
    """Ask them all to end; what does not within twenty seconds is killed, and that is an error."""
    alive = [process for process in processes if process.alive]
    for process in alive:
        process.tell(signal.SIGTERM)
    stuck = []
    for process in alive:
        try:
            process.wait()
        except subprocess.TimeoutExpired:
            process.kill()
            stuck.append(f"{' '.join(process.words)} did not end:\n{process.words_so_far()[-4000:]}")
    if stuck:
        raise RuntimeError("\n".join(stuck))


class Site:
    """One folder with invented credentials and an overlay: the processes of one shop start from here."""

    def __init__(
        self, folder: Path, database_url: str, *, callbacks_to: int, changes: Mapping[str, Mapping[str, Any]]
    ) -> None:
        """`callbacks_to`: the web port WeChat calls. `changes` go over the overlay, section by section."""
        self.folder, self.database_url = folder, database_url
        self.sandbox_port = free_port()
        self.base, self.sandbox_base = f"http://127.0.0.1:{callbacks_to}", f"http://127.0.0.1:{self.sandbox_port}"
        init_files(
            folder,
            official_callback=f"{self.base}/wechat/official",
            mini_callback=f"{self.base}/wechat/mini",
            base_url=self.sandbox_base,
        )
        self.credentials = demo.read_credentials(folder / "credentials.json")
        values = demo.sandbox_values(
            self.credentials, sandbox_base=self.sandbox_base, public_url=self.base, database_url=database_url,
            folder=folder, mode="test", port=callbacks_to,
        )  # fmt: skip
        # The limits are for strangers, not for a measurement or for twenty members on one address.
        values["limits"] = dict.fromkeys(
            ("per_address_minute", "per_person_minute", "login_per_address_minute"), 1_000_000_000
        )
        for section, keys in changes.items():
            values[section] = {**values.get(section, {}), **keys}
        self.session_key: str = values["security"]["session_key"]
        self._overlay = folder / "overlay.toml"
        demo.write_overlay(values, self._overlay)

    @property
    def environment(self) -> dict[str, str]:
        """What a process of this shop finds its settings by."""
        return {"HEZI_OVERLAY": str(self._overlay)}

    def app(self, command: str, *, port: int = 0, name: str = "") -> Process:
        """`python -m app COMMAND`, on a port of its own where it serves."""
        more = self.environment
        if port:
            more["HEZI_APP__PORT"] = str(port)
        ready = f"http://127.0.0.1:{port}/readyz" if port else ""
        return Process(["app", command], self.folder / f"{name or command}.log", ready=ready, more=more)

    def sandbox(self) -> Process:
        words = ["sandbox", "serve", "--dir", str(self.folder), "--port", str(self.sandbox_port),
                 "--clock", str(self.folder / "clock.json")]  # fmt: skip
        return Process(words, self.folder / "sandbox.log", ready=f"{self.sandbox_base}/sandbox/clock")

    def run(self, command: str) -> None:
        """Run a command of the application to its end. Raises RuntimeError when it fails."""
        done = self.app(command).start()
        if done.wait(180):
            raise RuntimeError(f"app {command} failed:\n{done.words_so_far()[-4000:]}")
