"""The keys of the rows that filters let through: the same rows in the same order as lists show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import (
    Connection,
    call_function,
    connect_as,
    connect_as_owner,
    ingest,
)
from tests.database.support.spans import NOON, call, failed_call

Key = tuple[Any, ...]
FAILED = {"field": "failed", "op": "is"}
FABLE = {"field": "model", "op": "in", "values": ["fable-1"]}
FILTERS = [[], [FAILED], [FAILED, {"not": FABLE}], [{"or": [FAILED, FABLE]}]]


@pytest.fixture(scope="module")
def caller(database: Database) -> Iterator[Connection]:
    """A reader of a tenant with forty calls in ten traces, beside one that sent the same."""
    spans = [
        (failed_call if number % 4 == 0 else call)(
            number,
            trace=number // 4,
            # Several start at once.
            at=NOON + timedelta(minutes=number // 3),
            model=f"fable-{number % 2}",
        )
        for number in range(1, 41)
    ]
    for tenant in ("matched", "matched-neighbour"):
        ingest(database, tenant, spans)
    with connect_as(database, "authenticated", "matched") as connection:
        yield connection


def match(caller: Connection, kind: str, **asked: Any) -> list[Key]:
    query = "select start_time, trace_id, span_id from app.match_rows(%s, %s)"
    rows = caller.execute(query, (json.dumps(asked), kind)).fetchall()
    return [(row["start_time"], row["trace_id"], row["span_id"]) for row in rows]


def show(caller: Connection, kind: str, **asked: Any) -> list[tuple[str, str | None]]:
    ids = ["trace_id", *(["span_id"] if kind == "spans" else [])]
    rows = call_function(caller, f"list_{kind}", asked | {"shown": ids, "most": 1000})
    return [(row["trace_id"], row.get("span_id")) for row in rows]


@pytest.mark.parametrize("kind", ["spans", "traces"])
@pytest.mark.parametrize("filters", FILTERS)
def test_keys_are_those_of_the_list(caller: Connection, kind: str, filters: list[Any]) -> None:
    """All rows that all filters let through, newest first, with their starts."""
    found = match(caller, kind, filters=filters)

    assert [key[1:] for key in found] == show(caller, kind, filters=filters)
    assert found == sorted(found, reverse=True)
    assert found


@pytest.mark.parametrize("kind", ["spans", "traces"])
def test_keys_go_on_after_the_last_one(caller: Connection, kind: str) -> None:
    """Parts of three, each after the one before, are the whole."""
    whole, parts, after = match(caller, kind, filters=[FABLE]), [], None
    while part := match(caller, kind, filters=[FABLE], after=after, most=3):
        parts += part
        start, trace, span = part[-1]
        after = {"start": start.isoformat(), "trace": trace, **({"span": span} if span else {})}

    assert parts == whole
    assert len(whole) > 3


@pytest.mark.parametrize("kind", ["spans", "traces"])
def test_a_key_is_its_callers(database: Database, caller: Connection, kind: str) -> None:
    """Another tenant's rows of the same ids are its own."""
    with connect_as_owner(database) as owner:
        owner.execute("delete from public.spans where tenant_id = 'matched-neighbour'")
        owner.execute("delete from public.traces where tenant_id = 'matched-neighbour'")
    assert match(caller, kind, filters=[FAILED])
    with connect_as(database, "authenticated", "matched-neighbour") as neighbour:
        assert match(neighbour, kind, filters=[]) == []


@pytest.mark.parametrize("most", [0, 100_002, "all"])
def test_it_gives_so_many_at_most(caller: Connection, most: Any) -> None:
    """The bound is the caller's, up to 100,001."""
    with pytest.raises(psycopg.errors.InvalidParameterValue), caller.transaction():
        match(caller, "spans", filters=[], most=most)
