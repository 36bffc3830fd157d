"""A document of prices moves the table on, and what was priced before stays as it was."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import (
    Connection,
    call_function,
    connect_as,
    connect_as_owner,
    ingest,
    read_as,
    refused_call,
)
from tests.database.support.spans import call
from tests.database.test_roles import ROLES

DOCUMENT: dict[str, Any] = {
    "source": "a price list",
    "source_version": "1",
    "row": [
        "service_tier",
        "min_input_tokens",
        "valid_from",
        "valid_to",
        "input_per_mtok",
        "cache_read_per_mtok",
        "output_per_mtok",
    ],
    "providers": {
        "acme": {
            "models": [
                ["fable-1", ["^fable"], [["standard", 0, None, None, 10, None, 100]]],
                ["ear-1", ["^ear"], [["standard", 0, "2026-01-01", None, 5, 0.1]]],
                ["past-1", ["^past"], [["standard", 0, None, "2026-03-01", 7, None, 70]]],
            ]
        }
    },
}
NONE = {"added": 0, "closed": 0, "reopened": 0, "unchanged": 0}
FABLE = "acme/fable-1/standard/0/-"
_ROWS = """
select price_id, valid_from, valid_to, input_per_mtok, source_version from public.model_prices
where source = 'a price list' order by model, valid_from
"""


@contextmanager
def own_prices(database: Database) -> Iterator[Connection]:
    """Give the owner of a database whose table holds the document's prices and no others."""
    with connect_as_owner(database) as connection:
        connection.execute("truncate public.model_prices")
        assert set_prices(connection) == NONE | {"added": 3}
        yield connection


@pytest.fixture
def owner(database: Database) -> Iterator[Connection]:
    """The owner of three prices."""
    with own_prices(database) as connection:
        yield connection


def set_prices(connection: Connection, document: dict[str, Any] = DOCUMENT) -> dict[str, int]:
    answer: dict[str, int] = call_function(connection, "set_model_prices", document)
    return answer


def revise(model: str, *rows: list[Any], version: str = "2") -> dict[str, Any]:
    """Give the document's next version, in which a model has these rows."""
    document = copy.deepcopy(DOCUMENT) | {"source_version": version}
    for entry in document["providers"]["acme"]["models"]:
        if entry[0] == model:
            entry[2] = list(rows)
    return document


def read_rows(connection: Connection, model: str) -> list[dict[str, Any]]:
    rows = connection.execute(_ROWS.encode()).fetchall()
    return [row for row in rows if row["price_id"].split("/")[1] == model]


def read_spans(database: Database, tenant: str) -> list[tuple[Decimal, str]]:
    query = "select cost_usd, price_id from public.spans order by span_id"
    rows = read_as(database, "authenticated", tenant, query)
    return [(row["cost_usd"], row["price_id"]) for row in rows]


def test_the_same_document_changes_nothing(owner: Connection) -> None:
    """A second call answers that all is there, and leaves every row as it was written."""
    query = "select xmin::text, * from public.model_prices order by price_id"
    before = owner.execute(query).fetchall()
    assert set_prices(owner) == NONE | {"unchanged": 3}
    assert owner.execute(query).fetchall() == before


def test_an_update_adds_and_closes(owner: Connection) -> None:
    """A dated change ends one row and begins another; what the document lacks ends now."""
    dated = [["standard", 0, None, "2026-11-01", 10, None, 100]]
    dated += [["standard", 0, "2026-11-01", None, 2, None, 20]]
    document = revise("fable-1", *dated)
    document["providers"]["acme"]["models"].pop(1)
    assert set_prices(owner, document) == {"added": 1, "closed": 2, "reopened": 0, "unchanged": 1}
    change = datetime(2026, 11, 1, tzinfo=UTC)
    old, new = read_rows(owner, "fable-1")
    assert (old["valid_to"], old["input_per_mtok"], old["source_version"]) == (change, 10, "1")
    assert (new["valid_from"], new["valid_to"], new["input_per_mtok"]) == (change, None, 2)
    (dropped,) = read_rows(owner, "ear-1")
    assert abs(dropped["valid_to"] - datetime.now(UTC)) < timedelta(minutes=5)
    assert set_prices(owner, document) == NONE | {"unchanged": 3}


def test_priced_spans_stay(owner: Connection, database: Database, tenant: str) -> None:
    """A span keeps price and cost when its price ends; delivered again, it still does."""
    span = call(2)
    ingest(database, tenant, [span])
    priced = [(Decimal("0.002"), FABLE)]
    assert read_spans(database, tenant) == priced
    for version, amount in (("2", 20), ("3", 30)):
        row = ["standard", 0, None, None, amount, None, 100]
        assert set_prices(owner, revise("fable-1", row, version=version))["closed"] == 1
        ingest(database, tenant, [span])
        assert read_spans(database, tenant) == priced


def test_a_changed_amount_begins_now(owner: Connection, database: Database, tenant: str) -> None:
    """Without a date of its own, a new amount is a row from this moment on."""
    row = ["standard", 0, None, None, 20, None, 200]
    document = revise("fable-1", row)
    assert set_prices(owner, document) == {"added": 1, "closed": 1, "reopened": 0, "unchanged": 2}
    old, new = read_rows(owner, "fable-1")
    moment = old["valid_to"]
    assert new["valid_from"] == moment
    assert new["price_id"] == f"{FABLE}@{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    assert (old["input_per_mtok"], new["input_per_mtok"]) == (10, 20)
    assert set_prices(owner, document) == NONE | {"unchanged": 3}
    ingest(database, tenant, [call(2, at=moment - timedelta(seconds=1)), call(3, at=moment)])
    assert read_spans(database, tenant) == [
        (Decimal("0.002"), FABLE),
        (Decimal("0.004"), new["price_id"]),
    ]


def test_amounts_may_go_back_and_forth(owner: Connection) -> None:
    """An older document, of a deployment that was rolled back, is followed, too; and forth."""
    newer = revise("fable-1", ["standard", 0, None, None, 20, None, 200])
    for document in (newer, DOCUMENT, newer):
        assert set_prices(owner, document)["added"] == 1
    rows = read_rows(owner, "fable-1")
    assert [row["input_per_mtok"] for row in rows] == [10, 20, 10, 20]
    ends = [row["valid_to"] for row in rows]
    assert ends == [row["valid_from"] for row in rows[1:]] + [None]


def test_an_ended_price_keeps_its_amounts(owner: Connection) -> None:
    """A later version may say otherwise of a period that is over: the row stays."""
    before = read_rows(owner, "past-1")
    document = revise("past-1", ["standard", 0, None, "2026-03-01", 9, None, 90])
    assert set_prices(owner, document) == NONE | {"unchanged": 3}
    assert read_rows(owner, "past-1") == before


def test_a_price_that_returns_is_valid_again(owner: Connection) -> None:
    """What one version lacks and the next has is one row, valid as the document says."""
    document = revise("ear-1")
    assert set_prices(owner, document) == {"added": 0, "closed": 1, "reopened": 0, "unchanged": 2}
    assert set_prices(owner, document) == NONE | {"unchanged": 2}
    assert set_prices(owner) == {"added": 0, "closed": 0, "reopened": 1, "unchanged": 2}
    (row,) = read_rows(owner, "ear-1")
    assert row["valid_to"] is None


def test_a_later_price_ends_after_it_begins(owner: Connection) -> None:
    """A price that begins next century may change and go before that."""
    coming = "2126-01-01"
    assert set_prices(owner, revise("ear-1", ["standard", 0, coming, None, 5]))["added"] == 1
    assert set_prices(owner, revise("ear-1", ["standard", 0, coming, None, 6]))["added"] == 1
    assert set_prices(owner, revise("ear-1"))["closed"] == 1
    rows = read_rows(owner, "ear-1")[1:]
    assert [row["input_per_mtok"] for row in rows] == [5, 6]
    assert all(row["valid_to"] - row["valid_from"] < timedelta(seconds=1) for row in rows)


def test_a_price_of_ones_own_stays(owner: Connection, database: Database, tenant: str) -> None:
    """It beats the list's older one, and is neither closed nor replaced."""
    owner.execute(
        "insert into public.model_prices (price_id, provider, model, valid_from, input_per_mtok,"
        " output_per_mtok, source, source_version) values ('ours', 'acme', 'fable-1', '2026-11-01',"
        " 1, 10, 'contract', '1')"
    )
    ingest(database, tenant, [call(2)])
    assert read_spans(database, tenant) == [(Decimal("0.0002"), "ours")]
    query = "select * from public.model_prices where source = 'contract'"
    before = owner.execute(query).fetchall()
    document = revise("fable-1", ["standard", 0, "2026-11-01", None, 3])
    assert set_prices(owner, document) == NONE | {"closed": 1, "unchanged": 2}
    assert owner.execute(query).fetchall() == before


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        {"source": "a price list", "source_version": "2", "row": [], "providers": {}},
        DOCUMENT | {"source": None},
        DOCUMENT | {"row": None},
        DOCUMENT | {"providers": {"acme": {"models": "all"}}},
        revise("ear-1", ["standard", 0, "soon", None, 1]),
        revise("ear-1", ["standard", 0, None, None, -1]),
        revise("ear-1", ["standard", -1, None, None, 1]),
        revise("ear-1", ["standard", 0, None, None, "NaN"]),
        revise("ear-1", ["standard", 0, "2026-02-01", "2026-01-01", 1]),
        revise("ear-1", ["standard", 0, None, None, 1], ["standard", 0, None, None, 2]),
        DOCUMENT | {"row": [*DOCUMENT["row"][:-1], "outputs_per_mtok"]},
    ],
    ids=[
        "nothing",
        "a list",
        "no prices",
        "no source",
        "no names",
        "no models",
        "no day",
        "a negative price",
        "a negative size",
        "no number",
        "an end before its start",
        "two amounts",
        "an amount without a column",
    ],
)
def test_a_wrong_document_changes_nothing(
    owner: Connection, database: Database, document: Any
) -> None:
    """It is refused as a whole, as the caller's fault."""
    before = owner.execute(_ROWS.encode()).fetchall()
    code, _ = refused_call(database, "service_role", None, "set_model_prices", document)
    assert code is not None
    assert code[:2] in {"22", "23"}
    assert owner.execute(_ROWS.encode()).fetchall() == before


def test_two_callers_take_turns(owner: Connection, database: Database) -> None:
    """Of two calls at once one moves the table, and the other finds it moved."""
    document = revise("fable-1", ["standard", 0, None, None, 20, None, 200])

    def send(_: int) -> dict[str, int]:
        with connect_as(database, "service_role", None) as connection:
            return set_prices(connection, document)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    assert sorted(answer["added"] for answer in answers) == [0, 0, 0, 1]
    assert len(read_rows(owner, "fable-1")) == 2


@pytest.mark.parametrize("role", ROLES)
def test_no_role_of_a_request_sets_prices(database: Database, role: str) -> None:
    """Prices are the same for every tenant, so no tenant's administrator sets them."""
    code, _ = refused_call(database, role, "alpha", "set_model_prices", DOCUMENT)
    assert code == psycopg.errors.InsufficientPrivilege.sqlstate
