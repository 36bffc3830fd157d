"""What ingest_spans makes of a call's cost: the table's price, else the library's, else unknown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import ingest, read_as
from tests.database.support.spans import call, failed_call, unmeasured_call

CHANGE = datetime(2026, 11, 1, tzinfo=UTC)
PRICES = [
    # id, model, tier, least input tokens, from, to, input and output in USD per million tokens
    ("old", "fable-1", "standard", 0, None, CHANGE, 10, 100),
    ("new", "fable-1", "standard", 0, CHANGE, None, 2, 20),
    ("new-long", "fable-1", "standard", 1001, CHANGE, None, 4, 40),
    ("new-flex", "fable-1", "flex", 0, CHANGE, None, 1, 10),
    ("ended", "past-1", "standard", 0, None, CHANGE, 10, 100),
    ("free", "gift-1", "standard", 0, None, None, 0, 0),
    ("no-output", "ear-1", "standard", 0, None, None, 5, None),
]
_INSERT = """
insert into public.model_prices (price_id, provider, model, service_tier, min_input_tokens,
  valid_from, valid_to, input_per_mtok, output_per_mtok, source, source_version)
values (%s, 'acme', %s, %s, %s, coalesce(%s, timestamptz '1970-01-01'), %s, %s, %s, 'test', '1')
"""
Priced = tuple[Decimal | None, str | None, str | None]
UNKNOWN: Priced = (None, None, None)


@pytest.fixture(scope="module", autouse=True)
def prices(database: Database) -> None:
    """Price rows of a provider that exists only here."""
    with psycopg.connect(database.owner_url) as connection:
        connection.cursor().executemany(_INSERT, PRICES)
        connection.execute(
            """insert into public.model_prices (price_id, provider, model, valid_from, source,
                source_version, input_per_mtok, cache_read_per_mtok, output_per_mtok)
            values ('keep', 'acme', 'keep-1', '1970-01-01', 'test', '1', 2, 0.1, 20)"""
        )


@pytest.fixture
def store(database: Database, tenant: str) -> Callable[[dict[str, Any]], Priced]:
    """Stores one span and gives its cost, the price used and where that came from."""

    def deliver(span: dict[str, Any]) -> Priced:
        ingest(database, tenant, [span])
        query = "select cost_usd, price_id, price_source from public.spans where span_id = %s"
        row = read_as(database, "authenticated", tenant, query, (span["span_id"],))[0]
        return row["cost_usd"], row["price_id"], row["price_source"]

    return deliver


Store = Callable[[dict[str, Any]], Priced]


def test_the_tables_price_beats_the_librarys(store: Store) -> None:
    """Where the table knows the model, its row is used and named, whatever the sender computed."""
    span = call(2, cost_usd="77", price_id="file/of/the/wheel")
    assert store(span) == (Decimal("0.0004"), "new", "table")


def test_the_librarys_price_fills_the_tables_gaps(store: Store) -> None:
    """Where the table does not know the model, the sender's cost and price are kept and marked."""
    span = call(2, model="fable-9", cost_usd="0.0123", price_id="acme/fable-9/x")
    assert store(span) == (Decimal("0.0123"), "acme/fable-9/x", "wheel")


@pytest.mark.parametrize(
    "span",
    [
        call(2, model="fable-9"),
        call(2, model="fable-9", price_id="acme/fable-9/x"),
        call(2, model="ear-1"),
        call(2, model="ear-1", cost_usd="1", price_id="acme/ear-1/x"),
        call(2, model="past-1", at=CHANGE),
        call(2, price_tier="priority"),
        call(2, price_provider="ACME"),
        failed_call(2),
    ],
    ids=[
        "unknown model",
        "unknown model and a price without a cost",
        "known model without a price for its output",
        "known model without a price for its output, costed by the sender",
        "known model from the moment its price ended",
        "unknown tier",
        "unknown provider",
        "failed call without usage",
    ],
)
def test_an_unknown_cost_is_null(store: Store, span: dict[str, Any]) -> None:
    """An unknown cost is null, never 0, and names no price."""
    assert store(span) == UNKNOWN


def test_a_price_holds_until_it_ends(store: Store) -> None:
    """Up to the last microsecond, also where no other price follows."""
    last = CHANGE - timedelta(microseconds=1)
    assert store(call(2, model="past-1", at=last)) == (Decimal("0.002"), "ended", "table")


def test_a_price_of_zero_is_known(store: Store) -> None:
    """A free model costs 0, which is not unknown."""
    assert store(call(2, model="gift-1")) == (Decimal(0), "free", "table")


@pytest.mark.parametrize(
    ("at", "price"),
    [
        (CHANGE - timedelta(microseconds=1), "old"),
        (CHANGE, "new"),
        (datetime(1999, 1, 1, tzinfo=UTC), "old"),
        (datetime(2090, 1, 1, tzinfo=UTC), "new"),
    ],
)
def test_a_span_is_priced_by_its_own_time(store: Store, at: datetime, price: str) -> None:
    """The price valid at the start of the call is used, not today's."""
    assert store(call(2, at=at))[1] == price


@pytest.mark.parametrize(
    ("tokens", "tier", "price", "cost"),
    [
        (1000, "standard", "new", Decimal("0.0022")),
        (1001, "standard", "new-long", Decimal("0.004404")),
        (1000, "flex", "new-flex", Decimal("0.0011")),
        (1000, None, "new", Decimal("0.0022")),
    ],
)
def test_size_and_tier_choose_the_price(
    store: Store, tokens: int, tier: str | None, price: str, cost: Decimal
) -> None:
    """Long inputs have a price of their own from their first token on, tiers have theirs."""
    buckets = {"input_uncached": tokens, "output_text": 10}
    span = call(2, input_tokens=tokens, usage_buckets=buckets, price_tier=tier)
    assert store(span) == (cost, price, "table")


def test_a_tier_without_the_standard_ones_step_has_no_price_above_it(store: Store) -> None:
    """Nobody says what a flex call with a long input costs: not what one with a short one does."""
    buckets = {"input_uncached": 1001, "output_text": 10}
    span = call(2, input_tokens=1001, usage_buckets=buckets, price_tier="flex")
    assert store(span) == UNKNOWN


def test_the_tables_price_settles_why_a_cost_is_unknown(database: Database, tenant: str) -> None:
    """A row that prices a call clears its reason and bounds; one that does not has its own."""
    told: dict[str, Any] = {
        "unknown_because": "model_not_priced",
        "cost_min_usd": "7",
        "cost_max_usd": "8",
    }
    unsplit = {"input_unsplit": 1000, "output_text": 10}
    spans = [
        call(2, **told),
        call(3, **told, usage_buckets=unsplit, price_provider="acme", price_model="keep-1"),
        call(4, **told, usage_buckets={"input_image": 5}),
        call(5, **told, model="fable-9"),
    ]
    ingest(database, tenant, spans)
    query = """select cost_usd, cost_min_usd, cost_max_usd, unknown_because
        from public.spans order by span_id"""
    rows = [tuple(row.values()) for row in read_as(database, "authenticated", tenant, query)]
    assert rows == [
        (Decimal("0.0004"), None, None, None),
        (None, Decimal("0.0003"), Decimal("0.0022"), "cache_not_told"),
        (None, None, None, "part_not_priced"),
        (None, Decimal(7), Decimal(8), "model_not_priced"),
    ]


def test_calls_left_out_of_a_sum_of_cost_are_counted(database: Database, tenant: str) -> None:
    """Calls without a price and calls without usage are counted apart, failed ones with neither."""
    unpriced = [call(3, model="fable-9"), call(4, model="fable-9", status="ok")]
    failed = [failed_call(5), failed_call(6, model="fable-9"), call(7, status="error", model="-")]
    unmeasured = [unmeasured_call(8), unmeasured_call(9, model="fable-9", countable=False)]
    ingest(database, tenant, [call(2), *unpriced, *failed, *unmeasured])

    def read(query: str) -> list[dict[str, Any]]:
        return read_as(database, "authenticated", tenant, query)

    sums = {"requests": 7, "unpriced_requests": 2, "unmeasured_requests": 1}
    for view, cost in (
        ("trace_summaries", "total_cost_usd"),
        ("metrics_by_hour", "cost_usd"),
        ("metrics_by_day", "cost_usd"),
        ("metrics_by_user", "cost_usd"),
    ):
        expected = [sums | {cost: Decimal("0.0004")}]
        assert read(f"select {', '.join(expected[0])} from public.{view}") == expected
    for flag, numbers in (("failed", {5, 6, 7}), ("unpriced", {3, 4}), ("unmeasured", {8})):
        found = read(f"select span_id from public.model_calls where {flag}")
        assert {int(row["span_id"], 16) for row in found} == numbers
        if flag != "failed":
            assert read(f"select span_id from public.span_summaries where {flag}") == found


def test_a_trace_of_unknown_cost_has_none(database: Database, tenant: str) -> None:
    """Where no call's cost is known the trace's is null, and one known call makes it known."""
    query = "select total_cost_usd, total_tokens from public.trace_summaries"
    ingest(database, tenant, [failed_call(2)])
    assert read_as(database, "authenticated", tenant, query) == [
        {"total_cost_usd": None, "total_tokens": None}
    ]
    ingest(database, tenant, [call(3)])
    assert read_as(database, "authenticated", tenant, query) == [
        {"total_cost_usd": Decimal("0.0004"), "total_tokens": 110}
    ]
