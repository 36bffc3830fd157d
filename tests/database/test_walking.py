"""A list is read page by page while a writer adds to it, changes it and takes from it."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Event
from typing import Any

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import administer, call_function, connect_as, ingest
from tests.database.support.spans import MILLISECOND, NOON, call, failed_call, step, trace_id

TENANT = "walked"
STANDING = range(1, 31)
"""Traces that nobody touches; those of the writer have greater numbers."""
PAGE = 7
SORTS = [
    (kind, way + name)
    for kind, names in (
        ("spans", ("time", "duration", "cost", "tokens")),
        ("traces", ("time", "duration", "cost", "tokens", "errors")),
    )
    for name in names
    for way in ("", "-")
]
_FIRST = itertools.count(1000, 10_000)
FEW = {"field": "environment", "op": "in", "values": ["staging"]}


def make_trace(number: int, take: int) -> list[dict[str, Any]]:
    """A call and a step; many traces are alike, and some tell no cost."""
    at = NOON + timedelta(minutes=number * 37 % 4320)
    make = failed_call if number % 5 == 0 else call
    told: dict[str, Any] = {"environment": "staging" if number % 2 else None}
    if make is call:
        told |= {"cost_usd": (None, "0", "0.1", "0.25")[number % 4]}
        told |= {"total_tokens": (110, 500, 7)[number % 3]}
    spans = [make(2 * number, trace=number, at=at, **told)]
    spans.append(step(2 * number + 1, trace=number, at=at, **told | {"cost_usd": None}))
    for span in spans:
        span["end_ns"] = span["start_ns"] + (number % 4 + take) * 500 * MILLISECOND
    return spans


@pytest.fixture(scope="module", autouse=True)
def standing(database: Database) -> None:
    """The traces that stay as they are."""
    ingest(database, TENANT, [span for number in STANDING for span in make_trace(number, 0)])


@contextmanager
def write(database: Database) -> Iterator[Counter[str]]:
    """Somebody who adds traces, adds to them and deletes them, until the block ends."""
    stop, done = Event(), Counter[str]()
    # What is forgotten does not come again.
    first = next(_FIRST)
    numbers = itertools.count(first)

    def run() -> None:
        for number in numbers:
            if stop.is_set():
                return
            ingest(database, TENANT, make_trace(number, 0))
            done["inserted"] += 1
            # The same spans, which ended later.
            ingest(database, TENANT, make_trace(max(first, number - 3), 2))
            done["merged"] += 1
            if number >= first + 6:
                administer(database, TENANT, "forget_trace", trace_id=trace_id(number - 6))
                done["deleted"] += 1

    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(run)
        while not done["deleted"] and not running.done():
            time.sleep(0.01)
        yield done
        stop.set()
        running.result(60)


def walk(database: Database, kind: str, sort: str, filters: list[Any]) -> Iterator[dict[str, Any]]:
    """Rows of all pages, each read in a transaction of its own."""
    ids = ["trace_id", "span_id"] if kind == "spans" else ["trace_id"]
    asked: dict[str, Any] = {"shown": ["start_time", *ids], "sort": sort, "most": PAGE}
    asked["filters"], after = filters, None
    while True:
        with connect_as(database, "authenticated", TENANT) as reader:
            page = call_function(reader, f"list_{kind}", asked | {"after": after})
        yield from page
        if len(page) < PAGE:
            return
        last = page[-1]
        after = {"start": last["start_time"], "trace": last["trace_id"]}
        after |= {"value": last.get("sorted_by")}
        after |= {"span": last["span_id"]} if kind == "spans" else {}


def read_standing(rows: Iterator[dict[str, Any]]) -> list[tuple[str, ...]]:
    known = {trace_id(number) for number in STANDING}
    return [
        tuple(row[name] for name in ("trace_id", "span_id") if name in row)
        for row in rows
        if row["trace_id"] in known
    ]


@pytest.mark.parametrize(
    ("kind", "sort", "filters"),
    [
        *((kind, sort, []) for kind, sort in SORTS),
        *((kind, sort, [FEW]) for kind, sort in (("spans", "-cost"), ("traces", "errors"))),
    ],
)
def test_a_row_that_stays_comes_once(
    database: Database, kind: str, sort: str, filters: list[Any]
) -> None:
    """In its place, whatever comes, moves and goes around it meanwhile."""
    with write(database) as done:
        before = done.copy()
        found = read_standing(walk(database, kind, sort, filters))
    expected = read_standing(walk(database, kind, sort, filters))

    assert found == expected
    assert (
        len(set(found))
        == len(found)
        == len(STANDING) * (2 if kind == "spans" else 1) // (2 if filters else 1)
    )
    assert all((done - before)[name] for name in ("inserted", "merged", "deleted"))
