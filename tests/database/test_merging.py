"""One span delivered several times, each time with something else: started, ended, enriched."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import (
    connect_as_owner,
    ingest,
    ingest_body,
    read_as,
    read_as_owner,
)
from tests.database.support.consistency import check_consistency
from tests.database.support.deliveries import BOUNDARY
from tests.database.support.spans import (
    MILLISECOND,
    NOON,
    Span,
    call,
    nanoseconds,
    span_id,
    step,
    trace_id,
)

FIRST = nanoseconds(NOON)
_PRICES = """
insert into public.model_prices (price_id, provider, model, valid_from, valid_to, input_per_mtok,
  output_per_mtok, source, source_version)
values ('till', 'acme', 'turning-1', '1970-01-01', %(change)s, 10, 100, 'test', '1'),
  ('from', 'acme', 'turning-1', %(change)s, null, 2, 20, 'test', '1')
"""


def without_usage(**values: Any) -> Span:
    unknown: Span = dict.fromkeys(("usage_status", "input_tokens", "output_tokens", "total_tokens"))
    return call(2, **(unknown | {"usage_buckets": None} | values))


STARTED = without_usage(end_ns=FIRST, attributes={"a": 1, "b": "old"}, input="in")
ENDED = call(2, status="ok", streamed=True, response_id="r", attributes={"b": "young"})
ENRICHED = without_usage(
    status="error", error_type="acme.Error", user_id="ann", attributes={"c": None}, output=["out"]
)


def read_span(database: Database, tenant: str, number: int = 2) -> dict[str, Any]:
    query = "select * from public.span_details where span_id = %s"
    (row,) = read_as(database, "authenticated", tenant, query, (span_id(number),))
    return row


@pytest.mark.parametrize("order", list(itertools.permutations((STARTED, ENDED, ENRICHED))))
def test_every_delivery_adds_what_it_knows(
    database: Database, tenant: str, order: tuple[Span, ...]
) -> None:
    """Start, end, usage, error, attributes and content come together in one row."""
    answers = [ingest(database, tenant, [delivery]) for delivery in order]
    assert [answer["stored"] for answer in answers] == [1, 0, 0]
    row = read_span(database, tenant)
    expected = {
        "end_ns": FIRST + 1000 * MILLISECOND,
        "duration_ms": 1000,
        "status": "error",
        "error_type": "acme.Error",
        "streamed": True,
        "response_id": "r",
        "user_id": "ann",
        "total_tokens": 110,
        "usage_status": "reported",
        "attributes": {"a": 1, "b": "young", "c": None},
        "input": "in",
        "output": ["out"],
        "counted": True,
    }
    assert {name: row[name] for name in expected} == expected
    check_consistency(database, tenant)


def test_the_answer_tells_new_from_changed(database: Database, tenant: str) -> None:
    """``stored`` is spans that were new, ``merged`` known ones that changed, whatever came."""
    batches = [[STARTED], [ENDED, step(1)], [STARTED, ENDED], [ENRICHED, ENRICHED, step(3)]]
    answers = [ingest(database, tenant, batch) for batch in batches]
    counts = [(answer["stored"], answer["merged"]) for answer in answers]
    assert counts == [(1, 0), (1, 1), (0, 0), (1, 1)]
    query = "select stored from public.delivery_ledger"
    assert read_as(database, "authenticated", tenant, query) == [{"stored": 3}]


def test_values_that_belong_together_merge_as_one(database: Database, tenant: str) -> None:
    """Usage with its cost, a status with its words, a digest with its length: never mixed."""
    loud: Span = {
        "status": "error",
        "status_message": "a",
        "error_type": "Z",
        "input_digest": "h1:b",
    }
    quiet: Span = {"status": "ok", "status_message": "z", "input_digest": "h1:a", "input_length": 9}
    large: Span = {"input_tokens": 900, "total_tokens": 900, "output_tokens": None}
    ingest(database, tenant, [call(2, cost_usd="0.5", price_id="p", **loud)])
    ingest(database, tenant, [call(2, **quiet, **large)])
    row = read_span(database, tenant)
    names = ("input_tokens", "output_tokens", "total_tokens", "cost_usd", "price_id")
    assert [row[name] for name in names] == [100, 10, 110, Decimal("0.5"), "p"]
    assert [row[name] for name in ("status", "status_message", "error_type")] == ["error", "a", "Z"]
    assert (row["input_digest"], row["input_length"]) == ("h1:b", None)


@pytest.mark.parametrize("late_first", [True, False])
def test_a_start_moves_to_the_month_it_belongs_to(
    database: Database, tenant: str, late_first: bool
) -> None:
    """The least start decides the partition of a span and its content; each price is its own's."""
    with connect_as_owner(database) as owner:
        owner.execute("delete from public.model_prices where model = 'turning-1'")
        owner.execute(_PRICES, {"change": BOUNDARY})
    late = call(2, at=BOUNDARY, model="turning-1", input="in")
    early = without_usage(at=BOUNDARY - timedelta(seconds=1), model="turning-1")
    for span in (late, early) if late_first else (early, late):
        ingest(database, tenant, [span])
    row = read_span(database, tenant)
    assert (row["start_time"], row["end_time"]) == (
        BOUNDARY - timedelta(seconds=1),
        BOUNDARY + timedelta(seconds=1),
    )
    assert (row["price_id"], row["input"]) == ("from", "in")
    check_consistency(database, tenant)


@pytest.mark.parametrize(
    "bad",
    [{"status": "bogus"}, {"input_tokens": -1}, {"name": None}, {"end_ns": 0}],
    ids=["status", "tokens", "name", "end"],
)
def test_a_malformed_delivery_of_a_known_span_is_refused(
    database: Database, tenant: str, bad: Span
) -> None:
    """Whether it is taken does not depend on what else is known."""
    ingest(database, tenant, [ENDED])
    with pytest.raises(psycopg.Error) as info:
        ingest_body(database, tenant, {"spans": [ENDED | bad], "process": {}})
    assert info.value.sqlstate == "22023"


def test_the_first_arrival_stands(database: Database, tenant: str) -> None:
    """``received_at`` says when the span first came."""
    ingest(database, tenant, [STARTED])
    first = read_span(database, tenant)["received_at"]
    ingest(database, tenant, [ENDED])
    assert read_span(database, tenant)["received_at"] == first


def test_a_growing_trace_is_not_read_again(database: Database, tenant: str) -> None:
    """A batch that only adds to a trace moves its sums; wrong ones before stay wrong by as much."""
    ingest(database, tenant, [step(1), call(2)])
    distort = "update public.traces set span_count = span_count + 1000 where tenant_id = %s"
    read_as_owner(database, distort, (tenant,))
    ingest(database, tenant, [call(3), call(4)])
    query = "select span_count, requests from public.traces where trace_id = %s"
    grown = read_as(database, "authenticated", tenant, query, (trace_id(1),))
    assert grown == [{"span_count": 1004, "requests": 3}]


@pytest.fixture
def counted(database: Database, tenant: str) -> Callable[..., list[int]]:
    """Delivers spans one by one and gives the numbers of those that count in the end."""

    def deliver(*spans: Span) -> list[int]:
        for span in spans:
            ingest(database, tenant, [span])
        check_consistency(database, tenant)
        query = "select span_id, countable, counted from public.spans order by span_id"
        rows = read_as(database, "authenticated", tenant, query)
        assert [row["countable"] for row in rows] == [True] * len(rows)
        return [int(row["span_id"], 16) for row in rows if row["counted"]]

    return deliver


Counted = Callable[..., list[int]]
LATER = FIRST + MILLISECOND


@pytest.mark.parametrize("turned", [False, True])
def test_one_of_a_response_counts(counted: Counted, turned: bool) -> None:
    """The one with usage, however early; both rows stay."""
    spans = [
        call(2, response_id="r"),
        without_usage(response_id="r", start_ns=LATER) | {"span_id": span_id(3)},
    ]
    assert counted(*(reversed(spans) if turned else spans)) == [2]


@pytest.mark.parametrize("turned", [False, True])
def test_the_latest_of_a_response_counts(counted: Counted, turned: bool) -> None:
    """Among equals the innermost, which starts last; other responses are other calls."""
    spans = [
        call(2, response_id="r"),
        call(3, response_id="r", start_ns=LATER),
        call(4, response_id="s"),
    ]
    assert counted(*(reversed(spans) if turned else spans)) == [3, 4]


@pytest.mark.parametrize("turned", [False, True])
def test_a_wrapper_does_not_count(counted: Counted, turned: bool) -> None:
    """A call around calls of the same model is none; around another model's it is one."""
    spans = [
        call(2, response_id="r3", total_tokens=999),
        call(3, parent_span_id=span_id(2), response_id="r1"),
        call(4, parent_span_id=span_id(2), response_id="r3", start_ns=LATER),
        call(5, model="fable-2"),
        call(6, parent_span_id=span_id(5)),
    ]
    assert counted(*(reversed(spans) if turned else spans)) == [3, 4, 5, 6]


@pytest.mark.parametrize("turned", [False, True])
def test_usage_is_not_lost_with_a_wrapper(counted: Counted, turned: bool) -> None:
    """Where only the outer span of one response knows its usage, the outer one counts."""
    inner = without_usage(response_id="r", parent_span_id=span_id(2), start_ns=LATER)
    spans = [call(2, response_id="r"), inner | {"span_id": span_id(3)}]
    assert counted(*(reversed(spans) if turned else spans)) == [2]
