"""Deliveries of spans, drawn from so few values that they meet: ids, starts, responses, models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from tests.database.support.spans import MILLISECOND, call, nanoseconds, span_id, step

Delivery = dict[str, Any]
Batches = list[list[Delivery]]

BOUNDARY = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
"""Where a month's partition begins, and a price ends."""
_STARTS = [
    BOUNDARY - timedelta(hours=1),
    BOUNDARY - timedelta(minutes=30),
    BOUNDARY - timedelta(seconds=2),
    BOUNDARY - timedelta(microseconds=1),
    BOUNDARY,
    BOUNDARY + timedelta(seconds=1),
    BOUNDARY + timedelta(hours=1),
]
"""Within an hour of each other and not, to the nanosecond, by chains too."""
_HOUR = 3600 * 1000 * MILLISECOND
_USAGES: Sequence[Delivery] = [
    {"usage_status": None, "usage_buckets": None, "input_tokens": None, "total_tokens": None},
    {"usage_status": "unknown", "usage_buckets": None, "input_tokens": None},
    {"usage_buckets": {"input_uncached": 7, "output_text": 3}, "input_tokens": 7},
    {"total_tokens": 99, "reasoning_tokens": 5},
    {"price_model": "nobody", "cost_usd": "0.10", "price_id": "a"},
    {"price_model": "nobody", "cost_usd": "0.1", "price_id": "a"},
]
_SILENT: Delivery = _USAGES[1] | {"response_id": None, "output_tokens": None, "total_tokens": None}
"""What an instrumentation tells of an answer that it did not see."""
_PROCESSES = [
    None,
    ["instance:a"],
    ["instance:a"],
    ["instance:b"],
    ["host:a", "instance:a"],
    ["host:a"],
]
"""Of one process, of another, and of one that nothing tells of."""
_MAYBE: dict[str, st.SearchStrategy[Any]] = {
    "status": st.sampled_from(["unset", "ok", "error"]),
    "status_message": st.sampled_from(["low", "High"]),
    "error_type": st.sampled_from(["a.Error", "B.Error"]),
    "parent_span_id": st.sampled_from([None, *map(span_id, range(1, 6))]),
    "response_id": st.sampled_from([None, "r1", "r2"]),
    "name": st.sampled_from(["a", "B", "ä"]),
    "kind": st.sampled_from(["client", "internal"]),
    "session_id": st.sampled_from(["s", "T"]),
    "user_id": st.sampled_from(["u", "V"]),
    "service_name": st.sampled_from(["x", "Y"]),
    "process_keys": st.sampled_from([["instance:a"], ["instance:b"], ["host:a"]]),
    "canonical_model": st.sampled_from(["m", "N"]),
    "release": st.sampled_from(["1", "2"]),
    "customer_id": st.sampled_from(["c", "D"]),
    "prompt_name": st.sampled_from(["p", "Q"]),
    "prompt_version": st.sampled_from(["1", "2"]),
    "tags": st.dictionaries(st.sampled_from("kl"), st.sampled_from(["a", "B"]), max_size=2),
    "instrumentation": st.sampled_from(["wrapper", "Client"]),
    "streamed": st.booleans(),
    "finish_reasons": st.sampled_from([["stop"], ["length"], ["stop", "length"]]),
    "time_to_first_token_ms": st.sampled_from([0.0, -0.0, 1.5]),
    "input_digest": st.sampled_from(["h1:a", "h1:B"]),
    "input_length": st.integers(1, 2),
    "output_length": st.integers(1, 2),
    "attributes": st.dictionaries(
        st.sampled_from("kl"), st.sampled_from([1, 1.0, 2, None, "x", [1], {"y": 1.0}]), max_size=2
    ),
    "input": st.sampled_from(["in", ["in"], {"n": 1.0}, {"n": 1}]),
    "output": st.sampled_from(["out", {"m": "x"}]),
}


@st.composite
def draw_delivery(draw: st.DrawFn) -> Delivery:
    """Draw one delivery of one of fifteen spans in three traces."""
    number, trace = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    start = nanoseconds(draw(st.sampled_from(_STARTS))) + draw(st.integers(0, 1))
    names = draw(st.sets(st.sampled_from(sorted(_MAYBE)), max_size=6))
    values = {name: draw(_MAYBE[name]) for name in sorted(names)}
    values |= {
        "start_ns": start,
        "end_ns": start + draw(st.sampled_from([0, 1, 9000])) * MILLISECOND,
    }
    if draw(st.integers(0, 3)) == 0:
        return step(number, trace=trace, **values)
    model = draw(st.sampled_from(["fable-1", "fable-1", "fable-2"]))
    usage = draw(st.sampled_from(_USAGES))
    return call(number, trace=trace, **({"model": model} | usage | values))


@st.composite
def draw_answer(draw: st.DrawFn) -> Delivery:
    """Draw a call that tells of one of two responses, in one of four traces, or wraps one."""
    number, trace = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    start = nanoseconds(draw(st.sampled_from(_STARTS))) + draw(st.integers(0, 1))
    usage = draw(st.sampled_from(_USAGES))
    values = {
        "start_ns": start,
        "end_ns": start,
        "model": draw(st.sampled_from(["fable-1", "fable-1", "fable-2"])),
        "countable": draw(st.sampled_from([True, True, False])),
        "response_id": draw(st.sampled_from(["r1", "r1", "r1", "r2", None])),
        "parent_span_id": draw(st.sampled_from([None, None, *map(span_id, range(1, 4))])),
    }
    return call(number, trace=trace, **(usage | values))


@st.composite
def draw_nested(draw: st.DrawFn) -> Delivery:
    """Draw a call of one of three instrumentations, of few times, so that many enclose others."""
    if draw(st.integers(0, 7)) == 0:
        return draw(draw_between())
    number, trace = draw(st.integers(1, 3)), draw(st.integers(1, 5))
    opened = nanoseconds(draw(st.sampled_from([BOUNDARY - timedelta(seconds=1), BOUNDARY])))
    start = opened + draw(st.sampled_from([0, 0, 0, 1, 2, 1000 * MILLISECOND, _HOUR, _HOUR + 1]))
    lengths = [1, 1, 1, 2, 3, 11_000 * MILLISECOND, 101_000 * MILLISECOND, _HOUR, 2 * _HOUR]
    rare = draw(st.integers(1, 16))
    values: Delivery = {
        "start_ns": start,
        "end_ns": start + draw(st.sampled_from(lengths)),
        "model": "fable-2" if rare == 1 else "fable-1",
        "service_name": "Y" if rare == 2 else draw(st.sampled_from(["x", "x", "x", None])),
        "environment": "e" if rare == 3 else None,
        "countable": rare != 4,
        "instrumentation": draw(st.sampled_from(["wrapper", "wrapper", "client", "Server", None])),
        "response_id": draw(st.sampled_from([None, None, None, "r1", "r2"])),
        "parent_span_id": draw(st.sampled_from([None, None, None, *map(span_id, range(1, 4))])),
        "output_tokens": 11 if rare == 5 else 10,
        "process_keys": draw(st.sampled_from(_PROCESSES)),
    }
    if draw(st.booleans()):
        # As of a stream: a first part with which the span ends, or that came before or after.
        part = draw(st.sampled_from([0, 1, 2, values["end_ns"] - start, values["end_ns"] - start]))
        values |= {"streamed": True, "time_to_first_token_ms": part / MILLISECOND}
    if rare in (13, 14):
        # Of a stream that is told twice, or of its opening alone.
        end = values["start_ns"] if rare == 13 else values["end_ns"]
        values |= {"instrumentation": "logfire.x", "streamed": True, "end_ns": end}
        values["input_length"] = draw(st.sampled_from([7, 7, None]))
    usage = draw(st.sampled_from(_USAGES)) if rare in (6, 7) else {}
    failed = {"status": "error" if rare in (8, 9, 10) else "ok"}
    silent = _SILENT | failed if rare in (8, 9, 10, 11, 12, 14) else {}
    return call(number, trace=trace, **(values | usage | silent))


def _draw_parent(draw: st.DrawFn, number: int) -> str | None:
    """Draw mostly the span before, so that lines are long, and any other, so that circles are."""
    before = [number - 1] * 9
    above = draw(st.sampled_from([*before, *range(1, 7)]))
    return span_id(above) if above else None


@st.composite
def draw_between(draw: st.DrawFn, number: int | None = None) -> Delivery:
    """Draw a span that is no call and may stand between two, mostly one without an operation."""
    number = number or draw(st.integers(1, 6))
    start = nanoseconds(BOUNDARY) + draw(st.integers(0, 2))
    rare = draw(st.integers(1, 12))
    return step(
        number,
        trace=draw(st.sampled_from([1] * 9 + [2])),
        start_ns=start,
        end_ns=start + 1,
        parent_span_id=_draw_parent(draw, number),
        operation="execute_tool" if rare == 1 else None,
        tool_name="search" if rare == 2 else None,
        attributes={"mcp.method.name": "tools/call"} if rare == 3 else {},
    )


@st.composite
def draw_lineage(draw: st.DrawFn) -> Delivery:
    """Draw a call or what stands between calls, of one trace, with parents of any of six spans."""
    number = draw(st.integers(1, 6))
    if draw(st.integers(0, 5)) in ({0} if number % 2 else {0, 1, 2, 3, 4}):
        return draw(draw_between(number))
    start = nanoseconds(BOUNDARY) + draw(st.sampled_from([0, 0, 1, 2, 1000 * MILLISECOND, _HOUR]))
    rare = draw(st.integers(1, 16))
    makers = ["wrapper", "client", "gate"]
    own = makers[number // 2 % 3]
    values: Delivery = {
        "start_ns": start,
        "end_ns": start + draw(st.sampled_from([1, 2, 3, 1001 * MILLISECOND, 2 * _HOUR])),
        "parent_span_id": _draw_parent(draw, number),
        "instrumentation": draw(st.sampled_from([own] * 9 + [*makers, None])),
        "response_id": draw(st.sampled_from([None, None, None, None, "r1"])),
        "model": draw(st.sampled_from(["fable-1", "fable-1", "fable-1", "auto", "maker/fable-1"])),
        "process_keys": draw(st.sampled_from([None, None, ["instance:a"], ["instance:b"]])),
        "output_tokens": 11 if rare == 1 else 10,
    }
    silent = _SILENT | {"status": "error" if rare < 5 else "ok"} if rare in range(2, 7) else {}
    return call(number, trace=draw(st.sampled_from([1] * 9 + [2])), **(values | silent))


def cut(sent: Sequence[Delivery], places: int) -> Batches:
    """Cut into batches: after the n-th delivery where the n-th bit of ``places`` is set."""
    ends = [n + 1 for n in range(len(sent) - 1) if places >> n & 1]
    return [list(sent[a:b]) for a, b in pairwise([0, *ends, len(sent)])]


def chunk(sent: Sequence[Delivery], size: int) -> Iterator[list[Delivery]]:
    """Cut into batches of one size."""
    for first in range(0, len(sent), size):
        yield list(sent[first : first + size])
