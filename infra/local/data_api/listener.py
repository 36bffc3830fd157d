"""Keeps the catalog fresh: ``NOTIFY pgrst``, as migrations send it to PostgREST too.

https://docs.postgrest.org/en/v14/references/schema_cache.html#schema-cache-reloading
"""

from __future__ import annotations

import asyncio

import psycopg

from infra.local.data_api.connections import Connections
from infra.local.data_api.database import Database

_RECONNECT_SECONDS = 1.0


async def listen(connections: Connections, database: Database) -> None:
    """Listen until cancelled; after an outage the catalog counts as stale."""
    while True:
        try:
            async with await connections.connect() as connection:
                await connection.execute("LISTEN pgrst")
                database.forget_catalog()
                async for _ in connection.notifies():
                    database.forget_catalog()
        except psycopg.Error:
            await asyncio.sleep(_RECONNECT_SECONDS)
