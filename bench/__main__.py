"""`make bench`, or `python -m bench follow text …`: figures beside a bare baseline of the same run."""

import argparse
import os
import platform
import time
from datetime import UTC, datetime

from bench import bookings, boxes, callbacks, due, orders, pages
from bench.running import Benchmark, system

BENCHMARKS: dict[str, Benchmark] = {
    "follow": callbacks.follow,
    "text": callbacks.text,
    "catalogue": pages.catalogue,
    "product": pages.product,
    "box": pages.box,
    "boxes": boxes.boxes,
    "order": orders.order,
    "slots": bookings.free_slots,
    "bookings": bookings.place,
    "crowd": bookings.crowd,
    "due": due.due,
    "memory": pages.memory,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one or several of {', '.join(BENCHMARKS)}; else all")
    names = parser.parse_args().names or list(BENCHMARKS)
    if unknown := set(names) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{datetime.now(UTC):%Y-%m-%d}  {machine}  PostgreSQL with fsync, 2 web processes, load on the same cores")
    # Above nought before we have begun, others work here too: then compare processor time, not rates.
    print(f"load average of the machine before: {os.getloadavg()[0]:.1f}")
    started = time.perf_counter()
    with system(processes=2) as running:
        bare = callbacks.constant(running)
        for name in names:
            BENCHMARKS[name](running, bare)
    print(f"whole run {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
