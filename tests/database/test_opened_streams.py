"""A stream that Logfire tells of twice is one call, and one that is never read is no less."""

from __future__ import annotations

from typing import Any

import pytest

from tests.database.support.counted import Counted
from tests.database.support.spans import NOON, Span, call, nanoseconds, span_id

SECOND = 10**9
START = nanoseconds(NOON)


def tell(trace: int, first: int, last: int, **values: Any) -> Span:
    """Make a root of a stream, between two seconds after noon."""
    defaults: Span = {
        "start_ns": START + first * SECOND,
        "end_ns": START + last * SECOND,
        "parent_span_id": None,
        "instrumentation": "logfire.openai",
        "process_keys": ["instance:here"],
        "streamed": True,
        "input_length": 7,
    }
    return call(1, trace=trace, **(defaults | values))


def opened(trace: int, first: int, **values: Any) -> Span:
    """Make the span that opens one."""
    unknown = dict.fromkeys(("input_tokens", "output_tokens", "total_tokens", "usage_buckets"))
    return tell(trace, first, first + 1, **({"usage_status": "unknown"} | unknown | values))


def logged(trace: int, at: int, **values: Any) -> Span:
    """Make the log of what came of it."""
    return tell(trace, at, at, **({"response_id": f"r{trace}"} | values))


def test_a_stream_that_was_read_is_one_call(settled: Counted) -> None:
    """Its log counts, in whatever order the two come, and at once; so it does if it broke off."""
    assert settled(opened(1, 0), logged(2, 5)) == [(2, 1)]
    assert settled(opened(1, 0), logged(2, 5, status="error")) == [(2, 1)]


def test_a_stream_that_was_not_read_is_one_call(settled: Counted) -> None:
    """Its opening counts: no log ever comes."""
    assert settled(opened(1, 0)) == [(1, 1)]
    assert settled(opened(1, 0), opened(2, 1), logged(3, 5)) == [(1, 1), (3, 1)]


def test_below_one_parent_no_process_is_asked(settled: Counted) -> None:
    """Spans beside each other in one trace are of one process."""
    below: Span = {"process_keys": None, "parent_span_id": span_id(9)}
    spans = [opened(1, 0, **below), logged(1, 5, **below) | {"span_id": span_id(2)}]
    assert settled(*spans) == [(1, 2)]


@pytest.mark.parametrize(
    ("opening", "log"),
    [
        ({}, {"process_keys": ["instance:there"]}),
        ({"process_keys": None}, {}),
        ({"model": "fable-2"}, {}),
        ({"input_length": 8}, {}),
        ({"status": "error"}, {}),
        ({"service_name": "a"}, {"service_name": "b"}),
        ({"parent_span_id": span_id(9)}, {}),
        ({"instrumentation": "logfire.anthropic"}, {}),
        ({"streamed": None}, {}),
        ({}, {"streamed": None}),
        ({"start_ns": START - 600 * SECOND}, {}),
    ],
)
def test_what_nothing_proves_the_same_counts_twice(
    settled: Counted, opening: Span, log: Span
) -> None:
    """Another process, or none that is known, another model, input, parent, or too much time."""
    assert settled(opened(1, 0, **opening), logged(2, 5, **log)) == [(1, 1), (2, 1)]
