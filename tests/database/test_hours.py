"""The table prices a call by the hour of its start, as the library does."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from infra.local.throwaway import Database
from llm_observe.cost.hours import Hours, Moment
from llm_observe.cost.pricing import load_prices
from llm_observe.cost.rates import PriceKey, cost
from tests.database.support.callers import ingest, read_as
from tests.database.support.spans import call
from tests.llm_observe.test_hours import MODELS, moments

BUCKETS = {"input_uncached": 100, "output_text": 10}
_HOLDS = "select app.holds_at(%s, %s::smallint, %s::smallint, %s::smallint[])"


@pytest.mark.parametrize("model", [model.id for model in MODELS])
def test_sql_prices_by_the_hour_as_the_library(database: Database, tenant: str, model: str) -> None:
    """Around each edge of the hours, over midnight and through a week, both find the same row."""
    (info,) = (each for each in MODELS if each.id == model)
    times = sorted(set(moments(info)))
    spans = [
        call(number, at=at, model=model, price_provider="deepseek")
        for number, at in enumerate(times, 2)
    ]
    ingest(database, tenant, spans)
    query = "select start_time, cost_usd, price_id from public.spans order by span_id"
    rows = read_as(database, "authenticated", tenant, query)
    assert [row["start_time"] for row in rows] == times
    for at, row in zip(times, rows, strict=True):
        price = load_prices().look_up(PriceKey("deepseek", model, "standard"), at, 100)
        wanted = (price.price_id, cost(BUCKETS, price)) if price else (None, None)
        assert (row["price_id"], row["cost_usd"]) == wanted, at
    assert len({row["cost_usd"] for row in rows} - {None}) > 1


def test_any_hours_hold_as_in_the_library(database: Database) -> None:
    """Any beginning, end and weekdays hold at the same minutes in SQL and in Python."""
    draw = random.Random(5)
    with psycopg.connect(database.owner_url) as connection:
        for _ in range(500):
            begin, end = draw.sample(range(1440), 2)
            weekdays = draw.choice([None, draw.sample(range(1, 8), draw.randrange(1, 7))])
            at = datetime(2026, 2, 1, tzinfo=UTC) + timedelta(minutes=draw.randrange(40_000))
            minutes = int(at.timestamp()) // 60
            found = connection.execute(_HOLDS, (minutes, begin, end, weekdays)).fetchone()
            assert found == (Hours(begin, end, weekdays).hold(Moment.at(at)),)
