"""Facets: the values of each field, and how many rows of a list have each."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import (
    Connection,
    administer,
    call_function,
    connect_as,
    ingest,
)
from tests.database.support.filtering import Tree
from tests.database.support.rolled_up import fold
from tests.database.support.spans import NOON, call, step
from tests.database.test_filters import make_spans

TENANTS = ("counted", "neighbour")


@pytest.fixture(scope="module")
def caller(database: Database) -> Iterator[Connection]:
    """A reader of one of two tenants that sent the same."""
    spans = make_spans(random.Random(97))  # numbers for a test
    for tenant in TENANTS:
        ingest(database, tenant, spans)
    with connect_as(database, "authenticated", TENANTS[0]) as connection:
        yield connection


def count(caller: Connection, kind: str, *filters: Tree, **asked: Any) -> dict[str, Any]:
    """The facets of the rows that filters let through, by field."""
    answer = call_function(caller, "list_facets", {"kind": kind, "filters": filters, **asked})
    facets: dict[str, Any] = {facet["field"]: facet for facet in answer["facets"]}
    assert len(facets) == len(answer["facets"])
    return facets


def count_rows(caller: Connection, kind: str, *filters: Tree) -> int:
    """The rows that a list has, page after page."""
    asked = json.dumps({"filters": filters})
    query = "select count(*)::integer as rows from app.match_rows(%s, %s)"
    row = caller.execute(query, (asked, kind)).fetchone()
    assert row is not None
    rows: int = row["rows"]
    return rows


def ask_for(field: str, value: str) -> Tree:
    return {"field": field, "op": "in", "values": [value]}


FILTERS: list[Tree] = [
    {},
    {"field": "model", "op": "in", "values": ["fable-1", "it's"]},
    {"not": {"field": "failed", "op": "is"}},
    {"field": "text", "op": "matches", "values": ["chat"]},
    {"field": "misdated", "op": "has"},
    {"field": "user", "op": "in", "values": ["nobody"]},
]


@pytest.mark.parametrize("tree", FILTERS, ids=str)
@pytest.mark.parametrize("kind", ["spans", "traces"])
def test_a_value_has_as_many_rows_as_its_facet_says(
    caller: Connection, kind: str, tree: Tree
) -> None:
    """Of each field, value and flag; and no value that a row has is left out."""
    whole = count_rows(caller, kind, tree)
    facets = count(caller, kind, tree, top=100)
    for name, facet in facets.items():
        assert (facet["counts"], facet["over"]) == (kind, {"rows": whole, "exact": True})
        if facet["kind"] == "flag":
            assert facet["count"] == count_rows(caller, kind, tree, {"field": name, "op": "is"})
        if facet["kind"] == "value":
            told = [each["value"] for each in facet["values"]]
            for each in facet["values"]:
                assert each["count"] == count_rows(caller, kind, tree, ask_for(name, each["value"]))
            others = {"not": {"field": name, "op": "in", "values": told}} if told else {}
            # To ask for misdated rows brings them into a list that is without them.
            if name != "misdated":
                assert count_rows(caller, kind, tree, others, {"field": name, "op": "has"}) == 0
            assert facet["others"] == 0
        if facet["kind"] == "range" and facet["least"] is not None:
            unit = "ms" if name in ("duration", "ttft") else ""
            for op, bound in (("lt", "least"), ("gt", "most")):
                beyond = {"field": name, "op": op, "values": [f"{facet[bound]}{unit}"]}
                assert count_rows(caller, kind, tree, beyond) == 0
    assert whole == 0 or facets["name"]["values"]


@pytest.fixture(scope="module")
def busy(database: Database) -> Iterator[Connection]:
    """A reader of a tenant with 1,200 calls and 100 tools in three days, not all of them folded."""
    spans = [
        call(
            number,
            trace=number,
            at=NOON + number * timedelta(minutes=4),
            model=f"fable-{number % 12:02d}",
            user_id=f"user-{number}",
            environment="production" if number % 3 else None,
            tags={"plan": "pro" if number % 2 else "free"},
        )
        for number in range(1200)
    ]
    tools = [
        step(
            2000 + number,
            trace=number,
            at=NOON + number * timedelta(minutes=40),
            operation="execute_tool",
            tool_name=f"find-{number % 4}",
            tags={"plan": "pro"},
            status="error" if number % 5 == 0 else "ok",
        )
        for number in range(100)
    ]
    ingest(database, "busy", spans[:900])
    administer(database, "busy", "set_tag_dimensions", keys=["plan"])
    fold(database, "busy")
    ingest(database, "busy", [*spans[900:], *tools])
    with connect_as(database, "authenticated", "busy") as connection:
        yield connection


WINDOW = {
    "start": (NOON + timedelta(minutes=90)).isoformat(),
    "end": (NOON + timedelta(minutes=4411)).isoformat(),
}
SINCE = {"field": "started", "op": "ge", "values": [WINDOW["start"]]}
UNTIL = {"field": "started", "op": "lt", "values": [WINDOW["end"]]}


@pytest.mark.parametrize("kind", ["spans", "traces"])
def test_a_long_window_is_told_by_sums(busy: Connection, kind: str) -> None:
    """Calls and operations, folded or not: as many as the list of spans has of what is counted."""
    facets = count(busy, kind, top=100, **WINDOW)
    calls = {"field": "counted", "op": "is"}
    assert {name: facets[name]["counts"] for name in ("model", "failed", "tag:plan")} == {
        "model": "operations",
        "failed": "operations",
        "tag:plan": "calls",
    }
    for name in ("model", "environment", "operation", "tool", "error_type", "tag:plan"):
        facet = facets[name]
        assert facet["over"] == {"rows": None, "exact": True}
        assert name == "error_type" or facet["values"]
        for each in facet["values"]:
            of = [calls] if facet["counts"] == "calls" else []
            rows = count_rows(busy, "spans", SINCE, UNTIL, ask_for(name, each["value"]), *of)
            assert each["count"] == rows, (name, each)
    for name in ("failed", "unpriced", "counted"):
        is_so = {"field": name, "op": "is"}
        assert facets[name]["count"] == count_rows(busy, "spans", SINCE, UNTIL, is_so)


def test_what_sums_do_not_tell_is_of_the_newest_rows(busy: Connection) -> None:
    """People, names and amounts: over so many of a window, and it is said."""
    facets = count(busy, "spans", top=2, **WINDOW)
    for name in ("user", "name", "cost", "streamed"):
        assert facets[name]["counts"] == "spans"
        assert facets[name]["over"] == {"rows": 1000, "exact": False}
    assert len(facets["user"]["values"]) == 2
    # The newest 1,000 spans are some 905 calls, each of another user, and tools of others.
    assert facets["user"]["others"] > 900


def test_few_rows_are_counted_themselves(busy: Connection) -> None:
    """A short window without a filter has rows, of which each value is counted exactly."""
    end = (NOON + timedelta(hours=6)).isoformat()
    facets = count(busy, "traces", start=WINDOW["start"], end=end, fields=["model", "tool"])

    assert facets["model"]["counts"] == "traces"
    assert facets["model"]["over"]["exact"]
    assert facets["model"]["others"] == 2
    assert sum(value["count"] for value in facets["model"]["values"]) <= 68


def test_without_a_window_the_newest_rows_are_counted(busy: Connection) -> None:
    """Nobody reads all that a tenant has."""
    facets = count(busy, "traces")

    assert all(each["over"] == {"rows": 1000, "exact": False} for each in facets.values())


@pytest.mark.parametrize("asked", [{}, WINDOW, {"filters": [SINCE]}], ids=str)
def test_values_that_start_with_a_text(busy: Connection, asked: dict[str, Any]) -> None:
    """In upper or lower case, nothing in it is a pattern; of rows and of sums."""

    def find(q: str, field: str = "model") -> list[str]:
        body = {"kind": "spans", "fields": [field], "q": q, "top": 100} | asked
        (facet,) = call_function(busy, "list_facets", body)["facets"]
        return sorted(value["value"] for value in facet["values"])

    assert find("FABLE-1") == ["fable-10", "fable-11"]
    assert len(find("fable")) == 12
    assert find("%") == find("able") == find("fable_1") == []
    assert find("user-1099", "user") == ["user-1099"]


@pytest.mark.parametrize(
    ("asked", "message", "hint"),
    [
        ({"fields": ["modle"]}, "There is no field modle.", "Did you mean model?"),
        ({"fields": ["text"]}, "text has no values to count.", "Choose one of environment"),
        ({"fields": ["trace"]}, "trace has no values to count.", "Choose one of environment"),
        ({"fields": ["ttft"]}, "ttft has no values to count.", "Choose one of environment"),
        ({"fields": ["errors"], "kind": "spans"}, "A span has no errors, a trace has.", "Ask"),
        ({"fields": []}, "fields are not 1 to 64 names of fields.", "Send"),
        ({"fields": ["model", "user"], "q": "x"}, "Values that start with a text", "Name one"),
        ({"fields": ["cost"], "q": "x"}, "Values that start with a text", "Name one"),
        ({"q": "x"}, "Values that start with a text", "Name one"),
        ({"top": 101}, "top is not a whole number from 1 to 100.", "Send it"),
        ({"kind": "calls"}, "kind is not spans or traces.", "Send"),
        ({"start": "yesterday"}, "start is not a time", "Send"),
        ({"filters": [{"field": "modle", "op": "has"}]}, "There is no field modle.", "Did you"),
    ],
    ids=str,
)
def test_what_cannot_be_counted_is_refused(
    database: Database, asked: dict[str, Any], message: str, hint: str
) -> None:
    """In words, and with what to do."""
    with (
        connect_as(database, "authenticated", TENANTS[0]) as connection,
        pytest.raises(psycopg.errors.InvalidParameterValue) as caught,
    ):
        call_function(connection, "list_facets", {"kind": "traces"} | asked)
    assert str(caught.value.diag.message_primary).startswith(message)
    assert str(caught.value.diag.message_hint).startswith(hint)


def test_another_tenant_counts_nothing(database: Database, busy: Connection) -> None:
    """Neither rows nor sums of others."""
    assert count(busy, "spans", **WINDOW)["model"]["values"]
    for asked in (WINDOW, {}, {"filters": [SINCE]}):
        with connect_as(database, "authenticated", "nobody") as connection:
            body = {"kind": "spans"} | asked
            facets = call_function(connection, "list_facets", body)["facets"]
        assert not any(each.get("values") or each.get("count") for each in facets)
