"""A NATS server with JetStream for a test, of Debian's package `nats-server`; skipped by name where there is none."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.ports import free_port


def binary() -> str | None:
    return shutil.which("nats-server") or shutil.which("nats-server", path="/usr/sbin:/usr/local/sbin")


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Its address; ended by its own id."""
    found, port = binary(), free_port()
    folder.mkdir(parents=True, exist_ok=True)
    assert found is not None, "nats-server is not installed"
    words = [found, "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(folder), "-l", str(folder / "log")]
    running = subprocess.Popen(words)
    try:
        until = time.monotonic() + 10
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert running.poll() is None, "nats-server ended"
            assert time.monotonic() < until, "nats-server does not listen"
            time.sleep(0.02)
        yield f"nats://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait(10)
