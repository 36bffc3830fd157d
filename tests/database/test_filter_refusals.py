"""Filters that are refused, and what an attacker writes into them."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from functions.common.asking import fields
from infra.local.throwaway import Database
from tests.database.support.callers import (
    Connection,
    call_function,
    connect_as,
    ingest,
    read_as_owner,
)
from tests.database.support.spans import call, step

ATTACKS = [
    "'",
    "''",
    "\\'",
    "\\",
    "') or true --",
    "x'); drop table public.spans; --",
    "{}",
    "{x}",
    '{"x"}',
    "}",
    "%",
    "%s",
    "%1$s",
    "%L",
    "%I",
    "_",
    ".*",
    "(",
    "[",
    "^$",
    "*",
    "$1",
    "$$",
    "$query$",
    "E'\\x27'",
    "' || set_config('request.jwt.claims', '{\"tenant_id\": \"victim\"}', true) || '",
    "null",
    "NULL",
    "\u202e",
    "\N{GRINNING FACE}",
    "\x01",
    "\n",
    "x" * 256,
    "1; select pg_sleep(5)",
    "1e5",
    "infinity",
    "NaN",
    "now",
    "2s'::text",
]
"""What would be something else than a value, were it not a literal."""


def term(field: str, op: str, *values: Any) -> dict[str, Any]:
    return {"field": field, "op": op, "values": list(values)}


@pytest.fixture(scope="module")
def reader(database: Database) -> Any:
    """A reader of a tenant with one span, beside a victim."""
    ingest(database, "attacker", [step(1, name="mine")])
    ingest(database, "victim", [call(2, trace=2)])
    with connect_as(database, "authenticated", "attacker") as connection:
        yield connection


def ask(reader: Connection, kind: str, tree: Any, columns: tuple[str, ...] = ("tenant_id",)) -> Any:
    with reader.transaction():
        return call_function(reader, f"list_{kind}", {"shown": columns, "filters": [tree]})


TEXTS = [name for name, kind in fields.FIELDS.items() if kind in ("text", "id")]
OTHERS = [
    (name, op)
    for name, kind in fields.FIELDS.items()
    for op in fields.TYPES[kind].operators
    if kind not in ("text", "id", "words") and op not in ("has", "is")
]


@pytest.mark.parametrize("kind", ["spans", "traces"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_a_text_is_compared_in_every_field(reader: Connection, kind: str, attack: str) -> None:
    """Nothing is found by it, all is found by its negation, and nothing breaks."""
    asked = [term(name, "in", attack) for name in [*TEXTS, "tag:plan", f"tag:{attack[:64]}"]]
    asked += [term("text", op, f"no{attack[:253]}?") for op in ("matches", "phrase")]

    assert ask(reader, kind, {"or": asked}) == []
    assert ask(reader, kind, {"not": {"or": asked}}) == [{"tenant_id": "attacker"}]


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_is_no_text_is_refused_in_every_field(reader: Connection, attack: str) -> None:
    """No number, amount, duration, time, id or choice has this form."""
    compiling = "select app.compile_filter(%s, 'traces')"
    for name, op in OTHERS:
        with pytest.raises(psycopg.errors.InvalidParameterValue), reader.transaction():
            reader.execute(compiling, (json.dumps(term(name, op, attack)),))


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_name_is_no_sql(reader: Connection, attack: str) -> None:
    """As a field, as an operator, as a kind or as a column it is refused."""
    for tree in (
        term(attack, "in", "x"),
        term("model", attack, "x"),
        {attack: [term("model", "in", "x")]},
    ):
        with pytest.raises(psycopg.errors.InvalidParameterValue):
            ask(reader, "spans", tree)
    with pytest.raises(psycopg.errors.UndefinedColumn):
        ask(reader, "traces", {}, (attack,))
    with pytest.raises(psycopg.errors.InvalidParameterValue), reader.transaction():
        reader.execute(
            "select app.compile_filter(%s, %s)", ('{"field": "failed", "op": "is"}', attack)
        )


def nest(depth: int) -> dict[str, Any]:
    tree = term("model", "in", "x")
    for _ in range(depth):
        tree = {"not": tree}
    return tree


@pytest.mark.parametrize(
    ("tree", "told"),
    [
        (None, "neither a group nor a term"),
        ([], "neither a group nor a term"),
        ("model", "neither a group nor a term"),
        ({"field": "model"}, "neither a group nor a term"),
        ({"field": 1, "op": "in", "values": ["x"]}, "neither a group nor a term"),
        (term("model", "in", "x") | {"or": []}, "not one list of trees"),
        (term("model", "in", "x") | {"more": 1}, "neither a group nor a term"),
        ({"and": []}, "not one list of trees"),
        ({"and": {"field": "failed", "op": "is"}}, "not one list of trees"),
        ({"and": [{}], "or": [{}]}, "not one list of trees"),
        ({"or": [{}]}, "neither a group nor a term"),
        ({"not": None}, "neither a group nor a term"),
        (nest(5), "more than 4 groups"),
        (nest(500), "more than 4 groups"),
        ({"or": [term("model", "in", "x")] * 33}, "more than 32 terms"),
        ({"or": [{"or": [term("model", "in", "x")] * 32}] * 32}, "more than 32 terms"),
        ({"or": [term("model", "in", "x" * 256, "y" * 256)] * 200}, "longer than 64 KiB"),
        (term("model", "in", *["x"] * 101), "are not a list"),
        (term("model", "in", ["x"]), "are not a list"),
        (term("model", "in", None), "are not a list"),
        (term("model", "in", True), "are not a list"),
        ({"field": "model", "op": "in", "values": "x"}, "are not a list"),
        (term("model", "in"), "model in has 0 values"),
        (term("model", "has", "x"), "model has takes no values"),
        (term("cost", "gt", "1", "2"), "cost gt has 2 values"),
        (term("model", "in", "x" * 257), "of another kind"),
        (term("model", "in", ""), "of another kind"),
        (term("status", "in", "failed"), "of another kind"),
        (term("started", "lt", "2026-02-30"), "in no calendar"),
        (term("started", "lt", "2026-11-01T10:00:00+99:99"), "in no calendar"),
        (term("cost", "lt", "-1"), "of another kind"),
        (term("cost", "lt", 1e300), "of another kind"),
        (term("modle", "in", "x"), "There is no field modle"),
        (term("tag:" + "x" * 65, "in", "x"), "There is no field tag:"),
        (term("calls", "gt", 1), "A span has no calls"),
        (term("text", "matches", "?! \n'"), "has no word to look for"),
        (term("text", "phrase", "…"), "has no word to look for"),
        (term("text", "phrase", "a", "b"), "text phrase has 2 values"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_another_form_is_refused(reader: Connection, tree: Any, told: str) -> None:
    """Under 22023, with what is wrong and what to do, at once."""
    with pytest.raises(psycopg.errors.InvalidParameterValue, match=told) as caught:
        ask(reader, "spans", tree)

    assert caught.value.diag.message_hint


def test_the_nearest_name_is_told(reader: Connection) -> None:
    """Of a misspelt field; none where none is like it."""
    for given, nearest in {
        "modle": "model",
        "environnement": "environment",
        "Model": "model",
    }.items():
        with pytest.raises(psycopg.errors.InvalidParameterValue) as caught:
            ask(reader, "spans", term(given, "in", "x"))
        assert str(caught.value.diag.message_hint).startswith(f"Did you mean {nearest}? Choose")
    with pytest.raises(psycopg.errors.InvalidParameterValue) as caught:
        ask(reader, "spans", term("zzz", "in", "x"))
    assert str(caught.value.diag.message_hint).startswith("Choose one of")


def test_python_knows_the_same_fields(database: Database) -> None:
    """Names, types, operators, patterns, words and choices are those of the database's tables."""
    types = read_as_owner(database, "select * from app.list_field_types()")
    told = {row["name"]: (tuple(row["operators"]), row["pattern"], row["meaning"]) for row in types}
    assert told == {
        name: (each.operators, each.pattern.pattern if each.pattern else None, each.meaning)
        for name, each in fields.TYPES.items()
    }
    rows = read_as_owner(database, "select * from app.list_fields()")
    assert {row["name"]: row["type"] for row in rows} == dict(fields.FIELDS)
    assert len(rows) == len(fields.FIELDS)
    assert {row["name"]: tuple(row["choices"]) for row in rows if row["choices"]} == fields.CHOICES
    assert {row["name"] for row in rows if row["of_span"] is None} == fields.OF_TRACES
    read = {row["name"] for row in rows if row["of_trace"] is None and row["listed"] is None}
    assert read == fields.READ_FROM_SPANS
    assert set(fields.SHORT_NAMES.values()) <= set(fields.FIELDS)


def test_every_dimension_of_sums_is_a_field(database: Database) -> None:
    """A figure of any dimension leads to its rows by the name that it has."""
    query = "select app.check_dimension(name) from unnest(%s::text[]) name"
    dimensions = read_as_owner(database, "select unnest(app.detail_dimensions()) as name")
    names = {row["name"] for row in dimensions} | {"user", "customer", "session", "feature"}

    assert names <= set(fields.FIELDS)
    assert len(read_as_owner(database, query, [sorted(names)])) == len(names)


@pytest.mark.parametrize(
    "changed",
    [
        {"shown": []},
        {"shown": "trace_id"},
        {"shown": ["trace_id"] * 65},
        {"shown": [1]},
        {"filters": {}},
        {"filters": [{}] * 5},
        {"most": 0},
        {"most": 1001},
        {"after": {"start": "x"}},
        {"after": {"start": "2026-11-01T00:00:00Z", "trace": "' or true --"}},
        {"after": {"start": "2026-11-01T00:00:00Z", "trace": "0" * 32, "span": "' or true --"}},
        {"after": []},
    ],
)
def test_a_malformed_question_is_refused(reader: Connection, changed: dict[str, Any]) -> None:
    """Before anything is read."""
    asked = {"shown": ["trace_id"], "filters": []} | changed
    with pytest.raises(psycopg.errors.InvalidParameterValue), reader.transaction():
        reader.execute("select public.list_spans(%s)", (json.dumps(asked),))
