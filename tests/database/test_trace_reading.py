"""A trace in pages, and one span with what its cost is made of, as the database answers them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from infra.local.throwaway import Database
from tests.database.support.callers import (
    call_function,
    connect_as,
    connect_as_owner,
    ingest,
    refused_call,
)
from tests.database.support.spans import NOON, call, nanoseconds, span_id, step, trace_id

SHOWN = ["span_id", "start_time", "parent_span_id"]
BUCKETS = (
    *("input_uncached", "cache_read", "cache_write", "cache_write_1h", "input_audio"),
    *("cache_audio_read", "output_text", "reasoning", "output_audio", "cache_write_12h"),
    *("input_image", "cache_image_read", "output_image", "input_unsplit", "output_unsplit"),
)
EXPLAIN = """
select p.price_id, l.total, app.span_cost(%(buckets)s::jsonb, p) as cost
from public.model_prices p cross join lateral (
  select coalesce(sum(l.cost_usd), 0) as total,
    count(*) filter (where l.rate_per_mtok is null) as unknown
  from app.list_cost_lines(%(buckets)s::jsonb, p) l) l
where (app.span_cost(%(buckets)s::jsonb, p) is null) <> (l.unknown > 0)
  or abs(l.total - app.span_cost(%(buckets)s::jsonb, p)) > 1e-12
"""


def read_trace(database: Database, tenant: str, **asked: Any) -> Any:
    body = {"trace_id": trace_id(1), "shown": SHOWN} | asked
    with connect_as(database, "authenticated", tenant) as connection:
        return call_function(connection, "read_trace", body)


def read_span(database: Database, tenant: str, number: int, trace: int = 1) -> Any:
    body = {"trace_id": trace_id(trace), "span_id": span_id(number)}
    with connect_as(database, "authenticated", tenant) as connection:
        return call_function(connection, "read_span", body)


def read_pages(database: Database, tenant: str, most: int) -> list[dict[str, Any]]:
    """Read a trace to its end."""
    pages: list[dict[str, Any]] = []
    after = None
    while not pages or len(pages[-1]["spans"]) == most:
        pages.append(read_trace(database, tenant, after=after, most=most))
        if pages[-1]["spans"]:
            last = pages[-1]["spans"][-1]
            after = {"start": last["start_time"], "span": last["span_id"]}
    return pages


def make_spans(count: int) -> list[dict[str, Any]]:
    """Give spans of one trace; each third one starts with the one before."""
    return [
        step(n, start_ns=nanoseconds(NOON) + (n - n % 3) * 10**6, parent_span_id=span_id(n - 1))
        for n in range(1, count + 1)
    ]


@pytest.mark.parametrize("most", [1, 2, 7, 30, 31])
def test_pages_hold_each_span_once(database: Database, tenant: str, most: int) -> None:
    """By start and id, whatever the size of a page; each page tells the sums of all."""
    ingest(database, tenant, make_spans(30))
    pages = read_pages(database, tenant, most)
    spans = [span for page in pages for span in page["spans"]]
    order = [(span["start_time"], span["span_id"]) for span in spans]

    assert len(spans) == 30
    assert order == sorted({*order})
    assert {page["trace"]["span_count"] for page in pages} == {30}


def test_a_span_that_arrives_between_pages_moves_no_other(database: Database, tenant: str) -> None:
    """What starts later is read, what starts earlier is not; all others are read once."""
    ingest(database, tenant, make_spans(20))
    first = read_trace(database, tenant, most=10)
    last = first["spans"][-1]
    ingest(
        database,
        tenant,
        [step(101, start_ns=nanoseconds(NOON)), step(102, start_ns=nanoseconds(NOON) + 10**10)],
    )
    after = {"start": last["start_time"], "span": last["span_id"]}
    second = read_trace(database, tenant, after=after, most=100)
    read = [span["span_id"] for span in first["spans"] + second["spans"]]

    assert sorted(read) == sorted(span_id(n) for n in (*range(1, 21), 102))
    assert second["trace"]["span_count"] == 22


def test_a_trace_tells_its_root_and_sums_on_each_page(database: Database, tenant: str) -> None:
    """They are of all of it, wherever the root stands."""
    root = step(99, start_ns=nanoseconds(NOON) + 10**9)
    ingest(database, tenant, [call(1), call(2), root])
    page = read_trace(database, tenant, most=1)

    assert page["spans"][0]["span_id"] == span_id(1)
    assert page["trace"]["root_span_id"] == span_id(99)
    assert (page["trace"]["requests"], page["trace"]["total_tokens"]) == (2, 220)


def test_a_misdated_span_is_on_a_page(database: Database, tenant: str) -> None:
    """Its trace is read from the earliest span of all to the latest, a whole century."""
    ingest(database, tenant, [step(1), step(2, start_ns=10**18), step(3, start_ns=4 * 10**18)])
    pages = read_pages(database, tenant, 1)

    assert [s["span_id"] for p in pages for s in p["spans"]] == [span_id(n) for n in (2, 1, 3)]


def test_another_tenants_trace_and_span_are_not_there(
    database: Database, tenant: str, another_tenant: Any
) -> None:
    """Nothing, as of one that nobody has; a span of another trace of one's own neither."""
    ingest(database, tenant, [step(1), step(2, trace=2)])
    other = another_tenant()

    assert read_trace(database, other) is None
    assert read_span(database, other, 1) is None
    assert read_span(database, tenant, 2) is None
    assert read_span(database, tenant, 2, trace=2)["span"]["span_id"] == span_id(2)


@pytest.mark.parametrize(
    "after",
    [{"start": "now()", "span": span_id(1)}, {"start": NOON.isoformat(), "span": "x' or true --"}],
)
def test_a_place_is_no_sql(database: Database, tenant: str, after: dict[str, str]) -> None:
    """Values of a wrong form are refused before anything is made of them."""
    body = {"trace_id": trace_id(1), "shown": SHOWN, "after": after}
    ingest(database, tenant, [step(1)])

    assert refused_call(database, "authenticated", tenant, "read_trace", body)[0] == "22023"


@settings(max_examples=30, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(
    buckets=st.dictionaries(st.sampled_from(BUCKETS), st.integers(1, 10**7), min_size=1, max_size=6)
)
def test_lines_add_up_to_the_cost(database: Database, buckets: dict[str, int]) -> None:
    """At every price of the list: to 1e-12 where the cost is known, else a line has no rate."""
    with connect_as_owner(database) as owner:
        assert owner.execute(EXPLAIN.encode(), {"buckets": json.dumps(buckets)}).fetchall() == []
