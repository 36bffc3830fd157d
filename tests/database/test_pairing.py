"""Two calls are never taken for one: a wrapper stands for one call, and a call has one wrapper."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.local.throwaway import Database
from tests.database.support.callers import Connection, ingest, ingest_on
from tests.database.support.counted import Counted, read_counted
from tests.database.support.spans import NOON, Span, call, nanoseconds

SECOND = 10**9
START = nanoseconds(NOON)
HERE, THERE = ["instance:here"], ["instance:there"]
ALONE: Span = {"process_keys": None}
"""What a process id alone, or nothing, comes to."""
FAILED: Span = {
    "status": "error",
    "error_type": "timeout",
    "usage_status": "unknown",
    **dict.fromkeys(("input_tokens", "output_tokens", "total_tokens", "usage_buckets")),
}


def client(trace: int, first: int, last: int, **values: Any) -> Span:
    """Make a root of a client's instrumentation, in seconds after noon."""
    defaults: Span = {
        "start_ns": START + first * SECOND,
        "end_ns": START + last * SECOND,
        "parent_span_id": None,
        "instrumentation": "client",
        "process_keys": HERE,
    }
    return call(1, trace=trace, **(defaults | values))


def framework(trace: int, first: int, last: int, **values: Any) -> Span:
    """Make one of a framework's, which tells no response."""
    return client(trace, first, last, **({"instrumentation": "framework"} | values))


def deliver(database: Database, tenant: str, spans: list[Span], size: int) -> int:
    """Ingest shuffled spans in batches of one size, and give how many count."""
    spans = random.Random(size).sample(spans, len(spans))
    for first in range(0, len(spans), size):
        ingest(database, tenant, spans[first : first + size])
    return len(read_counted(database, tenant))


@pytest.mark.parametrize("size", [40, 7])
@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        (FAILED | {"process_keys": THERE}, {}),
        (FAILED, {}),
        (FAILED | ALONE, ALONE),
        ({"process_keys": THERE}, {}),
        (ALONE, {}),
        (ALONE, ALONE),
    ],
)
def test_calls_that_nothing_proves_the_same_count_each(
    database: Database, tenant: str, outer: Span, inner: Span, size: int
) -> None:
    """An outage of one instance beside another's success, and equal tokens elsewhere."""
    spans = [framework(n, 0, 15, **outer) for n in range(1, 11)]
    spans += [client(n, n, n + 1, response_id=f"r{n}", **inner) for n in range(11, 21)]
    for n, span in enumerate(spans[10:]):
        span.update({"start_ns": START + (n + 1) * SECOND, "end_ns": START + (n + 2) * SECOND})
    assert deliver(database, tenant, spans, size) == 20


@pytest.mark.parametrize("size", [40, 9])
@pytest.mark.parametrize("calls", [20, 10])
@pytest.mark.parametrize("failed", [{}, FAILED])
def test_equal_calls_at_once_count_each(
    database: Database, tenant: str, calls: int, failed: Span, size: int
) -> None:
    """Twenty wrappers around twenty calls are twenty, and so they are around ten."""
    spans = [framework(n, 0, 9, **failed) for n in range(1, 21)]
    spans += [client(100 + n, 1, 2 + n % 7, **failed) for n in range(calls)]
    assert deliver(database, tenant, spans, size) == 20


def test_too_many_at_once_count_each_and_are_told(
    database: Database, owner: Connection, tenant: str
) -> None:
    """Beyond a bound no pairs are looked for: all count, as possible duplicates."""
    spans = [framework(n, 0, 9) for n in range(1, 67)]
    spans += [client(1000 + n, 1, 2) for n in range(66)]
    assert deliver(database, tenant, spans, 66) == 132
    assert read_duplicates(owner, tenant) == set(range(1, 67))


@pytest.mark.parametrize(
    ("outer", "inner", "told"),
    [
        (ALONE, {}, True),
        ({}, ALONE, True),
        (ALONE, ALONE, True),
        ({"process_keys": ["host:here"]}, {}, True),
        ({"usage_status": "unknown", "input_tokens": None}, {}, True),
        ({"process_keys": THERE}, {}, False),
        (FAILED | ALONE, {}, False),
        ({"output_tokens": 9} | ALONE, {}, False),
        ({"service_name": "other"} | ALONE, {}, False),
        ({"instrumentation": "client"} | ALONE, {}, False),
        ({}, {}, False),
    ],
)
def test_what_may_be_told_twice_says_so(
    database: Database, owner: Connection, tenant: str, outer: Span, inner: Span, told: bool
) -> None:
    """A counted span that looks like another's wrapper, of which no process is known or proven."""
    spans = [framework(1, 0, 3, **outer), client(2, 1, 2, **inner)]
    for batches in ([spans], [spans[:1], spans[1:]], [spans[1:], spans[:1]]):
        name = f"{tenant}-{len(batches)}-{batches[0][0]['trace_id'][-1]}"
        for batch in batches:
            ingest(database, name, batch)
        assert read_duplicates(owner, name) == ({1} if told else set())


def read_duplicates(owner: Connection, tenant: str) -> set[int]:
    """Give the traces of spans that are told as possible duplicates."""
    query = "select trace_id from public.spans where tenant_id = %s and possible_duplicate"
    return {int(row["trace_id"], 16) for row in owner.execute(query, (tenant,))}


def test_a_wrapper_takes_the_call_that_another_can_spare(settled: Counted) -> None:
    """A short wrapper has one call inside it, and a long one around both takes the other."""
    spans = [framework(1, 0, 9), framework(2, 0, 3), client(3, 1, 2), client(4, 4, 5)]
    assert settled(*spans) == [(3, 1), (4, 1)]


@st.composite
def draw_spans(draw: st.DrawFn) -> list[Span]:
    """Draw wrappers and calls of few times, processes, outcomes and tokens."""
    spans = []
    for number in range(1, draw(st.integers(2, 14)) + 1):
        first = draw(st.integers(0, 6))
        spans.append(
            client(
                number,
                first,
                first + draw(st.integers(1, 6)),
                instrumentation=draw(st.sampled_from(["client", "framework", "framework", "gate"])),
                process_keys=draw(st.sampled_from([None, HERE, HERE, THERE, [*HERE, *THERE]])),
                **draw(st.sampled_from([{}, {}, FAILED, {"output_tokens": 9}])),
            )
        )
    return spans


@pytest.fixture(scope="module")
def writer(database: Database) -> Iterator[Connection]:
    """A connection of its own, kept."""
    with psycopg.connect(
        database.authenticator_url, row_factory=psycopg.rows.dict_row, autocommit=True
    ) as connection:
        yield connection


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spans=draw_spans(), data=st.data())
def test_as_many_count_as_there_can_have_been(
    owner: Connection,
    writer: Connection,
    another_tenant: Callable[[], str],
    spans: list[Span],
    data: st.DataObject,
) -> None:
    """All but the most pairs at once, failures and successes each by themselves, in any order."""
    expected = {
        failed: len(group) - count_pairs(group)
        for failed in (True, False)
        if (group := [span for span in spans if (span["status"] == "error") == failed]) or True
    }
    for size in (len(spans), data.draw(st.integers(1, 5))):
        tenant = another_tenant()
        order = data.draw(st.permutations(spans))
        for first in range(0, len(order), size):
            ingest_on(writer, tenant, order[first : first + size])
        query = "select status from public.spans where tenant_id = %s and counted"
        failures = [row["status"] == "error" for row in owner.execute(query, (tenant,))]
        assert {failed: failures.count(failed) for failed in (True, False)} == expected


def count_pairs(spans: list[Span]) -> int:
    """Give how many pairs there can be at once, each span in one as wrapper and in one as call."""
    owners: dict[int, int] = {}

    def take(wrapper: int, asked: set[int]) -> bool:
        for number, span in enumerate(spans):
            if number not in asked and lies_inside(span, spans[wrapper]):
                asked.add(number)
                if number not in owners or take(owners[number], asked):
                    owners[number] = wrapper
                    return True
        return False

    return sum(take(wrapper, set()) for wrapper in range(len(spans)))


def lies_inside(span: Span, wrapper: Span) -> bool:
    """Whether a span is proven to be of the call that a wrapper tells of."""
    keys = [set(each.get("process_keys") or ()) for each in (span, wrapper)]
    outside = (wrapper["start_ns"], -wrapper["end_ns"])
    inside = (span["start_ns"], -span["end_ns"])
    return (
        span["instrumentation"] != wrapper["instrumentation"]
        and bool(keys[0] & keys[1])
        and span.get("output_tokens") == wrapper.get("output_tokens")
        and wrapper["start_ns"] <= span["start_ns"]
        and span["end_ns"] <= wrapper["end_ns"]
        and (inside > outside or (inside == outside and span["trace_id"] > wrapper["trace_id"]))
    )
