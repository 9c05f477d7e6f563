"""Who runs the jobs where several processes share one PostgreSQL: the holder of an advisory lock, in its epoch."""

from contextlib import suppress

import asyncpg

from domain.errors import Deposed
from models import sql
from models.database import postgres_credentials

LOCK = 0x68657A69  # "hezi"
NAME = "jobs"
PATIENCE_SECONDS = 5

# Waits for transactions of the deposed one that are still open: from here on none of that epoch commits.
RAISE_EPOCH = """
INSERT INTO leader_epoch AS old (name, epoch, created_at, updated_at) VALUES ($1, 1, now(), now())
ON CONFLICT (name) DO UPDATE SET epoch = old.epoch + 1, updated_at = now()
RETURNING epoch
"""


class Leadership:
    """A session-level advisory lock on a connection of its own, which must not go through a pooler.

    When the holder dies its connection closes, the lock is free, and the next one who asks leads. A
    holder that only lost its connection does not know yet: `guard` refuses its transactions, because
    the next one has raised the epoch. SQLite has one process, which leads.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._alone = url.startswith("sqlite")
        self._connection: asyncpg.Connection | None = None
        self.epoch = 0
        """Of our lead; 0 while we do not lead."""

    async def held(self) -> bool:
        """Take the lock if it is free; True while we have it. A lost connection is a lost lock."""
        if self._alone:
            return True
        try:
            if self._connection is None or self._connection.is_closed():
                self.epoch = 0
                self._connection = await asyncpg.connect(
                    **postgres_credentials(self._url),
                    timeout=PATIENCE_SECONDS,
                    command_timeout=PATIENCE_SECONDS,
                    server_settings={
                        "application_name": "hezi jobs",
                        # A holder whose machine vanished is noticed within a minute.
                        "tcp_keepalives_idle": "30",
                        "tcp_keepalives_interval": "10",
                        "tcp_keepalives_count": "3",
                    },
                )
            if self.epoch:
                await self._connection.fetchval("SELECT 1")
            elif await self._connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):
                self.epoch = int(await self._connection.fetchval(RAISE_EPOCH, NAME))
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await self.release()
        return self.epoch > 0

    async def guard(self) -> None:
        """Inside a transaction: no newer leader may begin before it ends. Raises Deposed where one has."""
        if not self._alone and not await sql.run("leader_fence", leads=NAME, epoch=self.epoch):
            raise Deposed

    async def release(self) -> None:
        """Give the lock back and close its connection; one that does not answer is cut off, and the lock with it."""
        connection, self._connection, self.epoch = self._connection, None, 0
        if connection is not None:
            # The server notices a cut connection in its own time: whoever asks next shall have the lock at once.
            with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.fetchval("SELECT pg_advisory_unlock_all()", timeout=1)
            connection.terminate()
