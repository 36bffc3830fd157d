"""At most a few connections to Postgres, all as ``authenticator``.

psycopg_pool is not used: while Postgres is down it makes callers wait for its own reconnection
attempts, which back off from one second to minutes
(https://www.psycopg.org/psycopg3/docs/advanced/pool.html#connections-life-cycle).
Here a caller connects by itself, so that it learns of an outage at once and the first request
after it succeeds.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

import psycopg
from psycopg import AsyncConnection, AsyncRawCursor

from infra.local.data_api.errors import DataApiError, database_unreachable

CONNECT_TIMEOUT_SECONDS = 2
ACQUIRE_TIMEOUT_SECONDS = 10
"""PostgREST's db-pool-acquisition-timeout."""


class Connections:
    """A bounded stack of idle connections; the last one used is the next one taken."""

    def __init__(self, dsn: str, *, size: int) -> None:
        self._dsn = dsn
        self._slots = asyncio.Semaphore(size)
        self._idle: list[AsyncConnection] = []
        self._prepared: WeakKeyDictionary[AsyncConnection, set[bytes]] = WeakKeyDictionary()

    def prepared_on(self, connection: AsyncConnection) -> set[bytes]:
        """Give what a connection has prepared, to be added to by whoever prepares more on it."""
        return self._prepared.setdefault(connection, set())

    @asynccontextmanager
    async def transaction(self, begin: str) -> AsyncIterator[AsyncConnection]:
        """Run the block between BEGIN and COMMIT; any exception rolls back.

        Raises DataApiError 503 when Postgres can't be reached and 504 when every connection
        stays busy. A connection that turns out to be dead at BEGIN is replaced silently: nothing
        has happened on it yet.
        """
        async with self._slot():
            connection = await self._begun(begin)
            try:
                yield connection
                await connection.execute("COMMIT")
            except Exception:
                await self._roll_back(connection)
                raise
            except BaseException:  # cancelled in mid-statement: its state is nobody's to know
                await connection.close()
                raise
            finally:
                if not connection.closed:
                    self._idle.append(connection)

    async def connect(self) -> AsyncConnection:
        """Open a connection outside the bound; raises psycopg.OperationalError."""
        return await AsyncConnection.connect(
            self._dsn,
            autocommit=True,
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            cursor_factory=AsyncRawCursor,
            # Only what is asked for: in a pipeline an early error discards a later PREPARE that
            # psycopg counts as done.
            prepare_threshold=sys.maxsize,
            application_name="llm-observe-data-api",
        )

    async def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            await self._idle.pop().close()

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(ACQUIRE_TIMEOUT_SECONDS):
                await self._slots.acquire()
        except TimeoutError:
            raise DataApiError(
                504, "PGRST003", "Timed out acquiring connection from connection pool."
            ) from None
        try:
            yield
        finally:
            self._slots.release()

    async def _begun(self, begin: str) -> AsyncConnection:
        while self._idle:
            connection = self._idle.pop()
            try:
                await connection.execute(begin)
            except psycopg.OperationalError:
                await connection.close()
            else:
                return connection
        try:
            connection = await self.connect()
            await connection.execute(begin)
        except psycopg.OperationalError as error:
            raise database_unreachable(error) from error
        return connection

    async def _roll_back(self, connection: AsyncConnection) -> None:
        # As psycopg does, since a rollback may undo what a statement was prepared for.
        self._prepared.pop(connection, None)
        try:
            await connection.execute("ROLLBACK")
        except psycopg.Error:
            await connection.close()
