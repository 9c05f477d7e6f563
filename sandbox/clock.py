"""The movable clock, shared through one small JSON file by every process of a demo or a test.

The file holds `{"offset_us": int, "frozen_us": int | null}`: microseconds since the epoch.
Frozen, time stands still until it is advanced; otherwise it runs at the real pace with an offset.
"""

import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SharedClock:
    """Reads and moves the shared time. `now()` is an aware UTC instant."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._stamp: tuple[int, int] | None = None
        self._offset_us = 0
        self._frozen_us: int | None = None

    def now(self) -> datetime:
        self._refresh()
        us = self._frozen_us if self._frozen_us is not None else time.time_ns() // 1000 + self._offset_us
        return EPOCH + timedelta(microseconds=us)

    def set(self, instant: datetime, *, frozen: bool) -> None:
        """Move to `instant` (aware); `frozen` stops the clock there."""
        us = (instant.astimezone(UTC) - EPOCH) // timedelta(microseconds=1)
        self._write(us - time.time_ns() // 1000, us if frozen else None)

    def advance(self, by: timedelta) -> None:
        """Move forward by `by`, staying frozen or running as it was."""
        self._refresh()
        us = by // timedelta(microseconds=1)
        frozen = None if self._frozen_us is None else self._frozen_us + us
        self._write(self._offset_us + us, frozen)

    @property
    def frozen(self) -> bool:
        self._refresh()
        return self._frozen_us is not None

    def _write(self, offset_us: int, frozen_us: int | None) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(f".{os.getpid()}.new")
        fresh.write_text(json.dumps({"offset_us": offset_us, "frozen_us": frozen_us}))
        fresh.replace(self.path)
        self._stamp = None

    def _refresh(self) -> None:
        try:
            stat = os.stat(self.path)
        except FileNotFoundError:
            return
        # The inode tells two replacements within one tick of the file system's clock apart.
        stamp = (stat.st_mtime_ns, stat.st_ino)
        if stamp == self._stamp:
            return
        state = json.loads(self.path.read_text())
        self._offset_us, self._frozen_us = state["offset_us"], state["frozen_us"]
        self._stamp = stamp
