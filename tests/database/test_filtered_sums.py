"""Sums under the one filter: from roll-ups or raw rows, what plain loops over spans come to."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from infra.local.throwaway import Database
from tests.database.support.answers import (
    DAY,
    PLAIN,
    RICH,
    check_answer,
    draw_window,
    fill,
)
from tests.database.support.callers import read_as_owner
from tests.database.support.filtering import Row, Tree, keeps_span
from tests.database.support.metrics import ask_metrics, within

START = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - 5 * DAY
VALUES = {
    "model": ["fable-1", "gift-1"],
    "provider": ["acme", "zenith"],
    "environment": ["production", "staging"],
    "service": ["shop", "search"],
    "operation": ["chat", "execute_tool"],
    "agent": ["support"],
    "tool": ["find"],
    "error_type": ["acme.RateLimitError", "_OTHER"],
    "release": ["1"],
    "user": ["ann", "bob", "nobody"],
    "customer": ["acme"],
    "session": ["s1", "s3"],
    "feature": ["chat"],
    "tag:feature": ["mail"],
}
Filled = tuple[str, list[Row], dict[str, list[Row]]]


@pytest.fixture(scope="module")
def filled(database: Database, another_tenant: Callable[[], str]) -> Filled:
    """A tenant some of whose hours have changed: its summed spans, and all by their trace."""
    tenant = another_tenant()
    summed = fill(database, tenant, START, seed=16)
    query = """select s.*, false as with_content, null as input, null as output
      from public.spans s where tenant_id = %s"""
    traces: dict[str, list[Row]] = {}
    for row in read_as_owner(database, query, (tenant,)):
        traces.setdefault(row["trace_id"], []).append(row)
    return tenant, summed, traces


@st.composite
def terms(draw: st.DrawFn) -> Tree:
    """A term that roll-ups may answer."""
    field = draw(st.sampled_from([*VALUES, "failed"]))
    if field == "failed":
        return {"field": field, "op": "is"}
    if draw(st.booleans()):
        return {"field": field, "op": "has"}
    values = draw(st.lists(st.sampled_from(VALUES[field]), min_size=1, max_size=2))
    return {"field": field, "op": "in", "values": values}


OTHERS: list[Tree] = [
    {"field": "cost", "op": "gt", "values": ["0.5"]},
    {"field": "duration", "op": "lt", "values": ["400ms"]},
    {"field": "unpriced", "op": "is"},
    {"field": "unmeasured", "op": "is"},
    {"field": "counted", "op": "is"},
    {"field": "text", "op": "matches", "values": ["FABLE"]},
    {"field": "ttft", "op": "has"},
]
"""What no roll-up tells apart."""
MEMBERS = st.one_of(terms(), st.builds(lambda term: {"not": term}, terms()))
ANY = st.one_of(MEMBERS, st.sampled_from(OTHERS))
TREES = st.one_of(
    ANY,
    st.builds(lambda each: {"and": each}, st.lists(MEMBERS, min_size=1, max_size=3)),
    st.builds(lambda each: {"and": each}, st.lists(ANY, min_size=1, max_size=3)),
    st.builds(lambda each: {"or": each}, st.lists(MEMBERS, min_size=1, max_size=2)),
)


def keep(filled: Filled, tree: Tree) -> list[Row]:
    """Give the summed spans that a filter keeps, by plain Python."""
    _, summed, traces = filled
    kept = {
        span["span_id"]
        for trace in traces.values()
        for span in trace
        if keeps_span(tree, span, trace)
    }
    return [span for span in summed if span["span_id"] in kept]


def is_rolled_up(database: Database, tree: Tree) -> bool:
    """Whether the tree asks of dimensions by value alone."""
    query = "select (app.narrow_sums('{}', %s)).condition = 'true' as rolled_up"
    return bool(read_as_owner(database, query, [json.dumps([tree])])[0]["rolled_up"])


def name_dimensions(tree: Tree) -> set[str]:
    members = tree.get("and", tree.get("or", [tree["not"]] if "not" in tree else []))
    return {tree.get("field", "model")}.union(*(name_dimensions(member) for member in members))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(
    tree={"not": {"field": "environment", "op": "in", "values": ["staging"]}},
    seed=1,
    groups=("model", None),
)
@example(tree={"field": "failed", "op": "is"}, seed=2, groups=("error_type", "model"))
@example(tree={"field": "user", "op": "has"}, seed=3, groups=("user", "model"))
@example(tree={"not": {"field": "failed", "op": "is"}}, seed=4, groups=("user", "session"))
@given(
    tree=TREES,
    seed=st.integers(0, 99),
    groups=st.tuples(st.sampled_from([*PLAIN, *RICH]), st.sampled_from([None, "model", "user"])),
)
def test_any_filter_sums_the_spans_that_it_keeps(
    database: Database, filled: Filled, tree: Tree, seed: int, groups: tuple[str, str | None]
) -> None:
    """In total, by bucket and by group: whatever answers it, what fits no other span does not."""
    group_by, then_by = groups[0], groups[1] if groups[1] != groups[0] else None
    since, until = draw_window(random.Random(seed), START, "day")
    answer = ask_metrics(
        database,
        filled[0],
        since,
        until,
        "day",
        group_by=group_by,
        then_by=then_by,
        filters=[tree],
        measure="latency_p95",
    )
    kept = within(keep(filled, tree), since, until)
    rich = is_rolled_up(database, tree) and bool(name_dimensions(tree) & {*RICH, "tag:feature"})
    if rich:
        # Of people, sessions and tags calls alone are told.
        kept = [span for span in kept if span["counted"]]
    check_answer(answer, kept, (group_by, then_by), (since, until), rich=rich)
