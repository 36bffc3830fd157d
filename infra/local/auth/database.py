"""Transactions on schema ``auth``, each on a connection of its own, a few at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row

Row = dict[str, Any]
Connection = psycopg.Connection[Row]

_MOST: Final = 8
_CONNECT_SECONDS: Final = 2


class Database:
    """The project's database as ``supabase_auth_admin``."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._slots = BoundedSemaphore(_MOST)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Commit after the block, or roll back what raises.

        A connection is made each time: people log in rarely, and none goes stale with Postgres.
        """
        with (
            self._slots,
            psycopg.connect(
                self._dsn,
                row_factory=dict_row,
                connect_timeout=_CONNECT_SECONDS,
                application_name="llm-observe-auth",
            ) as connection,
        ):
            yield connection


def fetch(connection: Connection, query: str, *values: Any) -> Row | None:
    """Run a query of this package and give its first row."""
    return connection.execute(query.encode(), values).fetchone()


def fetch_all(connection: Connection, query: str, *values: Any) -> list[Row]:
    """Run a query of this package and give its rows."""
    return connection.execute(query.encode(), values).fetchall()


def change(connection: Connection, statement: str, *values: Any) -> None:
    """Run a statement of this package."""
    connection.execute(statement.encode(), values)
