"""Answers of query_metrics held against the spans that they sum up."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from infra.local.throwaway import Database
from tests.database.support.callers import ingest
from tests.database.support.metrics import (
    Answer,
    Row,
    add_up,
    approach,
    cut_series,
    find_percentiles,
    group,
    measures_of,
    read_summed_spans,
    within,
)
from tests.database.support.rolled_up import fold, list_marked
from tests.database.support.spans import (
    MILLISECOND,
    call,
    failed_call,
    nanoseconds,
    step,
    unmeasured_call,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PLAIN = ("model", "provider", "environment", "service", "agent", "tool", "error_type", "release")
RICH = ("user", "customer", "session", "feature")
"""Told of calls alone."""


def make_span(draw: random.Random, number: int, at: datetime) -> dict[str, Any]:
    """Give a call or a tool's span of some of a few values of every dimension, four to a trace."""
    make = draw.choices((call, failed_call, unmeasured_call, step), (0.6, 0.1, 0.1, 0.2))[0]
    lasts = int(draw.lognormvariate(6, 1.5) * MILLISECOND)
    values: dict[str, Any] = {
        "end_ns": nanoseconds(at) + lasts,
        "environment": draw.choice(["production", "staging", None]),
        "service_name": draw.choice(["shop", "search"]),
        "agent_name": draw.choice(["support", None]),
        "user_id": draw.choice(["ann", "bob", "cem", None]),
        "customer_id": draw.choice(["acme", None]),
        "session_id": draw.choice(["s1", "s2", "s3", None]),
        "release": draw.choice(["1", "2"]),
        "tags": draw.choice([{"feature": "chat"}, {"feature": "mail"}, None]),
    }
    if make is step:
        tool = {"operation": "execute_tool", "tool_name": draw.choice(["find", "send"])}
        return step(number, trace=number // 4 + 1, at=at, **values, **draw.choice([tool, tool, {}]))
    model = draw.choice(["fable-1", "fable-2", "gift-1", None])
    values["provider"] = draw.choice(["acme", "acme", "zenith", None])
    if make is call:
        values |= {
            "cost_usd": draw.choice([f"0.{draw.randrange(10**6):06d}", None]),
            "output_tokens": draw.randrange(1000),
            "time_to_first_token_ms": draw.choice([None, draw.lognormvariate(5, 1)]),
        }
    return make(number, trace=number // 4 + 1, at=at, model=model, **values)


def fill(database: Database, tenant: str, start: datetime, seed: int) -> list[Row]:
    """Give a tenant three days of spans; some hours have changed since they were folded."""
    draw = random.Random(seed)
    spans = [make_span(draw, number, start + draw.random() * 3 * DAY) for number in range(1, 500)]
    late = [make_span(draw, number, start + draw.random() * 3 * DAY) for number in range(500, 520)]
    ingest(database, tenant, spans)
    fold(database, tenant)
    ingest(database, tenant, late)
    assert 10 < len(list_marked(database, tenant)) < 60
    return list(read_summed_spans(database, tenant))


def draw_window(draw: random.Random, start: datetime, bucket: str) -> tuple[datetime, datetime]:
    """Give a window that is cut anywhere, or at whole hours."""
    step_of = draw.choice([HOUR, 5 * timedelta(minutes=1), timedelta(microseconds=1)])
    longest = {"minute": 20 * HOUR}.get(bucket, 4 * DAY)
    since = start - 6 * HOUR + (draw.random() * 3 * DAY // step_of) * step_of
    return since, since + max(1, draw.random() * longest // step_of) * step_of


HIDDEN = {"spans": None, "failed_spans": None}
"""What sums of calls alone say of other spans."""


def check_row(row: Answer, spans: list[Row], error: float, *, calls_alone: bool = False) -> None:
    """Hold a row of an answer against the spans that it sums up."""
    expected = add_up(spans) | (HIDDEN if calls_alone else {})
    assert measures_of(row) == approach(expected), row
    for name, column in (
        ("latency_ms", "duration_ms"),
        ("time_to_first_token_ms", "time_to_first_token_ms"),
    ):
        assert row[name] == approach(find_percentiles(spans, column), error)


def choose_told(spans: list[Row], dimension: str) -> list[Row]:
    """Give the spans that a dimension is told of: people, sessions and tags of calls alone."""
    return [span for span in spans if span["counted"] or dimension in PLAIN]


def check_groups(
    rows: list[Answer],
    spans: list[Row],
    dimension: str,
    error: float,
    *,
    calls_alone: bool = False,
) -> None:
    """Hold the groups of an answer against the spans that they sum up."""
    calls_alone = calls_alone or dimension in RICH
    groups = group(spans, dimension)
    found = {read_key(row): row for row in rows}
    assert found.keys() == groups.keys(), (dimension, found.keys(), groups.keys())
    for key, row in found.items():
        check_row(row, groups[key], error, calls_alone=calls_alone)


def read_key(row: Answer) -> Any:
    """Give what ``group`` calls a group."""
    return (row["key"], row["provider"]) if "provider" in row else row["key"]


def check_answer(
    answer: Answer,
    kept: list[Row],
    groups: tuple[str, str | None],
    window: tuple[datetime, datetime],
    *,
    rich: bool,
) -> None:
    """Hold totals, series, groups and their parts against the spans that are kept.

    Where the question is rich, all of it is of calls alone.
    """
    (group_by, then_by), error = groups, answer["relative_error"]
    check_row(answer["totals"], kept, error, calls_alone=rich)
    for row, piece in zip(answer["series"], cut_series(answer, *window), strict=True):
        check_row(row, within(kept, *piece), error, calls_alone=rich)
    told = choose_told(kept, group_by)
    check_groups(answer["groups"], told, group_by, error, calls_alone=rich)
    for row in answer["groups"]:
        if then_by is not None:
            inside = choose_told(group(told, group_by)[read_key(row)], then_by)
            alone = rich or group_by in RICH
            check_groups(row["groups"], inside, then_by, error, calls_alone=alone)
