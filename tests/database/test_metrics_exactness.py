"""query_metrics gives the sums of raw rows, however a window is cut and whatever is folded."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from infra.local.throwaway import Database
from tests.database.support.answers import (
    DAY,
    HOUR,
    PLAIN,
    RICH,
    check_groups,
    check_row,
    choose_told,
    draw_window,
    fill,
    read_key,
)
from tests.database.support.callers import administer, connect_as_owner
from tests.database.support.metrics import (
    approach,
    ask_metrics,
    cut_series,
    find_percentiles,
    group,
    read_summed_spans,
    within,
)
from tests.database.support.rolled_up import fold

RECENT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - 5 * DAY
"""Days of which sums by five minutes are kept."""
SPRING, AUTUMN = datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)
"""Each the day before the clocks change in Europe."""
PLACES = [
    (RECENT, "UTC"),
    (RECENT, "Asia/Kolkata"),
    (SPRING, "Europe/Berlin"),
    (AUTUMN, "Europe/Berlin"),
    (AUTUMN, "Asia/Kolkata"),
]


@pytest.mark.parametrize(("start", "zone"), PLACES)
def test_a_window_cut_anywhere_sums_its_spans(
    database: Database, tenant: str, start: datetime, zone: str
) -> None:
    """Totals and each bucket, of hours and days of the zone, are those of the spans in them."""
    spans = fill(database, tenant, start, seed=1)
    draw = random.Random(zone)
    for bucket in ("hour", "day", "minute", "hour", "day"):
        since, until = draw_window(draw, start, bucket)
        answer = ask_metrics(database, tenant, since, until, bucket, time_zone=zone)
        error = answer["relative_error"]
        check_row(answer["totals"], within(spans, since, until), error)
        pieces = cut_series(answer, since, until)
        assert pieces[0][0] == since
        assert pieces[-1][1] == until
        for row, piece in zip(answer["series"], pieces, strict=True):
            check_row(row, within(spans, *piece), error)
            if bucket == "day":
                local = datetime.fromisoformat(row["bucket_start"]).astimezone(ZoneInfo(zone))
                assert (local.hour, local.minute) == (0, 0)


@pytest.mark.parametrize("dimension", [*PLAIN, *RICH])
def test_groups_are_the_sums_of_their_spans(
    database: Database, tenant: str, dimension: str
) -> None:
    """Each group of a dimension, that of what is not told too, its series, and those within it."""
    spans = fill(database, tenant, RECENT, seed=2)
    draw = random.Random(dimension)
    for inner in ("environment", "model", "user"):
        since, until = draw_window(draw, RECENT, "hour")
        then_by = None if inner == dimension else inner
        more = {"group_by": dimension, "then_by": then_by, "measure": "latency_p95", "top": 100}
        answer = ask_metrics(database, tenant, since, until, "hour", **more)
        told = choose_told(within(spans, since, until), dimension)
        check_groups(answer["groups"], told, dimension, answer["relative_error"])
        assert answer["other"] is None
        if then_by is not None:
            for row, key in zip(answer["groups"], map(read_key, answer["groups"]), strict=True):
                inside = choose_told(group(told, dimension)[key], then_by)
                error, alone = answer["relative_error"], dimension in RICH
                check_groups(row["groups"], inside, then_by, error, calls_alone=alone)
        for row in answer["groups"]:
            for point, piece in zip(row["series"], cut_series(answer, since, until), strict=True):
                found = group(within(told, *piece), dimension).get(read_key(row), [])
                expected = approach(find_percentiles(found), answer["relative_error"])
                assert point["value"] == expected["p95"]


@pytest.mark.parametrize(
    "filter_",
    [
        {"model": ["fable-1", "gift-1"]},
        {"environment": [None]},
        {"tool": ["find"]},
        {"error_type": [None], "agent": ["support"]},
        {"user": ["ann"]},
        {"user": ["ann"], "environment": ["staging", None]},
        {"user": [None, "bob"]},
        {"user": ["ann", "cem"], "model": ["fable-2"]},
        {"feature": ["chat"], "session": ["s1", "s2"]},
    ],
    ids=str,
)
def test_a_filter_lets_through_what_has_its_values(
    database: Database, tenant: str, filter_: dict[str, list[str | None]]
) -> None:
    """Totals and groups are of spans that have one of the values of every dimension."""
    spans = fill(database, tenant, RECENT, seed=3)
    draw = random.Random(str(filter_))
    for dimension in ("model", "user", "tool"):
        since, until = draw_window(draw, RECENT, "day")
        kept = within(spans, since, until)
        for name, values in filter_.items():
            kept = [span for span in choose_told(kept, name) if span[name] in values]
        more = {"filter": filter_, "group_by": dimension, "compare": True}
        answer = ask_metrics(database, tenant, since, until, "day", **more)
        alone = not {*RICH}.isdisjoint(filter_)
        check_row(answer["totals"], kept, answer["relative_error"], calls_alone=alone)
        assert sum(row["requests"] for row in answer["groups"]) == answer["totals"]["requests"]
        told = group(choose_told(kept, dimension), dimension)
        assert {read_key(row): row["requests"] for row in answer["groups"]} == {
            key: sum(span["counted"] for span in found) for key, found in told.items()
        }


@pytest.mark.parametrize(
    ("dimension", "measures"),
    [
        ("model", ["cost_usd"]),
        ("user", ["requests", "ttft_p50", "errors", "error_rate", "cost_usd", "spans"]),
        ("session", ["total_tokens", "unmeasured_requests"]),
        ("feature", ["output_tokens", "unpriced_requests"]),
    ],
)
def test_the_others_are_what_the_top_leaves(
    database: Database, tenant: str, dimension: str, measures: list[str]
) -> None:
    """The groups with the most of a measure come first, and the rest is one row."""
    spans = fill(database, tenant, RECENT, seed=4)
    since, until = RECENT + timedelta(minutes=7), RECENT + 2 * DAY
    for measure in measures:
        more = {"group_by": dimension, "measure": measure}
        every = ask_metrics(database, tenant, since, until, "day", **more, top=500)
        some = ask_metrics(database, tenant, since, until, "day", **more, top=2)
        assert every["other"] is None
        assert some["groups"] == every["groups"][:2]
        first = {read_key(row) for row in some["groups"]}
        told = group(choose_told(within(spans, since, until), dimension), dimension)
        rest = [span for key, found in told.items() if key not in first for span in found]
        alone = dimension in RICH
        check_row(some["other"], rest, some["relative_error"], calls_alone=alone)


def test_the_window_before_is_as_long(database: Database, tenant: str) -> None:
    """The totals before are of the window of the same length that ends where this one starts."""
    spans = fill(database, tenant, RECENT, seed=5)
    since, until = RECENT + 1.3 * DAY, RECENT + 2.1 * DAY
    for filter_ in ({}, {"user": ["ann"]}):
        more: dict[str, Any] = {"filter": filter_, "compare": True}
        answer = ask_metrics(database, tenant, since, until, "hour", **more)
        before = within(spans, since - (until - since), since)
        kept = [
            span
            for span in before
            if not filter_ or (span["user"], span["counted"]) == ("ann", True)
        ]
        alone = bool(filter_)
        check_row(answer["previous"], kept, answer["relative_error"], calls_alone=alone)
    assert "previous" not in ask_metrics(database, tenant, since, until, "hour")


def test_what_was_taken_stays_in_the_answers(database: Database, tenant: str) -> None:
    """The expiry lowers no sum of whole hours, folded or not, and no two windows share a span."""
    start = RECENT - 40 * DAY
    spans = fill(database, tenant, start, seed=6)
    administer(database, tenant, "set_retention", span_days=30, content_days=None)
    with connect_as_owner(database) as owner:
        owner.execute("select app.expire_batch(%s, 1000)", (tenant,))
    assert read_summed_spans(database, tenant) == []
    for _ in range(2):
        for zone, bucket in (("UTC", "hour"), ("Europe/Berlin", "day")):
            since, until = start + 7 * HOUR, start + 55 * HOUR
            answer = ask_metrics(database, tenant, since, until, bucket, time_zone=zone)
            check_row(answer["totals"], within(spans, since, until), answer["relative_error"])
            for row, piece in zip(answer["series"], cut_series(answer, since, until), strict=True):
                check_row(row, within(spans, *piece), answer["relative_error"])
        cut = since + timedelta(minutes=29 * 60 + 17)
        halves = [
            ask_metrics(database, tenant, *window, "hour")["totals"]["requests"]
            for window in ((since, cut), (cut, until))
        ]
        assert sum(halves) == answer["totals"]["requests"]
        fold(database, tenant)
