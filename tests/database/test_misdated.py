"""Spans whose times cannot be true: stored as they came, told, and in no window."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import ingest, read_as, read_as_owner
from tests.database.support.consistency import check_consistency, read_summaries
from tests.database.support.spans import call, nanoseconds, span_id, step

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PAST, FUTURE = datetime(1970, 1, 1, 0, 29, tzinfo=UTC), datetime(2096, 1, 1, tzinfo=UTC)


def read_marks(database: Database, tenant: str) -> list[str | None]:
    query = "select misdated from public.spans where tenant_id = %s order by span_id"
    return [row["misdated"] for row in read_as_owner(database, query, (tenant,))]


def measure(database: Database, tenant: str) -> dict[str, Any]:
    query = "select public.query_metrics(%s, %s, 'day') as answer"
    window = (NOW - 30 * DAY, NOW + 30 * DAY)
    totals: dict[str, Any] = read_as(database, "authenticated", tenant, query, window)[0]["answer"][
        "totals"
    ]
    return totals


@pytest.mark.parametrize(
    ("at", "mark"),
    [
        (datetime(2014, 12, 31, 23, 59, 59, tzinfo=UTC), "past"),
        (datetime(2015, 1, 1, tzinfo=UTC), None),
        (PAST, "past"),
        (NOW, None),
        (NOW + 23 * HOUR, None),
        (NOW + 25 * HOUR, "future"),
        (FUTURE, "future"),
    ],
)
def test_times_that_cannot_be_true_are_marked(
    database: Database, tenant: str, at: datetime, mark: str | None
) -> None:
    """The bounds are a day after it came, and the year 2015; the start stays as it came."""
    ingest(database, tenant, [call(1, at=at)])
    assert read_marks(database, tenant) == [mark]
    query = "select start_ns from public.spans where tenant_id = %s"
    assert read_as_owner(database, query, (tenant,)) == [{"start_ns": nanoseconds(at)}]


def test_an_end_that_has_not_come_is_marked(database: Database, tenant: str) -> None:
    """A duration of decades is in no percentile, whatever the start."""
    ingest(database, tenant, [call(1, at=NOW, end_ns=nanoseconds(FUTURE))])
    assert read_marks(database, tenant) == ["future"]


def test_misdated_calls_are_counted_apart(database: Database, tenant: str) -> None:
    """They are in no sum and no percentile of any window, and their number is told in each."""
    ingest(
        database,
        tenant,
        [
            call(1, at=NOW - HOUR),
            call(2, trace=2, at=FUTURE),
            call(3, trace=3, at=PAST),
            call(4, trace=4, at=PAST),
            call(5, trace=5, at=NOW, end_ns=nanoseconds(FUTURE)),
        ],
    )
    totals = measure(database, tenant)
    assert (totals["requests"], totals["latency_ms"]["p99"]) == (1, pytest.approx(1000, rel=0.05))
    assert totals["left_out"]["misdated"] == {"future": 2, "past": 2}
    for view in ("metrics_by_day", "metrics_by_hour", "metrics_by_model", "metrics_by_user"):
        rows = read_as(database, "authenticated", tenant, f"select requests from public.{view}")
        assert [row["requests"] for row in rows] == [1]


def test_what_sums_leave_out_is_named(database: Database, tenant: str) -> None:
    """Usage that is not counted by its reason and window, possible duplicates, and by day."""
    mark = "update public.spans set possible_duplicate = true where tenant_id = %s and counted"
    ingest(
        database,
        tenant,
        [
            call(1, at=NOW - HOUR),
            step(2, at=NOW - HOUR, usage_uncounted="repeats_calls"),
            step(3, at=NOW - HOUR, usage_uncounted="repeats_calls"),
            step(4, at=NOW - HOUR, usage_uncounted="no_model"),
            step(5, at=NOW - 300 * DAY, usage_uncounted="no_model"),
            step(6, at=PAST, usage_uncounted="no_model"),
        ],
    )
    read_as_owner(database, mark + " returning 1", (tenant,))
    totals = measure(database, tenant)
    assert totals["possible_duplicates"] == 1
    assert totals["left_out"] == {
        "usage_uncounted": [
            {"because": "repeats_calls", "spans": 2},
            {"because": "no_model", "spans": 1},
        ],
        "misdated": {"future": 0, "past": 1},
    }
    query = (
        "select line, because, sum(spans)::int as spans from public.left_out_by_day group by 1, 2"
    )
    found = read_as(database, "authenticated", tenant, query)
    assert {(row["line"], row["because"], row["spans"]) for row in found} == {
        ("misdated", "past", 1),
        ("usage_uncounted", "repeats_calls", 2),
        ("usage_uncounted", "no_model", 2),
        ("possible_duplicate", None, 1),
    }


MIXED = [
    step(1, at=PAST),
    call(2, at=NOW - HOUR),
    call(3, at=NOW - HOUR + timedelta(seconds=9)),
    step(4, at=FUTURE, parent_span_id=span_id(3)),
    step(5, trace=2, at=PAST),
    step(6, trace=2, at=FUTURE),
]


@pytest.mark.parametrize("order", range(6))
def test_a_trace_is_where_its_well_dated_spans_are(
    database: Database, tenant: str, order: int
) -> None:
    """Whatever comes first: one misdated span does not make it last 57 years."""
    turns = list(itertools.permutations(MIXED))
    for span in turns[order * 117]:
        ingest(database, tenant, [span])
    mixed, lost = read_summaries(database, tenant)
    assert datetime.fromisoformat(mixed["start_time"]) == NOW - HOUR
    assert (mixed["duration_ms"], mixed["span_count"]) == (10_000, 4)
    assert (mixed["misdated"], mixed["undated"]) == (["future", "past"], False)
    assert datetime.fromisoformat(mixed["earliest"]) == PAST
    assert (lost["undated"], lost["start_ns"]) == (True, nanoseconds(PAST))
    check_consistency(database, tenant)
    found = read_as(database, "authenticated", tenant, "select span_id from public.span_details")
    assert len(found) == 6


@pytest.mark.parametrize("turned", [False, True])
def test_deliveries_agree_on_the_mark(database: Database, tenant: str, turned: bool) -> None:
    """The mark is that of the least start and the greatest end, whichever came first."""
    deliveries = [step(1, at=NOW), step(1, at=FUTURE)]
    for span in reversed(deliveries) if turned else deliveries:
        ingest(database, tenant, [span])
    assert read_marks(database, tenant) == ["future"]
    check_consistency(database, tenant)
