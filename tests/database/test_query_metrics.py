"""query_metrics: half-open windows, sums that agree, no holes, and unknown is not zero."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import connect_as, ingest, read_as, read_as_owner
from tests.database.support.metrics import ask_metrics
from tests.database.support.spans import (
    MILLISECOND,
    NOON,
    call,
    failed_call,
    nanoseconds,
    step,
    unmeasured_call,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
QUERY = "select public.query_metrics(%s, %s, %s) as answer"
SUMS = (
    "requests",
    "errors",
    "unpriced_requests",
    "unmeasured_requests",
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cost_usd",
)
Answer = dict[str, Any]
Ask = Callable[..., Answer]


@pytest.fixture
def ask(database: Database, tenant: str) -> Ask:
    """Asks for metrics as the tenant."""

    def query(
        start: datetime | str | None, end: datetime | str | None, bucket: str | None = "hour"
    ) -> Answer:
        rows = read_as(database, "authenticated", tenant, QUERY, (start, end, bucket))
        answer: Answer = rows[0]["answer"]
        return answer

    return query


def when(point: Answer) -> datetime:
    return datetime.fromisoformat(point["bucket_start"]).astimezone(UTC)


def lasting(number: int, milliseconds: float, **values: Any) -> dict[str, Any]:
    start = nanoseconds(NOON)
    return call(number, end_ns=start + int(milliseconds * MILLISECOND), **values)


def make_week(draw: random.Random) -> list[dict[str, Any]]:
    """Give a week of calls of four models, some failed, unpriced or unmeasured, and steps."""
    spans = [step(n, at=NOON + n * HOUR, input_tokens=10**6) for n in range(1, 20)]
    for number in range(100, 400):
        at = NOON + draw.random() * 7 * DAY
        model = draw.choice(["fable-1", "fable-2", "gift-1", "ear-1"])
        cost = None if model == "ear-1" else f"0.{draw.randrange(10**9):09d}"
        make = draw.choices((call, failed_call, unmeasured_call), (0.8, 0.1, 0.1))[0]
        known: dict[str, Any] = {"cost_usd": cost, "output_tokens": number}
        spans.append(make(number, at=at, model=model, **(known if make is call else {})))
    return spans


def test_windows_are_half_open(database: Database, tenant: str, ask: Ask) -> None:
    """A call at the start counts, one at the end does not: neighbours share none and lose none."""
    tick = timedelta(microseconds=1)
    moments = [NOON - tick, NOON, NOON + HOUR - tick, NOON + HOUR]
    ingest(database, tenant, [call(n, at=at) for n, at in enumerate(moments, 1)])
    windows = [(NOON - HOUR, NOON), (NOON, NOON + HOUR), (NOON + HOUR, NOON + 2 * HOUR)]
    counts = [ask(start, end)["totals"]["requests"] for start, end in windows]
    assert counts == [1, 2, 1]


@pytest.mark.parametrize(("bucket", "hours"), [("day", 9 * 24), ("hour", 9 * 24), ("minute", 25)])
def test_totals_are_the_sums_of_their_parts(
    database: Database, tenant: str, ask: Ask, bucket: str, hours: int
) -> None:
    """Totals, the series and the models add up to the same calls, to the last digit."""
    ingest(database, tenant, make_week(random.Random(3)))
    answer = ask(NOON - HOUR, NOON + (hours - 1) * HOUR, bucket)
    for name in SUMS:
        total = answer["totals"][name]
        for part in ("series", "by_model"):
            known = [Decimal(str(row[name])) for row in answer[part] if row[name] is not None]
            assert sum(known) == Decimal(str(total)), (name, part)
    assert answer["totals"]["requests"] > answer["totals"]["errors"] > 0
    rate = answer["totals"]["errors"] / answer["totals"]["requests"]
    assert answer["totals"]["error_rate"] == pytest.approx(rate)


def test_models_are_told_where_nothing_is_grouped_by(
    database: Database, tenant: str, ask: Ask
) -> None:
    """The same models as where they are grouped by; no groups, and no series of any."""
    ingest(database, tenant, make_week(random.Random(3)))
    window = (NOON - HOUR, NOON + 7 * DAY, "day")
    by_model = ask_metrics(database, tenant, *window, group_by="model")
    by_nothing = ask_metrics(database, tenant, *window, group_by=None)
    assert by_nothing["by_model"] == by_model["by_model"] != []
    assert (by_nothing["groups"], by_nothing["other"]) == ([], None)
    for part in ("totals", "series"):
        assert by_nothing[part] == by_model[part]


def test_totals_are_of_counted_spans(database: Database, tenant: str, ask: Ask) -> None:
    """The sums are those of the calls that were sent; a wrapper's usage is not added to them."""
    spans = make_week(random.Random(4))
    ingest(database, tenant, spans)
    calls = [span for span in spans if span["countable"]]
    totals = ask(NOON - DAY, NOON + 8 * DAY, "day")["totals"]
    assert totals["requests"] == len(calls) == 300
    assert totals["errors"] == sum(span["status"] == "error" for span in calls)
    for name in ("input_tokens", "output_tokens", "total_tokens"):
        assert totals[name] == sum(span.get(name, 0) for span in calls)
    costs = [Decimal(span["cost_usd"]) for span in calls if "cost_usd" in span]
    assert Decimal(str(totals["cost_usd"])) == sum(costs)
    answered = [span for span in calls if span["status"] != "error"]
    unmeasured = [span for span in answered if "total_tokens" not in span]
    unpriced = [span for span in answered if "cost_usd" not in span and span not in unmeasured]
    assert totals["unpriced_requests"] == len(unpriced) > 0
    assert totals["unmeasured_requests"] == len(unmeasured) > 0


def test_the_series_has_no_holes(database: Database, tenant: str, ask: Ask) -> None:
    """Every bucket that the window touches is there once, in order, empty ones too."""
    ingest(database, tenant, [call(1, at=NOON + HOUR)])
    answer = ask(NOON - timedelta(minutes=90), NOON + timedelta(minutes=61))
    buckets = [when(point) for point in answer["series"]]
    assert buckets == [NOON + n * HOUR for n in range(-2, 2)]
    assert [point["requests"] for point in answer["series"]] == [0, 0, 0, 1]
    assert len(ask(NOON, NOON + HOUR, "minute")["series"]) == 60
    assert len(ask(NOON, NOON + HOUR, "day")["series"]) == 1


def test_nothing_is_zero(ask: Ask) -> None:
    """No calls used no tokens and cost nothing; their rates and latencies do not exist."""
    answer = ask(NOON, NOON + HOUR)
    no_percentiles = {"p50": None, "p95": None, "p99": None}
    nothing = dict.fromkeys(SUMS, 0) | {
        "error_rate": None,
        "latency_ms": no_percentiles,
        "time_to_first_token_ms": no_percentiles,
        "spans": 0,
        "failed_spans": 0,
        "span_latency_ms": no_percentiles,
    }
    assert answer["totals"] == nothing | {
        "possible_duplicates": 0,
        "left_out": {"usage_uncounted": [], "misdated": {"future": 0, "past": 0}},
    }
    assert answer["series"] == [nothing | {"bucket_start": answer["series"][0]["bucket_start"]}]
    assert answer["by_model"] == []


def test_unknown_is_null(database: Database, tenant: str, ask: Ask) -> None:
    """Calls of unknown usage have null tokens and cost; beside known ones they are only counted."""
    ingest(database, tenant, [unmeasured_call(1), failed_call(2)])
    totals = ask(NOON, NOON + HOUR)["totals"]
    assert [totals[name] for name in SUMS] == [2, 1, 0, 1, None, None, None, None]
    ingest(database, tenant, [call(3, cost_usd="0.5")])
    totals = ask(NOON, NOON + HOUR)["totals"]
    assert [totals[name] for name in SUMS] == [3, 1, 0, 1, 100, 10, 110, 0.5]


@pytest.mark.parametrize("count", [1, 2, 3, 10, 101])
def test_percentiles_are_right(database: Database, tenant: str, ask: Ask, count: int) -> None:
    """Each of skewed latencies is the one of its rank, at most as wrong as the answer says."""
    draw = random.Random(count)
    durations = [round(draw.lognormvariate(6, 1), 3) for _ in range(count)]
    ingest(database, tenant, [lasting(n, ms) for n, ms in enumerate(durations, 1)])
    expected = find_percentiles(durations)
    answer = ask(NOON, NOON + HOUR)
    assert answer["relative_error"] < 0.05
    for row in (answer["totals"], answer["series"][0], answer["by_model"][0]):
        assert row["latency_ms"] == pytest.approx(expected, rel=answer["relative_error"])


def find_percentiles(durations: Sequence[float]) -> dict[str, float]:
    """Give the percentiles by nearest rank."""
    ranked = sorted(durations)
    return {f"p{rank}": ranked[math.ceil(len(ranked) * rank / 100) - 1] for rank in (50, 95, 99)}


def test_models_are_told_apart(database: Database, tenant: str, ask: Ask) -> None:
    """One row per provider and model, the busiest first; calls without a model have a row too."""
    nameless: dict[str, Any] = {"provider": None, "request_model": None, "response_model": None}
    spans = [
        call(1, provider="b"),
        call(2),
        call(3, **nameless),
        call(4, model="z"),
        call(5, model="z"),
    ]
    ingest(database, tenant, spans)
    models = ask(NOON, NOON + HOUR)["by_model"]
    assert [(row["provider"], row["model"], row["requests"]) for row in models] == [
        ("acme", "z", 2),
        ("acme", "fable-1", 1),
        ("b", "fable-1", 1),
        (None, None, 1),
    ]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/Los_Angeles", "Pacific/Chatham"])
def test_days_are_days_in_utc(database: Database, tenant: str, zone: str) -> None:
    """Whatever the session's time zone, also where its clocks change within the window."""
    start = datetime(2026, 10, 30, tzinfo=UTC)
    moments = [start, start + DAY - timedelta(microseconds=1), start + 2 * DAY]
    ingest(database, tenant, [call(n, at=at) for n, at in enumerate(moments, 1)])
    with connect_as(database, "authenticated", tenant) as connection:
        connection.execute("select set_config('timezone', %s, true)", (zone,))
        row = connection.execute(QUERY, (start, start + 4 * DAY, "day")).fetchone()
        days = "select day, requests from public.metrics_by_day order by day"
        by_day = connection.execute(days).fetchall()
    assert row is not None
    series = [(when(point), point["requests"]) for point in row["answer"]["series"]]
    assert series == [(start + n * DAY, count) for n, count in enumerate((2, 0, 1, 0))]
    assert [tuple(one.values()) for one in by_day] == [one for one in series if one[1]]


@pytest.mark.parametrize(
    ("start", "end", "bucket", "words"),
    [
        (NOON, NOON + HOUR, "week", "bucket"),
        (NOON, NOON + HOUR, "HOUR", "bucket"),
        (NOON, NOON + HOUR, "", "bucket"),
        (NOON, NOON + HOUR, None, "bucket"),
        (NOON, NOON + HOUR, "hour'; select 1; --", "bucket"),
        (NOON, NOON, "hour", "start before it ends"),
        (NOON + HOUR, NOON, "hour", "start before it ends"),
        (None, NOON, "hour", "start before it ends"),
        (NOON, None, "hour", "start before it ends"),
        (NOON, "infinity", "hour", "start before it ends"),
        ("-infinity", NOON, "hour", "start before it ends"),
        (NOON, NOON + timedelta(minutes=1501), "minute", "more than 1,500 buckets"),
        ("4713-01-01 BC", "9999-12-31", "day", "more than 1,500 buckets"),
    ],
)
def test_bad_questions_are_refused(
    ask: Ask, start: datetime | str | None, end: datetime | str, bucket: str | None, words: str
) -> None:
    """22023, what is wrong and what to do: before any row is read or made."""
    with pytest.raises(psycopg.errors.InvalidParameterValue) as caught:
        ask(start, end, bucket)
    assert words in str(caught.value.diag.message_primary)
    assert caught.value.diag.message_hint


def test_the_longest_window_is_answered(ask: Ask) -> None:
    """1,500 buckets, a day of minutes, are not too many."""
    assert len(ask(NOON, NOON + timedelta(minutes=1500), "minute")["series"]) == 1500


def test_generated_data_says_so(database: Database, tenant: str, ask: Ask) -> None:
    """The label of the tenant comes with its numbers; an unknown tenant has none."""
    assert ask(NOON, NOON + HOUR)["generated"] is False
    ingest(database, tenant, [call(1)])
    assert ask(NOON, NOON + HOUR)["generated"] is False
    label = "update public.tenants set generated = true where tenant_id = %s"
    read_as_owner(database, label, (tenant,))
    assert ask(NOON, NOON + HOUR)["generated"] is True


def test_no_plan_of_a_sum_is_compiled(database: Database) -> None:
    """Estimates make plans look dear that take milliseconds; to compile one takes seconds."""
    query = "select proconfig from pg_proc where oid = 'public.query_metrics'::regproc"
    (row,) = read_as_owner(database, query)

    assert "jit=off" in row["proconfig"]
