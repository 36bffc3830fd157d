"""Sessions as a tenant's reader asks for them, page after page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.local.throwaway import Database
from tests.database.support.callers import call_function, connect_as

Row = dict[str, Any]


def ask(database: Database, tenant: str, function: str, **body: Any) -> Any:
    """Call a function of the Data API as a reader of a tenant."""
    with connect_as(database, "authenticated", tenant) as connection:
        return call_function(connection, function, body)


def list_sessions(
    database: Database, tenant: str, *trees: Mapping[str, Any], most: int = 200
) -> list[Row]:
    """Give all sessions that a filter lets through, pages of so many joined."""
    found: list[Row] = []
    while True:
        last = found[-1] if found else None
        after = last and {"start": last["matched_start"], "trace": last["matched_trace"]}
        page = ask(database, tenant, "list_sessions", filters=trees, after=after, most=most)
        found += page
        if len(page) < most:
            return found


def read_session(database: Database, tenant: str, session: str, most: int = 200) -> Row:
    """Give a session with all of its turns, pages of so many joined."""
    turns: list[Row] = []
    while True:
        last = turns[-1] if turns else None
        after = last and {"start": last["start_time"], "trace": last["trace_id"]}
        page = ask(database, tenant, "read_session", session_id=session, after=after, most=most)
        turns += page["turns"]
        if len(page["turns"]) < most:
            return {"session": page["session"], "turns": turns}
