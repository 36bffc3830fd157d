"""Any two dimensions and any filter: answered from what can tell them, and equal to raw sums."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.local.throwaway import Database
from tests.database.support.answers import (
    DAY,
    HOUR,
    PLAIN,
    RICH,
    check_answer,
    choose_told,
    draw_window,
    fill,
    make_span,
)
from tests.database.support.callers import administer, ingest, read_as_owner
from tests.database.support.metrics import (
    Row,
    ask_metrics,
    read_summed_spans,
    within,
)
from tests.database.support.rolled_up import expire, fold, list_marked, receive
from tests.database.support.spans import step

START = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - 5 * DAY
CLOSE = ("model", "provider", "environment")
"""Told beside a user, customer, session or tag by the same sums."""
MANY = 100
Filter = dict[str, list[str | None]]
VALUES: dict[str, list[str | None]] = {
    "model": ["fable-1", "gift-1", None],
    "provider": ["acme", "zenith", None],
    "environment": ["production", None],
    "service": ["shop"],
    "agent": ["support", None],
    "tool": ["find"],
    "error_type": ["acme.RateLimitError", None],
    "release": ["1"],
    "user": ["ann", "bob", "nobody", None],
    "customer": ["acme"],
    "session": ["s1", "s3"],
    "feature": ["chat", None],
}


Filled = tuple[str, list[Row]]
Window = tuple[datetime, datetime]


@pytest.fixture(scope="module")
def filled(database: Database, another_tenant: Callable[[], str]) -> Filled:
    """A tenant with sums by its features, some hours of which have changed since."""
    tenant = another_tenant()
    administer(database, tenant, "set_tag_dimensions", keys=["feature"])
    fill(database, tenant, START, seed=7)
    # The root of the third trace, whose calls were another's until now.
    ingest(database, tenant, [step(600, trace=3, at=START, user_id="abe", session_id="s0")])
    return tenant, list(read_summed_spans(database, tenant))


@pytest.fixture(scope="module")
def shortened(database: Database, another_tenant: Callable[[], str]) -> Filled:
    """One whose older spans the expiry took, before some came late."""
    tenant, start = another_tenant(), START - 40 * DAY
    administer(database, tenant, "set_tag_dimensions", keys=["feature"])
    spans = fill(database, tenant, start, seed=8)
    receive(database, tenant, HOUR)
    fold(database, tenant)
    expire(database, tenant, start + 36.4 * HOUR, 1000)
    left = read_summed_spans(database, tenant)
    assert 0 < len(left) < len(spans)
    draw = random.Random(8)
    late = [make_span(draw, number, start + draw.random() * 3 * DAY) for number in range(604, 624)]
    ingest(database, tenant, late)
    assert len(list_marked(database, tenant)) > 10
    known = {span["span_id"] for span in left}
    return tenant, [
        *spans,
        *(one for one in read_summed_spans(database, tenant) if one["span_id"] not in known),
    ]


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    """One or two dimensions, and a filter of up to two."""
    names = [*PLAIN, *RICH]
    group_by = draw(st.sampled_from(names))
    then_by = draw(st.sampled_from([None, *(name for name in names if name != group_by)]))
    keys = draw(st.lists(st.sampled_from(names), max_size=2, unique=True))
    filter_ = {
        name: draw(st.lists(st.sampled_from(VALUES[name]), min_size=1, max_size=2)) for name in keys
    }
    return {"group_by": group_by, "then_by": then_by, "filter": filter_}


def check_question(
    database: Database, tenant: str, spans: list[Row], question: dict[str, Any], window: Window
) -> None:
    """Hold every number of an answer against the spans of its window."""
    group_by, then_by = question["group_by"], question["then_by"]
    more: dict[str, Any] = {"measure": "latency_p95", "top": MANY} | question
    since, until = window
    answer = ask_metrics(database, tenant, since, until, "day", **more)
    kept = keep(within(spans, *window), question["filter"])
    rich = not {*RICH}.isdisjoint(question["filter"])
    check_answer(answer, kept, (group_by, then_by), window, rich=rich)


def keep(spans: list[Row], filter_: Filter) -> list[Row]:
    """Give the spans that a filter lets through."""
    for name, values in filter_.items():
        spans = [span for span in choose_told(spans, name) if span[name] in values]
    return spans


@given(question=questions(), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_any_question_sums_its_spans(
    database: Database, filled: tuple[str, list[Row]], question: dict[str, Any], seed: int
) -> None:
    """Whatever it is read from, of changed hours and of hours that the window cuts, too."""
    window = draw_window(random.Random(seed), START, "day")
    check_question(database, *filled, question, window)


def list_kept(rich: str) -> Iterator[dict[str, Any]]:
    """List the questions of a dimension that its own sums answer beside each close one."""
    value: Filter = {rich: VALUES[rich][:1]}
    for close, another in zip(CLOSE, [*CLOSE[1:], *CLOSE[:1]], strict=True):
        yield {"group_by": rich, "then_by": close, "filter": {}}
        yield {"group_by": close, "then_by": rich, "filter": {another: VALUES[another]}}
        yield {"group_by": rich, "then_by": another, "filter": {close: VALUES[close][:1]}}
        yield {"group_by": close, "then_by": another, "filter": value}
        yield {"group_by": close, "then_by": None, "filter": value | {another: [None]}}


@pytest.mark.parametrize("rich", RICH)
def test_what_was_taken_is_in_the_sums_of_two(
    database: Database, shortened: Filled, rich: str
) -> None:
    """Each dimension of many values and each close one, by or where, in hours that changed too."""
    draw = random.Random(rich)
    for question in list_kept(rich):
        since = START - 40 * DAY + draw.randrange(48) * HOUR
        until = since + draw.randrange(24, 72) * HOUR
        check_question(database, *shortened, question, (since, until))


@pytest.mark.parametrize("rich", RICH)
def test_a_close_dimension_needs_no_spans(database: Database, filled: Filled, rich: str) -> None:
    """By a rich dimension and one, two or three of the close ones, the rich one's rows are read."""
    query = "select app.choose_dimension(%s, app.check_filter(%s), %s) as told"
    name = "tag:feature" if rich == "feature" else rich
    read = {
        (groups, filtered): read_as_owner(
            database, query, (filled[0], json.dumps({filtered: ["x"]}), list(groups))
        )[0]["told"]
        for groups in ((name,), (name, "model"), ("provider", name), ("model", "environment"))
        for filtered in (rich, *CLOSE, "service")
    }
    expected = {
        (groups, filtered): "detail"
        if filtered != rich and name not in groups
        else "raw"
        if filtered == "service"
        else name
        for groups, filtered in read
    }
    assert read == expected
