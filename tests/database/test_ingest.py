"""ingest_spans: every span once, whatever is delivered how often, in pieces or by many at once."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.local.throwaway import Database
from tests.database.support.callers import ingest, ingest_in_turn, read_as, read_as_owner
from tests.database.support.consistency import check_consistency
from tests.database.support.races import Call, overlap
from tests.database.support.spans import (
    MILLISECOND,
    NOON,
    call,
    failed_call,
    nanoseconds,
    span_id,
    step,
    trace_id,
)

Span = dict[str, Any]


def make_trace(trace: int = 1) -> list[Span]:
    """Give a trace with two roots, failures, a wrapper with usage, and calls of unknown cost."""
    first = nanoseconds(NOON)
    usage: Span = {"input_tokens": 400, "output_tokens": 40, "cost_usd": "9", "total_tokens": 440}
    tool: Span = {"name": "search", "operation": "execute_tool", "parent_span_id": span_id(1)}
    return [
        step(1, trace=trace, name="the agent", status="ok", operation="invoke_agent", **usage),
        step(9, trace=trace, name="late root", status="error", start_ns=first + 5 * MILLISECOND),
        step(2, trace=trace, service_name="b", **tool),
        call(3, trace=trace, cost_usd="0.001", price_id="file/1", environment="prod"),
        call(
            4,
            trace=trace,
            at=NOON + timedelta(seconds=3),
            cost_usd="0.0000025",
            user_id="u",
            environment="dev",
        ),
        call(
            5,
            trace=trace,
            model="fable-2",
            session_id="s",
            user_id="v",
            service_name="a",
            input="in",
        ),
        failed_call(6, trace=trace, at=NOON - timedelta(seconds=1), session_id="r"),
    ]


def read_everything(database: Database, tenant: str) -> dict[str, Any]:
    """Give all that is stored for a tenant, and all that is answered from it."""
    tables = {
        table: read_as_owner(
            database,
            f"select to_jsonb(t) as row from public.{table} t where tenant_id = %s order by 1",
            (tenant,),
        )
        for table in ("tenants", "spans", "span_contents", "traces")
    }
    return tables | {"metrics": read_metrics(database, tenant)}


def read_metrics(database: Database, tenant: str) -> dict[str, Any]:
    window = (NOON - timedelta(hours=1), NOON + timedelta(hours=1), "hour")
    query = "select public.query_metrics(%s, %s, %s) as answer"
    answer: dict[str, Any] = read_as(database, "authenticated", tenant, query, window)[0]["answer"]
    return answer


def read_trace(database: Database, tenant: str, trace: int = 1) -> dict[str, Any]:
    query = "select * from public.traces where trace_id = %s"
    rows = read_as(database, "authenticated", tenant, query, (trace_id(trace),))
    assert len(rows) == 1
    return {name: rows[0][name] for name in rows[0].keys() - {"tenant_id", "updated_at"}}


def test_the_answer_counts(database: Database, tenant: str) -> None:
    """``received`` is what came, ``stored`` is what was new."""
    spans = make_trace()
    answers = [ingest(database, tenant, batch) for batch in (spans[:3], spans, [], spans * 2)]
    counts = [(answer["received"], answer["stored"]) for answer in answers]
    assert counts == [(3, 3), (7, 4), (0, 0), (14, 0)]


@pytest.mark.parametrize(
    "deliveries",
    [
        lambda spans: [spans],
        lambda spans: [spans[:4], spans[2:]],
        lambda spans: [spans + spans],
        lambda spans: [list(reversed(spans))],
        lambda spans: [[span] for span in spans],
    ],
    ids=["same batch", "overlapping", "twice in a batch", "reversed", "one by one"],
)
def test_redelivery_changes_nothing(
    database: Database, tenant: str, deliveries: Callable[[list[Span]], list[list[Span]]]
) -> None:
    """Not a row, not a summary, not a metric, not even the time of the last change."""
    spans = make_trace()
    ingest(database, tenant, spans)
    before = read_everything(database, tenant)
    for batch in deliveries(spans):
        assert ingest(database, tenant, batch)["stored"] == 0
    assert read_everything(database, tenant) == before


def test_a_span_twice_in_its_first_batch_is_one(database: Database, tenant: str) -> None:
    """Repeats are dropped before they are stored, counted or summed."""
    spans = make_trace()
    assert ingest(database, tenant, [*spans, *spans])["stored"] == len(spans)
    assert read_trace(database, tenant)["span_count"] == len(spans)
    assert read_metrics(database, tenant)["totals"]["requests"] == 4


@st.composite
def draw_deliveries(draw: st.DrawFn) -> list[list[Span]]:
    """Draw any order, any cut into batches, with any spans delivered again."""
    spans = make_trace()
    sent = draw(st.permutations(spans + draw(st.lists(st.sampled_from(spans), max_size=4))))
    cuts = sorted(draw(st.sets(st.integers(1, len(sent) - 1))))
    return [sent[a:b] for a, b in zip([0, *cuts], [*cuts, len(sent)], strict=True)]


@pytest.fixture(scope="module")
def whole(database: Database) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the trace and its metrics are when it is delivered in one piece."""
    ingest(database, "whole", make_trace())
    return read_trace(database, "whole"), read_metrics(database, "whole")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(deliveries=draw_deliveries())
def test_any_pieces_end_in_the_same_summary(
    database: Database,
    another_tenant: Callable[[], str],
    whole: tuple[dict[str, Any], dict[str, Any]],
    deliveries: list[list[Span]],
) -> None:
    """However a trace is cut, ordered and repeated, its row and the metrics end the same."""
    pieces = another_tenant()
    ingest_in_turn(database, pieces, deliveries)
    assert (read_trace(database, pieces), read_metrics(database, pieces)) == whole


def test_a_late_root_names_the_trace(database: Database, tenant: str) -> None:
    """Without its root a trace has no name and fails if a span failed; the root decides both."""
    root, *others = make_trace()
    ingest(database, tenant, [span for span in others if span["span_id"] != span_id(9)])
    trace = read_trace(database, tenant)
    assert (trace["root_span_name"], trace["status"]) == (None, "error")
    ingest(database, tenant, [root])
    trace = read_trace(database, tenant)
    assert (trace["root_span_name"], trace["status"]) == ("the agent", "ok")


def test_a_trace_sums_its_counted_spans(database: Database, tenant: str) -> None:
    """Tokens and cost are of model calls alone, times and errors of all spans."""
    spans = make_trace()
    ingest(database, tenant, spans)
    calls = [span for span in spans if span["countable"]]
    trace = read_trace(database, tenant)
    assert trace["requests"] == len(calls) == 4
    for name in ("input_tokens", "output_tokens", "total_tokens"):
        assert trace[name] == sum(span.get(name, 0) for span in calls)
    assert trace["total_cost_usd"] == sum(Decimal(span.get("cost_usd", 0)) for span in calls)
    assert trace["unpriced_requests"] == 1
    assert (trace["span_count"], trace["error_count"]) == (len(spans), 2)
    assert trace["start_ns"] == min(span["start_ns"] for span in spans)
    assert trace["end_ns"] == max(span["end_ns"] for span in spans)
    assert trace["duration_ms"] == 5000
    assert (trace["models"], trace["providers"]) == (["fable-1", "fable-2"], ["acme"])
    assert trace["operations"] == ["chat", "execute_tool", "invoke_agent"]
    assert [trace[name] for name in ("service_name", "environment", "session_id", "user_id")] == [
        "a",
        "dev",
        "r",
        "u",
    ]


def test_a_trace_has_its_roots_customer(database: Database, tenant: str) -> None:
    """As its session and its user: its root's, else the least that a span tells, in any order."""
    query = "select customer_id from public.trace_summaries"
    steps: Sequence[tuple[dict[str, Any], str | None]] = (
        ({"session_id": "s"}, None),
        ({"customer_id": "b"}, "b"),
        ({"customer_id": "a"}, "a"),
        ({"customer_id": "c", "parent_span_id": None}, "c"),
        ({"customer_id": "0"}, "c"),
    )
    for number, (told, shown) in enumerate(steps):
        ingest(database, tenant, [call(number, **told)])
        (trace,) = read_as(database, "authenticated", tenant, query)
        assert trace["customer_id"] == shown


def test_a_trace_tells_the_error_types_of_its_failed_spans(database: Database, tenant: str) -> None:
    """In order, each once, whichever batch brings them; what only looks like a failure is none."""
    failed = [
        step(3, status="error", error_type="timeout"),
        step(2, status="error", error_type="rate_limit"),
        step(4, status="error", error_type="timeout"),
        step(5, status="error"),
        step(6, status="ok", error_type="abandoned"),
    ]
    for batch in (failed[:2], failed[2:], failed):
        ingest(database, tenant, batch)
    assert read_trace(database, tenant)["error_types"] == ["rate_limit", "timeout"]
    ingest(database, tenant, [step(7, status="error", error_type="authentication")])
    types = ["authentication", "rate_limit", "timeout"]
    assert read_trace(database, tenant)["error_types"] == types
    query = "select error_types from public.trace_summaries"
    (shown,) = read_as(database, "authenticated", tenant, query)
    assert shown["error_types"] == types


def test_nanoseconds_order_siblings(database: Database, tenant: str) -> None:
    """Starts that share a microsecond keep their order and their exact value."""
    start = nanoseconds(NOON) + 123_456_000
    starts = {number: start + offset for number, offset in ((4, 999), (2, 1), (3, 2), (5, 1000))}
    ingest(database, tenant, [step(number, start_ns=at) for number, at in starts.items()])
    query = "select span_id, start_ns, start_time from public.spans order by start_ns"
    rows = read_as(database, "authenticated", tenant, query)
    assert [row["span_id"] for row in rows] == [span_id(number) for number in (2, 3, 4, 5)]
    assert {row["span_id"]: row["start_ns"] for row in rows} == {
        span_id(number): at for number, at in starts.items()
    }
    offsets = [row["start_time"] - NOON for row in rows]
    assert offsets == [timedelta(microseconds=123_456)] * 3 + [timedelta(microseconds=123_457)]


def deliver_at_once(
    database: Database, tenant: str, writers: Sequence[Sequence[list[Span]]]
) -> int:
    """Have every writer start together, each on connections of its own; give what was stored."""
    together = threading.Barrier(len(writers))

    def write(batches: Sequence[list[Span]]) -> int:
        together.wait()
        return sum(ingest(database, tenant, batch)["stored"] for batch in batches)

    with ThreadPoolExecutor(len(writers)) as pool:
        return sum(pool.map(write, writers))


def test_writers_at_once_neither_deadlock_nor_miscount(database: Database, tenant: str) -> None:
    """Many writers deliver the same spans in different orders: each is stored by one of them."""
    draw = random.Random(5)
    spans = [span for trace in range(1, 13) for span in make_trace(trace)]
    shuffled = [draw.sample(spans, len(spans)) for _ in range(8)]
    writers = [[each[:30], each[20:60], each[60:], each] for each in shuffled]
    assert deliver_at_once(database, tenant, writers) == len(spans)
    for trace in range(1, 13):
        reference = {**read_trace(database, tenant, trace), "trace_id": None}
        assert reference == {**read_trace(database, tenant, 1), "trace_id": None}
    assert read_trace(database, tenant)["total_cost_usd"] == Decimal("0.0010025")
    assert read_metrics(database, tenant)["totals"]["requests"] == 12 * 4


def test_writers_of_the_same_traces_do_not_deadlock(database: Database, tenant: str) -> None:
    """Many writers bring spans that nobody else has, in different orders, to the same traces."""
    draw = random.Random(7)
    traces = range(1, 41)
    writers = [
        [[call(number, trace=trace) for trace in draw.sample(traces, len(traces))]]
        for number in range(2, 10)
    ]
    assert deliver_at_once(database, tenant, writers) == 8 * len(traces)
    query = "select span_count, requests, total_tokens from public.traces"
    rows = read_as(database, "authenticated", tenant, query)
    assert rows == [{"span_count": 8, "requests": 8, "total_tokens": 8 * 110}] * len(traces)


def test_writers_who_begin_one_trace_share_it(database: Database, tenant: str) -> None:
    """The second of two that find a trace new sees the first one's spans, and counts none twice."""
    batches = ([step(1), call(2)], [call(2), call(3), call(4, trace=2)])
    first, second = (Call("ingest_spans", {"spans": spans}, "llm_ingest") for spans in batches)
    answers = overlap(database, tenant, first, second)
    assert [(answer["stored"], answer["merged"]) for answer in answers] == [(2, 0), (2, 0)]
    summaries = [read_trace(database, tenant, trace) for trace in (1, 2)]
    assert [(row["span_count"], row["requests"]) for row in summaries] == [(3, 2), (1, 1)]
    check_consistency(database, tenant)


def test_spans_whose_summary_is_gone_are_written_again(database: Database, tenant: str) -> None:
    """A summary that somebody deleted by hand costs no later batch of its trace a span."""
    ingest(database, tenant, [step(1), call(2)])
    read_as_owner(database, "delete from public.traces where tenant_id = %s", (tenant,))
    assert ingest(database, tenant, [step(1), call(2), call(3)])["received"] == 3
    assert read_trace(database, tenant)["span_count"] == 3
    check_consistency(database, tenant)
