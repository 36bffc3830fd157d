"""Lists keep the rows that a filter asks for: all of them, and no others, whatever it asks."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from functions.common.asking.fields import CHOICES, FIELDS, TYPES
from functions.common.asking.trees import list_members
from infra.local.throwaway import Database
from tests.database.support.callers import (
    Connection,
    call_function,
    connect_as,
    connect_as_owner,
    ingest,
)
from tests.database.support.filtering import (
    Traces,
    Tree,
    keeps_span,
    keeps_trace,
    names,
    read_traces,
)
from tests.database.support.spans import (
    MILLISECOND,
    NOON,
    call,
    failed_call,
    span_id,
    step,
    unmeasured_call,
)

ODD = [
    "it's",
    "100%",
    "a_b",
    "a%b",
    "\\",
    "\\d+",
    "%s",
    "%1$s",
    "$1",
    "{a,b}",
    "null",
    "NULL",
    '"',
    "é✓\N{GRINNING FACE}",
    "x\ny",
    "';--",
    "*",
    ".*",
]
"""What means something to SQL, to patterns, to arrays or to format."""
SAID = ["Walk one, then two!", "no refund; order A-17", "我要退款。", "two refunds: one/two", *ODD]
NAMES = ["fable-1", "fable-2", *ODD]
MARKED = {"misdated", "trace", "span"}
TENANTS = ("filtered", "neighbour")


def make_spans(draw: random.Random) -> list[dict[str, Any]]:
    """Some eighty spans of twenty traces, many of which do not tell what others do."""
    spans = []
    for number in range(1, 81):
        trace = draw.randrange(1, 21)
        make = draw.choice([call, call, failed_call, unmeasured_call, step])
        told: dict[str, Any] = {
            name: draw.choice([None, draw.choice(NAMES)])
            for name in ("environment", "service_name", "release", "session_id", "user_id")
        } | {
            name: draw.choice([None, None, draw.choice(NAMES)])
            for name in ("customer_id", "agent_name", "tool_name", "prompt_name")
        }
        told["prompt_version"] = told["prompt_name"] and draw.choice([None, "3"])
        told["tags"] = draw.choice(
            [None, {"plan": draw.choice(NAMES), "feature": draw.choice(NAMES)}]
        )
        told["input_digest"] = draw.choice([None, *DIGESTS])
        told["streamed"] = draw.choice([None, True, False])
        told["input"] = draw.choice(
            [None, None, [{"role": "user", "content": draw.choice(SAID)} for _ in range(2)]]
        )
        told["name"] = draw.choice(["Chat one", "walk two", draw.choice(ODD)])
        if make is not step:
            told |= {"model": draw.choice(NAMES), "provider": draw.choice(["acme", "it's"])}
            told["cost_usd"] = draw.choice([None, "0", "0.1", "0.25"]) if make is call else None
            told["time_to_first_token_ms"] = draw.choice([None, 150.0, 2000.0])
        elif draw.random() < 0.5:
            told |= {"status": "error", "error_type": draw.choice([None, "it's"])}
        if draw.random() < 0.5:
            told["parent_span_id"] = None if make is step else span_id(draw.randrange(1, 81))
        start = NOON + timedelta(minutes=trace, seconds=draw.randrange(50))
        if draw.random() < 0.05:
            start += timedelta(days=1000)
        spans.append(make(number, trace=trace, at=start, **told))
        spans[-1]["end_ns"] = (
            spans[-1]["start_ns"] + draw.choice([0, 150, 1000, 2000]) * MILLISECOND
        )
    return spans


@pytest.fixture(scope="module")
def traces(database: Database) -> Traces:
    """The stored spans of one of two tenants that sent the same, by trace."""
    draw = random.Random(16)  # numbers for a test
    spans = make_spans(draw)
    # More models than a trace lists.
    spans += [
        call(100 + n, trace=30, at=NOON, model=f"many-{n:02d}", provider=f"p-{n:02d}")
        for n in range(40)
    ]
    for tenant in TENANTS:
        ingest(database, tenant, spans)
    with connect_as_owner(database) as owner:
        # As the job does that follows chains of responses.
        owner.execute(
            "update public.spans set chained_session_id = 'chain' where span_id like '%5'"
        )
        for tenant in TENANTS:
            known = "array(select trace_id from public.traces where tenant_id = %s)"
            owner.execute(f"select app.summarize_traces(%s, {known})", [tenant, tenant])
    return read_traces(database, TENANTS[0])


@pytest.fixture(scope="module")
def caller(database: Database, traces: Traces) -> Iterator[Connection]:
    """A reader of the first tenant."""
    assert traces
    with connect_as(database, "authenticated", TENANTS[0]) as connection:
        yield connection


DIGESTS = [f"h1:k1:{letter * 43}" for letter in "abc"]
VALUES = {
    "digest": st.sampled_from(DIGESTS),
    "text": st.sampled_from(
        [*NAMES, "acme", "chat", "_OTHER", "chain", "many-39", "Chat one", "it's@3", "x"]
    ),
    "trace_id": st.integers(1, 31).map(lambda number: f"{number:032x}"),
    "span_id": st.integers(1, 140).map(span_id),
    "whole": st.sampled_from(["0", "1", "2", "3", "10", "100", "110", "999999999999999"]),
    "money": st.sampled_from(["0", "0.1", "0.10", "0.25", "0.35", "0.000000000001", "999999999"]),
    "duration": st.sampled_from(
        ["0ms", "150ms", "0.15s", "1s", "1000000us", "2s", "0.5m", "0.01h", "7ns", "1d"]
    ),
    "time": st.sampled_from(
        ["2026-11-23", "2026-11-23T12:10:00Z", "2026-11-23T13:05:30.5+01:00", "2027-01-01"]
    ),
    "words": st.sampled_from(
        [
            *("it's", "a_b", "\\d+", "NULL", "é✓\N{GRINNING FACE}", "x\ny", "CHAT", "walk", "o"),
            *("one\nfa", "one two", "two one", "refund", "order a-17", "a 17", "no order", "user"),
            *("退款", "退 我"),
        ]
    ),
}
TAGS = ["tag:plan", "tag:feature", "tag:it's", "tag:%s"]


@st.composite
def terms(draw: st.DrawFn) -> Tree:
    """A term of any field, with an operator that it takes."""
    field = draw(st.sampled_from([*FIELDS, *TAGS]))
    kind = FIELDS.get(field, "id")
    op = draw(st.sampled_from(TYPES[kind].operators))
    if op in ("has", "is"):
        return {"field": field, "op": op}
    values = (
        VALUES["text" if kind in ("text", "id") else kind]
        if kind != "choice"
        else st.sampled_from(CHOICES[field])
    )
    most = 4 if op == "in" else 1
    return {"field": field, "op": op, "values": draw(st.lists(values, min_size=1, max_size=most))}


def group(members: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    many = st.lists(members, min_size=1, max_size=4)
    return st.one_of(
        st.builds(lambda each: {"and": each}, many),
        st.builds(lambda each: {"or": each}, many),
        st.builds(lambda each: {"not": each}, members),
    )


FEW = terms()


def count_terms(tree: Tree) -> int:
    members = list_members(tree)
    return 1 if members is None else sum(count_terms(member) for member in members)


TREES = st.one_of(
    FEW, group(FEW), group(st.one_of(FEW, group(FEW))), group(group(group(FEW)))
).filter(lambda tree: count_terms(tree) <= 32)


def ask(caller: Connection, kind: str, tree: Tree) -> set[tuple[str, ...]]:
    """The ids of the rows that a list answers under a filter."""
    ids = ("trace_id", "span_id") if kind == "spans" else ("trace_id",)
    rows = call_function(caller, f"list_{kind}", {"shown": ids, "filters": [tree], "most": 1000})
    found = [tuple(row[name] for name in ids) for row in rows]
    assert len(set(found)) == len(found)
    return set(found)


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@example(tree={})
@example(tree={"field": "model", "op": "in", "values": ["many-39"]})
@example(tree={"field": "tokens", "op": "le", "values": ["110"]})
@example(tree={"field": "session", "op": "in", "values": ["chain"]})
@example(tree={"not": {"field": "provider", "op": "in", "values": ["p-39"]}})
@given(tree=TREES)
def test_lists_keep_what_the_model_keeps(caller: Connection, traces: Traces, tree: Tree) -> None:
    """Any tree over any fields, read by SQL and by plain Python, of spans and of traces."""
    dated = not names(tree, MARKED)
    expected = {
        (trace_id,)
        for trace_id, trace in traces.items()
        if keeps_trace(tree, trace) and not (dated and all(span["misdated"] for span in trace))
    }
    assert ask(caller, "traces", tree) == expected
    if names(tree, {"calls", "spans", "errors"}):
        return
    expected_spans = {
        (span["trace_id"], span["span_id"])
        for trace in traces.values()
        for span in trace
        if keeps_span(tree, span, trace) and not (dated and span["misdated"])
    }
    assert ask(caller, "spans", tree) == expected_spans
