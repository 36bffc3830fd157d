"""A call that a wrapper and its client both trace is one, though the wrapper names no response."""

from __future__ import annotations

import time
from typing import Any

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import (
    administer,
    call_function,
    connect_as,
    connect_as_owner,
    ingest,
)
from tests.database.support.counted import Counted, read_counted
from tests.database.support.races import Call, overlap
from tests.database.support.rolled_up import count_requests
from tests.database.support.spans import NOON, Span, call, nanoseconds, span_id, trace_id

SECOND = 10**9
HOUR = 3600 * SECOND
START = nanoseconds(NOON)


UNKNOWN: Span = {
    "usage_status": "unknown",
    **dict.fromkeys(("input_tokens", "output_tokens", "total_tokens", "usage_buckets")),
}


def tell(trace: int, first: int, last: int, number: int = 1, **values: Any) -> Span:
    """Make a root that a client's instrumentation made between two seconds after noon."""
    defaults: Span = {
        "start_ns": START + first * SECOND,
        "end_ns": START + last * SECOND,
        "parent_span_id": None,
        "instrumentation": "client",
        "process_keys": ["instance:here"],
    }
    return call(number, trace=trace, **(defaults | values))


def wrap(trace: int, first: int, last: int, number: int = 1, **values: Any) -> Span:
    """Make what a framework's instrumentation makes of it."""
    return tell(trace, first, last, number, **({"instrumentation": "framework"} | values))


@pytest.mark.parametrize("response", [None, "r"])
def test_the_inner_span_counts(settled: Counted, response: str | None) -> None:
    """Of two roots the one inside counts, whether or not it names a response."""
    assert settled(wrap(1, 0, 3), tell(2, 1, 2, response_id=response)) == [(2, 1)]


def test_a_call_of_no_instrumentation_hides_no_wrapper(settled: Counted) -> None:
    """Though it is the first of its batch, a wrapper and its call behind it count once."""
    alone = tell(1, 5, 6, instrumentation=None)
    assert settled(alone, wrap(2, 0, 3), tell(3, 1, 2)) == [(1, 1), (3, 1)]


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        ({"response_id": "r"}, {}),
        ({"instrumentation": "client"}, {}),
        ({"instrumentation": None}, {}),
        ({}, {"instrumentation": None}),
        ({"service_name": "a"}, {"service_name": "b"}),
        ({"service_name": "a"}, {}),
        ({"environment": "a"}, {"environment": "b"}),
        ({"model": "fable-2", "response_model": "fable-1"}, {}),
        ({"request_model": None}, {"request_model": None}),
        ({"input_tokens": 99}, {}),
        ({}, {"output_tokens": 9}),
        ({}, {"input_tokens": None, "usage_status": "unknown"}),
        ({"usage_status": "unknown", "input_tokens": None}, {}),
        (UNKNOWN | {"status": "error"}, {}),
        ({}, UNKNOWN | {"status": "error"}),
        ({"status": "error"}, {}),
        ({}, {"status": "error"}),
        ({"status": "error"} | UNKNOWN, {"status": "error"}),
        ({"process_keys": None}, {}),
        ({}, {"process_keys": None}),
        ({"process_keys": None}, {"process_keys": None}),
        ({"process_keys": []}, {"process_keys": []}),
        ({"process_keys": ["instance:there"]}, {}),
        ({"process_keys": ["host:here"]}, {}),
        ({"process_keys": ["container:a", "host:h"]}, {"process_keys": ["container:b", "host:h"]}),
        ({"start_ns": START + SECOND + 1}, {}),
        ({"end_ns": START + 2 * SECOND - 1}, {}),
        ({"start_ns": START + SECOND - HOUR - 1}, {}),
    ],
)
def test_spans_that_differ_are_two_calls(settled: Counted, outer: Span, inner: Span) -> None:
    """Another service, model, token, time, outcome or process, or none known: both count."""
    assert settled(wrap(1, 0, 3, **outer), tell(2, 1, 2, **inner)) == [(1, 1), (2, 1)]


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        (UNKNOWN | {"status": "error"}, UNKNOWN | {"status": "error"}),
        ({"status": "error"}, {"status": "error"}),
        (UNKNOWN, UNKNOWN),
        ({"process_keys": ["host:here", "instance:here"]}, {}),
        (
            {"process_keys": ["host:a", "instance:here"]},
            {"process_keys": ["host:b", "instance:here"]},
        ),
        ({"model": "fable-1", "response_model": None}, {"response_model": "fable-1-2026"}),
        ({"start_ns": START + SECOND - HOUR}, {}),
        ({"end_ns": START + 3 * HOUR}, {}),
        ({"start_ns": START + SECOND}, {}),
        ({"end_ns": START + 2 * SECOND}, {}),
    ],
)
def test_spans_that_agree_are_one_call(settled: Counted, outer: Span, inner: Span) -> None:
    """Failures, unknown tokens, a response's fuller name and the bounds are no difference."""
    assert settled(wrap(1, 0, 3, **outer), tell(2, 1, 2, **inner)) == [(2, 1)]


def test_one_of_two_at_the_same_time_counts(settled: Counted) -> None:
    """Neither is the outer one: one of them counts."""
    assert settled(wrap(1, 0, 1), tell(2, 0, 1)) == [(2, 1)]


def test_the_innermost_span_of_a_chain_counts(settled: Counted) -> None:
    """Three instrumentations, one call."""
    spans = [
        wrap(1, 0, 5),
        wrap(2, 1, 4, instrumentation="gateway"),
        tell(3, 2, 3, response_id="r"),
    ]
    assert settled(*spans) == [(3, 1)]


STREAM: Span = {"streamed": True, "time_to_first_token_ms": 3000.0}
PART: Span = {"time_to_first_token_ms": 1500.0, "end_ns": START + 9 * SECOND}


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        ({}, {"response_id": "r"}),
        ({}, {"time_to_first_token_ms": 2000.0}),
        ({"time_to_first_token_ms": 3000.1}, {}),
    ],
)
def test_an_unfinished_stream_encloses_by_its_first_part(
    settled: Counted, outer: Span, inner: Span
) -> None:
    """LlamaIndex's span tells nothing of a stream after its first part, the client's does."""
    assert settled(wrap(1, 0, 3, **STREAM | outer), tell(2, 1, 9, **PART | inner)) == [(2, 1)]


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        ({"streamed": None}, {}),
        ({"time_to_first_token_ms": 2999.9}, {}),
        ({"time_to_first_token_ms": None}, {}),
        ({}, {"time_to_first_token_ms": None}),
        ({}, {"time_to_first_token_ms": 2000.1}),
        ({}, {"start_ns": START, "time_to_first_token_ms": 0.0, "response_id": "r"}),
        ({}, {"output_tokens": 9}),
        ({"usage_status": "unknown", "input_tokens": None}, {}),
    ],
)
def test_a_first_part_elsewhere_is_another_calls(
    settled: Counted, outer: Span, inner: Span
) -> None:
    """A later first part, or none, of a span that ends later: both count."""
    spans = [wrap(1, 0, 3, **STREAM | outer), tell(2, 1, 9, **PART | inner)]
    assert settled(*spans) == [(1, 1), (2, 1)]


def test_a_wrapper_by_parent_is_nothing_to_enclose(settled: Counted) -> None:
    """A span whose child stands for the call does not stand for that of another trace."""
    inner = tell(2, 1, 2)
    child = tell(2, 1, 9, number=2, parent_span_id=span_id(1), instrumentation="framework")
    assert settled(wrap(1, 0, 3), inner, child) == [(1, 1), (2, 2)]


def test_a_child_that_outlasts_its_parent_counts(settled: Counted) -> None:
    """A child that began with its parent and ended later encloses it: still one call is left."""
    child = tell(1, 0, 3, number=2, parent_span_id=span_id(1))
    assert settled(wrap(1, 0, 2), child) == [(1, 2)]


def test_an_end_that_comes_later_encloses(counted: Counted) -> None:
    """A wrapper that is told of when it starts, and again when it ends, is settled both times."""
    started = wrap(1, 0, 0, **UNKNOWN)
    assert counted([started, tell(2, 1, 2)]) == [(1, 1), (2, 1)]
    assert counted([wrap(1, 0, 3)]) == [(2, 1)]
    assert counted([wrap(1, 0, 3, response_id="r")]) == [(1, 1), (2, 1)]


def test_an_inner_end_that_comes_later_frees_the_outer(counted: Counted) -> None:
    """A span that grows out of what enclosed it is a call of its own."""
    assert counted([wrap(1, 0, 3)], [tell(2, 1, 2)]) == [(2, 1)]
    assert counted([tell(2, 1, 4)]) == [(1, 1), (2, 1)]


def test_the_instrumentation_that_told_of_the_call_is_its_own(settled: Counted) -> None:
    """What another says of the same span, and not of its call, makes nobody another's wrapper."""
    spans = [wrap(1, 0, 3), wrap(2, 1, 2), wrap(2, 1, 2, instrumentation="later", countable=False)]
    assert settled(*spans, tell(3, 9, 9)) == [(1, 1), (2, 1), (3, 1)]


def test_long_models_are_compared_whole(settled: Counted) -> None:
    """Names longer than an index takes are stored, and settled as any others."""
    long = "".join(chr(97 + place * place % 23) for place in range(8000))
    spans = [wrap(1, 0, 9, model=long), tell(2, 1, 2, model=long), tell(3, 3, 4, model=long + "x")]
    assert settled(*spans) == [(2, 1), (3, 1)]


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("turned", [False, True])
def test_writers_of_one_call_see_each_other(
    database: Database, tenant: str, turned: bool, known: bool
) -> None:
    """The second waits for the first, whether or not the tenant's instrumentations are known."""
    ingest(database, tenant, [wrap(8, 50, 51), tell(9, 60, 61)] if known else [])
    pair = [wrap(1, 0, 3), tell(2, 1, 2, response_id="r")]
    pair.reverse() if turned else None
    overlap(database, tenant, *map(_write, pair))
    assert [place for place in read_counted(database, tenant) if place[0] < 8] == [(2, 1)]


def test_a_writer_begins_again_to_be_alone(database: Database, tenant: str) -> None:
    """A delivery that tells of no call and yet moves the end of one keeps the others out."""
    ingest(database, tenant, [wrap(1, 0, 1, **UNKNOWN), tell(9, 60, 61)])
    pair = [wrap(1, 0, 3, countable=False), tell(2, 1, 2, response_id="r")]
    overlap(database, tenant, *map(_write, pair))
    assert read_counted(database, tenant) == [(2, 1), (9, 1)]


def test_one_instrumentation_waits_for_nobody(database: Database, tenant: str) -> None:
    """Writers of calls without response ids go on together where nothing could enclose them."""
    ingest(database, tenant, [tell(1, 0, 1)])
    with connect_as(database, "llm_ingest", tenant) as first:
        call_function(first, "ingest_spans", {"spans": [tell(2, 0, 1)]})
        with connect_as(database, "llm_ingest", tenant) as second:
            second.execute("set local lock_timeout = '2s'")
            call_function(second, "ingest_spans", {"spans": [tell(3, 0, 1)]})
    assert read_counted(database, tenant) == [(1, 1), (2, 1), (3, 1)]


@pytest.mark.parametrize("body", [{"trace_id": trace_id(2)}, {"user_id": "ann"}])
def test_forgetting_one_span_leaves_the_call_to_the_other(
    database: Database, tenant: str, body: dict[str, str]
) -> None:
    """Without the span that stood for a call the one that was left out stands for it."""
    inner = tell(2, 1, 2, response_id="r", user_id="ann")
    twins = [tell(3, 10, 11, response_id="s"), tell(2, 10, 12, 2, response_id="s", user_id="ann")]
    twins[1]["start_ns"] += 1
    family = [tell(4, 20, 25, user_id="bob"), tell(4, 20, 25, 2, user_id="ann")]
    family[1]["parent_span_id"] = span_id(1)
    ingest(database, tenant, [wrap(1, 0, 3), inner, *twins, *family])
    assert read_counted(database, tenant) == [(2, 1), (2, 2), (4, 2)]
    administer(database, tenant, "forget_trace" if "trace_id" in body else "forget_user", **body)
    left = (4, 2) if "trace_id" in body else (4, 1)
    assert read_counted(database, tenant) == [(1, 1), (3, 1), left]


def test_expiry_of_one_span_counts_the_other_no_second_time(
    database: Database, tenant: str
) -> None:
    """Of two spans of one response the counted one may be too old first: its sums stay."""
    spans = [
        tell(1, 0, 1, response_id="r"),
        tell(2, 0, 1, response_id="r", usage_status="unknown"),
    ]
    for span, seconds in zip(spans, (-60, 600), strict=True):
        moved = time.time_ns() - 48 * HOUR + seconds * SECOND
        span.update({"start_ns": moved, "end_ns": moved})
        ingest(database, tenant, [span])
    assert read_counted(database, tenant) == [(1, 1)]
    administer(database, tenant, "set_retention", span_days=2, content_days=2)
    with connect_as_owner(database) as owner:
        owner.execute("call app.expire_data()")
    assert read_counted(database, tenant) == []
    assert count_requests(database, tenant) == 1


def _write(span: Span) -> Call:
    return Call("ingest_spans", {"spans": [span]}, "llm_ingest")
