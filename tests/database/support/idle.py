"""Connections on which callers follow each other, as they do in the Data API's pool.

To log in and to plan a call for the first time costs twenty times what the call does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import DictRow, dict_row

Connection = psycopg.Connection[DictRow]

_idle: dict[str, list[Connection]] = {}
_lock = Lock()


@contextmanager
def lease(url: str, *, autocommit: bool = False) -> Iterator[Connection]:
    """Give a connection as a new one would be; commits at the end, or rolls back on an error."""
    connection = _take(url) or _log_in(url)
    connection.autocommit = autocommit
    try:
        yield connection
    except BaseException:
        with suppress(psycopg.OperationalError):
            connection.rollback()
        raise
    else:
        if not connection.closed:
            connection.commit()
    finally:
        _give_back(url, connection)


def close_idle() -> None:
    """Close what nobody uses."""
    with _lock:
        left = [connection for connections in _idle.values() for connection in connections]
        _idle.clear()
    for connection in left:
        connection.close()


def _log_in(url: str) -> Connection:
    # A prepared statement would fail where a test changes the columns that it answers with.
    return psycopg.connect(url, row_factory=dict_row, prepare_threshold=None)


def _take(url: str) -> Connection | None:
    """Give an idle connection that still answers, without what its last caller has set."""
    if any(_place(other) != _place(url) for other in list(_idle)):
        close_idle()  # tests have gone on to another database, and this one may be copied
    while connection := _pop(url):
        try:
            connection.autocommit = True
            connection.execute("reset role; reset all; discard temp")
        except psycopg.OperationalError:
            connection.close()
        else:
            return connection
    return None


def _pop(url: str) -> Connection | None:
    with _lock:
        connections = _idle.get(url)
        return connections.pop() if connections else None


def _give_back(url: str, connection: Connection) -> None:
    if connection.closed or connection.info.transaction_status != TransactionStatus.IDLE:
        connection.close()
        return
    with _lock:
        _idle.setdefault(url, []).append(connection)


def _place(url: str) -> str:
    """Give server and database of a URL, whoever logs in by it."""
    return url.rpartition("@")[2]
