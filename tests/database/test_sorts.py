"""Lists in each order: the rows that plain Python sorts so, page after page."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import (
    Connection,
    call_function,
    connect_as,
    ingest,
    read_as_owner,
)
from tests.database.support.spans import MILLISECOND, NOON, call, failed_call, step

TENANT = "sorted"
MEASURES = {
    "spans": {
        "time": None,
        "duration": "duration_ms",
        "cost": "cost_usd",
        "tokens": "total_tokens",
    },
    "traces": {
        "time": None,
        "duration": "duration_ms",
        "cost": "total_cost_usd",
        "tokens": "total_tokens",
        "errors": "error_count",
    },
}
SORTS = [
    (kind, way + name) for kind, names in MEASURES.items() for name in names for way in ("", "-")
]
PRODUCTION = {"field": "environment", "op": "in", "values": ["production"]}
RARE = {"field": "release", "op": "in", "values": ["7"]}


def started(op: str, moment: datetime) -> dict[str, Any]:
    return {"field": "started", "op": op, "values": [moment.isoformat()]}


MIDNIGHT = NOON.replace(hour=0)
WINDOWS: list[list[dict[str, Any]]] = [
    [],
    [started("ge", MIDNIGHT - timedelta(days=2)), started("lt", MIDNIGHT + timedelta(days=3))],
    # Its edges are hours, minutes and whole days of which something is left out.
    [started("gt", MIDNIGHT - timedelta(minutes=20)), started("le", NOON + timedelta(days=2))],
    [{"and": [started("ge", NOON - timedelta(hours=9)), started("lt", NOON)]}],
    [started("lt", MIDNIGHT + timedelta(minutes=30))],
    [started("ge", NOON), started("lt", NOON + timedelta(minutes=50))],
    [started("ge", MIDNIGHT - timedelta(minutes=30)), started("lt", MIDNIGHT + timedelta(hours=1))],
    [started("ge", NOON), started("lt", NOON)],
]
FILTERS = [
    *WINDOWS,
    [PRODUCTION],
    [RARE, started("ge", MIDNIGHT)],
    [{"not": RARE}, {"or": [PRODUCTION, started("lt", NOON)]}],
    [{"field": "misdated", "op": "has"}],
]


def make_spans() -> list[dict[str, Any]]:
    """Four hundred spans of six days in ninety traces; many tell the same or tell nothing."""
    draw = random.Random(16)  # numbers for a test
    spans = []
    for number in range(1, 401):
        trace = draw.randrange(1, 91)
        at = NOON + timedelta(days=trace % 6 - 3, minutes=trace * 13, seconds=draw.randrange(3))
        if number % 50 == 0:
            at += timedelta(days=1000)
        make = draw.choice([call, call, failed_call, step])
        told: dict[str, Any] = {
            "environment": draw.choice(["production", "staging"]),
            "release": str(draw.randrange(20)),
        }
        if make is call:
            told["cost_usd"] = draw.choice([None, "0", "0.1", "0.25", "0.1000000001"])
            told["total_tokens"] = draw.choice([110, 110, 500, 7])
        spans.append(make(number, trace=trace, at=at, **told))
        lasted = draw.choice([0, 150, 1000, 2000, draw.randrange(10**6)])
        spans[-1]["end_ns"] = spans[-1]["start_ns"] + lasted * MILLISECOND
    return spans


@pytest.fixture(scope="module")
def rows(database: Database) -> dict[str, list[dict[str, Any]]]:
    """The rows of both kinds, as they are stored for two tenants."""
    for tenant in (TENANT, "sorted-neighbour"):
        ingest(database, tenant, make_spans())
    return {
        kind: read_as_owner(database, f"select * from public.{kind} where tenant_id = %s", [TENANT])
        for kind in MEASURES
    }


@pytest.fixture
def caller(database: Database, rows: Any) -> Iterator[Connection]:
    """A reader of the tenant."""
    assert rows
    with connect_as(database, "authenticated", TENANT) as connection:
        yield connection


def list_ids(kind: str) -> list[str]:
    return ["trace_id", "span_id"] if kind == "spans" else ["trace_id"]


def read_pages(caller: Connection, kind: str, size: int, **asked: Any) -> list[tuple[str, ...]]:
    """The ids of all rows of a list, read page by page."""
    ids, found, after = list_ids(kind), [], None
    while True:
        question = asked | {"shown": ["start_time", *ids], "after": after, "most": size}
        page = call_function(caller, f"list_{kind}", question)
        found += [tuple(row[name] for name in ids) for row in page]
        if len(page) < size:
            return found
        last = page[-1]
        after = {"start": last["start_time"], "trace": last["trace_id"]}
        after |= {"span": last["span_id"]} if kind == "spans" else {}
        after |= {"value": last["sorted_by"]} if "sorted_by" in last else {}


def sort_rows(kind: str, sort: str, rows: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """The ids of rows in an order: unknown ones last, equal ones newest first."""
    ids, falling = list_ids(kind), sort.startswith("-")
    measure = MEASURES[kind][sort.removeprefix("-")]
    newest = sorted(
        rows,
        key=lambda row: (row["start_time"], *(row[name] for name in ids)),
        reverse=falling or measure is not None,
    )
    if measure is not None:
        known = [row for row in newest if row[measure] is not None]
        known.sort(key=lambda row: float(row[measure]) * (-1 if falling else 1))
        newest = known + [row for row in newest if row[measure] is None]
    return [tuple(row[name] for name in ids) for row in newest]


@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize(("kind", "sort"), SORTS)
def test_pages_are_the_rows_in_order(
    caller: Connection, rows: Any, kind: str, sort: str, filters: list[Any]
) -> None:
    """Each row that the list has newest first, once, whatever the order, the filter, the page."""
    kept = set(read_pages(caller, kind, 1000, filters=filters))
    expected = sort_rows(
        kind,
        sort,
        [row for row in rows[kind] if tuple(row[name] for name in list_ids(kind)) in kept],
    )

    for size in (40, 1000):
        assert read_pages(caller, kind, size, filters=filters, sort=sort) == expected


@pytest.mark.parametrize(
    ("kind", "asked", "told"),
    [
        ("spans", {"sort": "-errors"}, "A span has no errors to sort by, a trace has."),
        ("traces", {"sort": "name"}, "sort is not time, duration, cost, tokens or errors"),
        ("traces", {"sort": "--cost"}, "sort is not time"),
        ("traces", {"sort": 1}, "sort is not time"),
        ("spans", {"sort": "cost", "after": {"value": "x"}}, "start is not"),
        (
            "traces",
            {
                "sort": "cost",
                "after": {"value": "x", "start": "2026-11-23T12:00:00Z", "trace": "0" * 32},
            },
            "value is no number",
        ),
    ],
)
def test_another_order_is_refused(
    caller: Connection, kind: str, asked: dict[str, Any], told: str
) -> None:
    """In words, before a row is read."""
    with pytest.raises(psycopg.errors.InvalidParameterValue, match=told), caller.transaction():
        call_function(caller, f"list_{kind}", {"shown": ["trace_id"], **asked})
