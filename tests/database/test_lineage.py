"""A call below another one in its trace is one with it, through spans that are no calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import permutations
from typing import Any

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import Connection, administer, connect, ingest, ingest_on
from tests.database.support.counted import Counted, read_counted
from tests.database.support.spans import NOON, Span, call, nanoseconds, span_id, step, trace_id

SECOND = 10**9
START = nanoseconds(NOON)
SILENT: Span = {
    "usage_status": "unknown",
    **dict.fromkeys(("input_tokens", "output_tokens", "total_tokens", "usage_buckets")),
}
FAILED: Span = SILENT | {"status": "error"}
ROUTER: Span = {"request_model": "auto", "response_model": None, "model": "auto"}


Delivered = Callable[..., list[int]]


@pytest.fixture(scope="module")
def delivered(
    database: Database, owner: Connection, another_tenant: Callable[[], str]
) -> Iterator[Delivered]:
    """Delivers spans at once and one by one in every order, and gives those that always count."""
    with connect(database) as writer:

        def deliver(*spans: Span) -> list[int]:
            ends = []
            singly: list[list[list[Span]]] = [[[one] for one in o] for o in permutations(spans)]
            for batches in [[list(spans)], *singly]:
                tenant = another_tenant()
                for batch in batches:
                    ingest_on(writer, tenant, batch)
                ends.append(read_numbers(owner, tenant, "counted"))
            assert all(end == ends[0] for end in ends), ends
            return ends[0]

        yield deliver


def read_numbers(owner: Connection, tenant: str, column: str) -> list[int]:
    """Give the numbers of a tenant's spans of which a column is true."""
    query = f"select span_id from public.spans where tenant_id = %s and {column} order by 1"
    return [int(row["span_id"], 16) for row in owner.execute(query.encode(), (tenant,))]


def wrap(number: int = 1, **values: Any) -> Span:
    """Make what a framework tells of a call: ten seconds, no response id."""
    defaults: Span = {
        "instrumentation": "framework",
        "parent_span_id": None,
        "end_ns": START + 10 * SECOND,
    }
    return call(number, **(defaults | values))


def between(number: int, above: int, **values: Any) -> Span:
    """Make a span that is no call, below another one."""
    return step(number, parent_span_id=span_id(above), **values)


def ask(number: int, above: int, **values: Any) -> Span:
    """Make what the client's instrumentation tells of a call below another span."""
    defaults: Span = {
        "instrumentation": "client",
        "parent_span_id": span_id(above),
        "start_ns": START + SECOND,
        "end_ns": START + 2 * SECOND,
    }
    return call(number, **(defaults | values))


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        ({}, {}),
        ({}, {"response_id": "r"}),
        ({"service_name": "a"}, {"service_name": "b"}),
        ({"process_keys": ["instance:a"]}, {"process_keys": ["instance:b"]}),
        (ROUTER | {"response_model": "fable-1", "model": "fable-1"}, {}),
        ({"request_model": "maker/fable-1", "response_model": None, "model": "maker/fable-1"}, {}),
        (SILENT, {}),
        (SILENT, SILENT),
        (FAILED, FAILED),
        ({"start_ns": START + 2 * SECOND}, {}),
        ({"end_ns": START}, {"end_ns": START + 99 * SECOND}),
    ],
)
def test_a_call_below_a_transparent_span_is_its_wrappers(
    delivered: Delivered, outer: Span, inner: Span
) -> None:
    """Of any service and process, in whatever order the three come, also the middle one last."""
    assert delivered(wrap(**outer), between(2, 1), ask(3, 2, **inner)) == [3]


@pytest.mark.parametrize(
    ("outer", "middle", "inner"),
    [
        ({"input_tokens": 99}, {}, {}),
        ({"response_id": "s"}, {}, {"response_id": "r"}),
        ({"instrumentation": "client"}, {}, {}),
        ({"instrumentation": None}, {}, {}),
        (ROUTER, {}, {}),
        ({}, {}, SILENT),
        (FAILED, {}, {}),
        ({}, {}, FAILED),
        (FAILED, {}, SILENT),
        ({"start_ns": START + 2 * SECOND + 1}, {}, {}),
        ({}, {"operation": "execute_tool"}, {}),
        ({}, {"operation": "invoke_agent"}, {}),
        ({}, {"operation": "somebody's own"}, {}),
        ({}, {"tool_name": "search"}, {}),
        ({}, {"agent_name": "helper"}, {}),
        ({}, {"attributes": {"gen_ai.tool.name": "search"}}, {}),
        ({}, {"attributes": {"gen_ai.agent.id": "helper"}}, {}),
        ({}, {"attributes": {"mcp.method.name": "tools/call"}}, {}),
        ({}, {"parent_span_id": span_id(9)}, {}),
        ({}, {}, {"parent_span_id": span_id(9)}),
        ({}, {"trace_id": trace_id(2)}, {}),
    ],
)
def test_what_is_not_proven_one_counts_twice(
    delivered: Delivered, outer: Span, middle: Span, inner: Span
) -> None:
    """Other tokens, outcomes or models, two answers, and what an agent or a tool asked for."""
    spans = [wrap(**outer), between(2, 1) | middle, ask(3, 2, **inner)]
    assert delivered(*spans) == [1, 3]


def test_a_chain_of_wrappers_counts_once(delivered: Delivered) -> None:
    """Through a call that is the wrapper of its child, or of one below a span of its own."""
    gate = wrap(3, parent_span_id=span_id(2), instrumentation="gate")
    assert delivered(wrap(), between(2, 1), gate, ask(4, 3)) == [4]
    by_itself = wrap(2, parent_span_id=span_id(1), instrumentation="gate", **ROUTER)
    assert delivered(wrap(), by_itself, between(3, 2), ask(4, 3)) == [2, 4]


@pytest.mark.parametrize(("steps", "is_one"), [(31, True), (32, False)])
def test_a_wrapper_is_looked_for_so_far(counted: Counted, steps: int, *, is_one: bool) -> None:
    """The bound is the thirty-second ancestor."""
    spans = [between(number + 1, number) for number in range(1, steps + 1)]
    expected = [(1, 99)] if is_one else [(1, 1), (1, 99)]
    assert counted([wrap(), *spans, ask(99, steps + 1)]) == expected
    assert counted([step(200, parent_span_id=span_id(1))]) == expected


def test_parents_in_a_circle_lose_no_call(delivered: Delivered) -> None:
    """Neither of two calls that are each other's ancestor is the other's wrapper."""
    spans = [wrap(parent_span_id=span_id(2)), between(2, 3), ask(3, 4), between(4, 1)]
    assert delivered(*spans) == [1, 3]


@pytest.mark.parametrize("size", [99, 7, 1])
def test_equal_calls_at_once_count_each(database: Database, tenant: str, size: int) -> None:
    """Twenty below one wrapper are twenty, and so are twenty below a wrapper each."""
    spans = [wrap(), between(2, 1), *(ask(10 + n, 2) for n in range(20))]
    for n in range(100, 160, 3):
        low = between(n + 1, n, trace=2)
        spans += [wrap(n, trace=2, parent_span_id=span_id(99)), low, ask(n + 2, n + 1, trace=2)]
    for first in range(0, len(spans), size):
        ingest(database, tenant, spans[first : first + size])
    expected = [(1, 10 + n) for n in range(20)] + [(2, n + 2) for n in range(100, 160, 3)]
    assert read_counted(database, tenant) == expected


@pytest.mark.parametrize(
    ("outer", "middle", "told"),
    [
        (ROUTER, True, True),
        (ROUTER, False, True),
        (ROUTER | {"service_name": "elsewhere"}, False, True),
        (ROUTER | {"output_tokens": 9}, False, False),
        (ROUTER | SILENT, False, False),
        ({}, True, False),
    ],
)
def test_a_router_above_a_call_is_told(
    database: Database,
    owner: Connection,
    another_tenant: Callable[[], str],
    outer: Span,
    middle: bool,
    told: bool,
) -> None:
    """A parent that names another model, of equal tokens, counts and may be the same call."""
    low = [between(2, 1)] if middle else []
    spans = [wrap(**outer), *low, ask(3, 2 if middle else 1)]
    for batches in ([spans], *([[one] for one in order] for order in permutations(spans))):
        tenant = another_tenant()
        for batch in batches:
            ingest(database, tenant, batch)
        assert read_numbers(owner, tenant, "possible_duplicate") == ([1] if told else [])


def test_a_later_report_of_the_span_between_settles_anew(counted: Counted) -> None:
    """It turns out to be a tool's, of which the call below is its own."""
    assert counted([wrap(), between(2, 1), ask(3, 2)]) == [(1, 3)]
    assert counted([between(2, 1, operation="execute_tool")]) == [(1, 1), (1, 3)]


@pytest.mark.parametrize("gone", [1, 2, 3])
def test_forgetting_one_of_three_leaves_the_call(
    database: Database, tenant: str, gone: int
) -> None:
    """Without the span between them nothing proves the two calls one."""
    spans = [wrap(), between(2, 1), ask(3, 2)]
    for number, span in enumerate(spans, 1):
        span["user_id"] = "ann" if number == gone else "bob"
    ingest(database, tenant, spans)
    assert read_counted(database, tenant) == [(1, 3)]
    administer(database, tenant, "forget_user", user_id="ann")
    expected = {1: [(1, 3)], 2: [(1, 1), (1, 3)], 3: [(1, 1)]}
    assert read_counted(database, tenant) == expected[gone]
