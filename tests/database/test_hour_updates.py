"""Hours that a newer document brings begin when it comes, and what was priced before stays."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import Connection, ingest, read_as
from tests.database.support.spans import call
from tests.database.test_price_updates import DOCUMENT, NONE, own_prices, read_rows, set_prices


def with_hours(*hours: tuple[int, int, int]) -> dict[str, Any]:
    """Give a document in which a model has these hours: from, to, and its price of input."""
    document = copy.deepcopy(DOCUMENT) | {"source_version": "2"}
    document["row"] += ["from_minute", "to_minute"]
    rows = [["standard", 0, None, None, amount, None, 100, *ends] for *ends, amount in hours]
    document["providers"]["acme"]["models"][0][2] = rows
    return document


@pytest.fixture
def owner(database: Database) -> Iterator[Connection]:
    """The owner of three prices, none with hours."""
    with own_prices(database) as connection:
        yield connection


def cost_at(database: Database, tenant: str, number: int, at: datetime) -> Decimal | None:
    ingest(database, tenant, [call(number, at=at)])
    query = "select cost_usd from public.spans where span_id = %s"
    row = read_as(database, "authenticated", tenant, query, (f"{number:016x}",))[0]
    found: Decimal | None = row["cost_usd"]
    return found


def test_new_hours_begin_now(owner: Connection, database: Database, tenant: str) -> None:
    """Hours in place of a whole day, other hours, and a whole day again: each only from now on."""
    past = datetime.now(UTC).replace(hour=5, minute=0) - timedelta(days=3)
    soon = past + timedelta(days=5)
    whole = Decimal("0.002")
    day = with_hours((60, 600, 20), (600, 60, 40))
    assert set_prices(owner, day) == {"added": 2, "closed": 1, "reopened": 0, "unchanged": 2}
    assert set_prices(owner, day) == NONE | {"unchanged": 4}
    assert cost_at(database, tenant, 2, past) == whole
    assert cost_at(database, tenant, 3, soon) == Decimal("0.003")
    later = with_hours((60, 240, 20), (240, 60, 50))
    assert set_prices(owner, later) == {"added": 2, "closed": 2, "reopened": 0, "unchanged": 2}
    assert cost_at(database, tenant, 4, past) == whole
    assert cost_at(database, tenant, 5, soon) == Decimal("0.006")
    assert set_prices(owner)["closed"] == 2
    assert cost_at(database, tenant, 6, past) == whole
    assert cost_at(database, tenant, 7, soon) == whole
    assert len(read_rows(owner, "fable-1")) == 5


def test_the_same_hours_are_refused_twice(owner: Connection) -> None:
    """A second price of the same model, day and hours is refused; one of other hours is not."""
    insert = """
        insert into public.model_prices (price_id, provider, model, valid_from, from_minute,
          to_minute, input_per_mtok, source, source_version)
        values (%s, 'acme', 'own-1', '2026-01-01', %s, %s, 1, 'contract', '1')"""
    owner.execute(insert, ("whole", None, None))
    owner.execute(insert, ("morning", 0, 720))
    for name, *hours in (
        ("again", None, None),
        ("also", 0, 600),
        ("none", 5, 5),
        ("half", 5, None),
    ):
        with pytest.raises(psycopg.errors.IntegrityError), owner.transaction():
            owner.execute(insert, (name, *hours))


def test_hours_beat_a_whole_day(owner: Connection, database: Database, tenant: str) -> None:
    """Of two prices that begin together, that with hours holds within them, the other else."""
    owner.execute(
        """insert into public.model_prices (price_id, provider, model, valid_from, from_minute,
          to_minute, input_per_mtok, output_per_mtok, source, source_version)
        values ('night', 'acme', 'fable-1', '1970-01-01', 1380, 300, 1, 1, 'contract', '1')"""
    )
    day = datetime.combine(date(2026, 11, 23), time(0), UTC)
    costs = [
        cost_at(database, tenant, number, day + timedelta(hours=hour))
        for number, hour in enumerate((4, 5, 22, 23), 2)
    ]
    assert costs == [Decimal("0.00011"), Decimal("0.002"), Decimal("0.002"), Decimal("0.00011")]
