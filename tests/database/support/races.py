"""Two transactions that meet on purpose: the second waits for the first, then goes on."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import psycopg

from infra.local.throwaway import Database
from tests.database.support.callers import call_function, connect_as, read_as_owner

_DEADLINE_SECONDS = 10
_WAITING = """
select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
"""


class Call(NamedTuple):
    """A function with its body, called as a role; ``by`` is the credential of the token."""

    function: str
    body: dict[str, Any]
    role: str = "llm_admin"
    by: str | None = None


def overlap(database: Database, tenant: str, first: Call, second: Call) -> tuple[Any, Any]:
    """Call both, the second while the first is not committed; give the answer or SQLSTATE of each.

    Fails where the second does not wait for the first.
    """
    with ThreadPoolExecutor(1) as threads:
        with connect_as(database, first.role, tenant, first.by) as connection:
            answer = call_function(connection, first.function, first.body)
            running = threads.submit(_call, database, tenant, second)
            wait_for_a_lock(database)
        return answer, running.result(_DEADLINE_SECONDS)


def _call(database: Database, tenant: str, call: Call) -> Any:
    try:
        with connect_as(database, call.role, tenant, call.by) as connection:
            return call_function(connection, call.function, call.body)
    except psycopg.Error as error:
        return error.sqlstate


def wait_for_a_lock(database: Database) -> None:
    """Wait until anybody of the database waits for a lock."""
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while not read_as_owner(database, _WAITING):
        assert time.monotonic() < deadline, "nobody waits: the two calls do not meet"
        time.sleep(0.01)
