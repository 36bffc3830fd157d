"""SQL prices a call as the library does: same rows, same fallbacks, same cents."""

from __future__ import annotations

import json
import random
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import psycopg
import pytest
from psycopg.rows import dict_row, tuple_row

from infra.local.throwaway import Database
from infra.prices.rows import RATES, PriceRow
from infra.prices.source import read_catalog
from llm_observe.cost.bounds import bound_cost
from llm_observe.cost.pricing import load_prices
from llm_observe.cost.rates import Price, PriceKey, cost
from llm_observe.cost.usage import BUCKETS
from tests.database.support.callers import Connection

_COST = """
select app.span_cost(sent.buckets, price) as cost, bounds.*
from (values (%s::jsonb)) as sent(buckets), public.model_prices price
cross join lateral app.bound_cost(sent.buckets, price) as bounds
where price_id = %s
"""
_ZEROS = ("input_image", "output_image", "cache_read", "cache_write")
_TOLD = ("input_unsplit", "output_unsplit", "cache_read")
_LOOK_UP = """
select price_id from public.model_prices m
where m.provider = %s and m.model = %s and m.service_tier = %s and m.min_input_tokens <= %s
  and m.valid_from <= %s and (m.valid_to is null or %s < m.valid_to)
  and app.holds_at(%s, m.from_minute, m.to_minute, m.weekdays)
order by m.min_input_tokens desc, m.valid_from desc limit 1
"""


@pytest.fixture(scope="module")
def rows() -> list[PriceRow]:
    """Price rows of every provider, drawn once and for all."""
    return random.Random(8).sample(list(read_catalog().rows()), 300)


def start_of(row: PriceRow) -> datetime:
    start = datetime.combine(row.valid_from or date(2020, 1, 1), time(0), UTC)
    if row.hours is None:
        return start
    # A Monday, for prices that hold on weekdays alone.
    return start + timedelta(days=-start.weekday() % 7, minutes=row.hours.from_minute)


def tell_hours(row: PriceRow) -> tuple[int | None, int | None, tuple[int, ...] | None]:
    if row.hours is None:
        return None, None, None
    begin, end, weekdays = row.hours
    return begin, end, tuple(weekdays) if weekdays else None


def find(row: PriceRow, at: datetime) -> Price | None:
    key = PriceKey(row.provider, row.model, row.service_tier)
    return load_prices().look_up(key, at, row.min_input_tokens)


def test_the_table_holds_the_wheels_rows(owner: Connection) -> None:
    """Every row of the wheel's document stands in the table, and no other, amounts included."""
    rates = ", ".join(RATES.values())
    query = f"""
        select price_id, valid_from at time zone 'UTC', valid_to at time zone 'UTC', {rates},
          from_minute, to_minute, weekdays
        from public.model_prices"""
    with owner.cursor(row_factory=tuple_row) as cursor:
        table = cursor.execute(query.encode()).fetchall()
    wheel = [
        (
            row.price_id,
            datetime.combine(row.valid_from or date(1970, 1, 1), time(0)),
            row.valid_to and datetime.combine(row.valid_to, time(0)),
            *row.rates,
            *tell_hours(row),
        )
        for row in read_catalog().rows()
    ]
    assert len(table) == len(wheel) > 2_500
    assert {(*row[:-1], row[-1] and tuple(row[-1])) for row in table} == set(wheel)


def test_the_table_finds_the_wheels_row(database: Database, rows: list[PriceRow]) -> None:
    """By provider, model, tier, size and time, SQL and the library find the same row."""
    with psycopg.connect(database.owner_url, row_factory=dict_row) as connection:
        for row in rows:
            for at in (start_of(row), start_of(row) - timedelta(days=1)):
                price = find(row, at)
                keys = (row.provider, row.model, row.service_tier, row.min_input_tokens)
                minutes = int(at.timestamp()) // 60
                found = connection.execute(_LOOK_UP, (*keys, at, at, minutes)).fetchone()
                assert (found["price_id"] if found else None) == (price and price.price_id)


def test_sql_costs_what_the_library_costs(database: Database, rows: list[PriceRow]) -> None:
    """Any buckets at any price cost the same in SQL to 1e-12 USD, or have the same bounds."""
    draw = random.Random(13)
    with psycopg.connect(database.owner_url, row_factory=dict_row) as connection:
        for row in rows:
            price = find(row, start_of(row))
            assert price is not None
            assert price.price_id == row.price_id
            for names in ([draw.choice(BUCKETS)], draw.sample(BUCKETS, 4), BUCKETS, _TOLD):
                counts = {name: draw.randrange(1, 300_000) for name in names}
                if draw.random() < 0.3:
                    counts |= dict.fromkeys(draw.sample(_ZEROS, 2), 0)
                found = connection.execute(_COST, (json.dumps(counts), row.price_id)).fetchone()
                assert found is not None
                assert found["cost"] == cost(counts, price), (row, counts)
                bounds = (found["least_usd"], found["most_usd"], found["because"])
                if found["cost"] is None:
                    assert bounds == bound_cost(counts, price), (row, counts)
                else:
                    assert bounds[:2] == (found["cost"], found["cost"]), (row, counts)


def test_an_empty_usage_costs_nothing(database: Database) -> None:
    """No tokens are 0 dollars in both: known, not unknown."""
    price = load_prices().find("openai", "gpt-4o-mini", datetime(2026, 11, 23, tzinfo=UTC))
    assert price is not None
    with psycopg.connect(database.owner_url) as connection:
        found = connection.execute(_COST, ("{}", price.price_id)).fetchone()
    assert found is not None
    assert found[0] == cost({}, price) == Decimal(0)
