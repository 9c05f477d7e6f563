"""Who runs the jobs where several processes share one PostgreSQL: the holder of an advisory lock."""

import asyncpg

from models.database import postgres_credentials

LOCK = 0x68657A69  # "hezi"
PATIENCE_SECONDS = 5


class Leadership:
    """A session-level advisory lock on a connection of its own, which must not go through a pooler.

    When the holder dies its connection closes, the lock is free, and the next one who asks leads.
    SQLite has one process, which leads.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._alone = url.startswith("sqlite")
        self._connection: asyncpg.Connection | None = None
        self._ours = False

    async def held(self) -> bool:
        """Take the lock if it is free; True while we have it. A lost connection is a lost lock."""
        if self._alone:
            return True
        try:
            if self._connection is None or self._connection.is_closed():
                self._ours = False
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
            if self._ours:
                await self._connection.fetchval("SELECT 1")
            else:
                self._ours = bool(await self._connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK))
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await self.release()
        return self._ours

    async def release(self) -> None:
        """Let the lock go by closing its connection."""
        connection, self._connection, self._ours = self._connection, None, False
        if connection is not None:
            connection.terminate()
