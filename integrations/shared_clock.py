"""The movable clock of demos and tests: one small JSON file shared with the sandbox WeChat.

Refused in production (settings). The file holds `{"offset_us": int, "frozen_us": int | null}`.
"""

import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class SharedClock:
    """Reads the shared time, and moves it forward. `now()` is an aware UTC instant."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._stamp: tuple[int, int] | None = None
        self._state: tuple[int, int | None] = (0, None)

    def now(self) -> datetime:
        offset_us, frozen_us = self._read()
        us = frozen_us if frozen_us is not None else time.time_ns() // 1000 + offset_us
        return EPOCH + us * MICROSECOND

    def move_to(self, instant: datetime) -> None:
        """Set the clock, running or frozen as it was. Raises ValueError for an instant in the past."""
        by = instant - self.now()
        if by < timedelta(0):
            raise ValueError("the clock only moves forward")
        offset_us, frozen_us = self._read()
        moved = {
            "offset_us": offset_us + by // MICROSECOND,
            "frozen_us": None if frozen_us is None else frozen_us + by // MICROSECOND,
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(f".{os.getpid()}.app")
        fresh.write_text(json.dumps(moved))
        fresh.replace(self.path)

    def _read(self) -> tuple[int, int | None]:
        try:
            stat = os.stat(self.path)
        except FileNotFoundError:
            return (0, None)
        # The inode tells two replacements within one tick of the file system's clock apart.
        stamp = (stat.st_mtime_ns, stat.st_ino)
        if stamp != self._stamp:
            kept = json.loads(self.path.read_text())
            self._state, self._stamp = (kept["offset_us"], kept["frozen_us"]), stamp
        return self._state
