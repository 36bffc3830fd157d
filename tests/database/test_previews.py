"""Previews and counts of lists: what was asked last and answered, and how many rows there are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import (
    Connection,
    call_function,
    connect_as,
    connect_as_owner,
    ingest,
)
from tests.database.support.spans import NOON, call, span_id, step, trace_id


def say(role: str, *texts: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": text} for text in texts]}


ASKED = [say("system", "Be brief."), say("user", "Hello?"), say("user", "Where  is\nmy order?")]
ANSWERED = [say("assistant", "\n It is on its way.\nIt comes tomorrow.")]
IMAGE = {
    "role": "user",
    "parts": [
        {"type": "blob", "mime_type": "image/png", "content": "iVBORw0KGgo="},
        {"type": "text", "content": "What is this?"},
    ],
}
CASES: list[tuple[Any, Any, str | None]] = [
    (ASKED, ANSWERED, "Where is my order? → It is on its way."),
    (ASKED, None, "Where is my order?"),
    (None, ANSWERED, "→ It is on its way."),
    (None, None, None),
    ([say("system", "Be brief.")], None, "Be brief."),
    ([IMAGE], None, "What is this?"),
    ([{"role": "user", "content": "As OpenAI writes it"}], None, "As OpenAI writes it"),
    ("only a text", None, "only a text"),
    ([say("user", "")], [{"role": "assistant", "parts": [{"type": "tool_call"}]}], None),
    ({"a": 1}, [3, None, {}, []], None),
    ([say("user", "q" * 300)], [say("assistant", "a" * 300)], "q" * 119 + "… → " + "a" * 76 + "…"),
    ([say("user", "q" * 300)], [say("assistant", "yes")], "q" * 193 + "… → yes"),
    ([say("user", "q" * 300)], None, "q" * 199 + "…"),
]


@pytest.mark.parametrize(("asked", "answered", "expected"), CASES)
def test_a_preview_is_the_last_question_and_the_first_line(
    owner: Connection, asked: Any, answered: Any, expected: str | None
) -> None:
    """Of whatever was kept, on one line, in 200 characters at most."""
    row = owner.execute(
        "select app.preview(%s::jsonb, %s::jsonb) as told",
        [None if told is None else json.dumps(told) for told in (asked, answered)],
    ).fetchone()

    assert row is not None
    assert row["told"] == expected
    assert len(row["told"] or "") <= 200


@pytest.fixture(scope="module")
def caller(database: Database) -> Iterator[Connection]:
    """A reader of three traces: content of the root and a call, of a call alone, of nothing."""
    later = NOON + timedelta(seconds=1)
    spans = [
        step(1, trace=1, input=[say("user", "Root?")]),
        call(2, trace=1, at=later, parent_span_id=span_id(1), input=[say("user", "Call?")]),
        step(3, trace=2),
        step(4, trace=2, parent_span_id=span_id(3), input=[say("user", "Step?")]),
        call(5, trace=2, at=later, parent_span_id=span_id(3), input=[say("user", "Call?")]),
        call(6, trace=3),
    ]
    for tenant in ("previewed", "previewed-neighbour"):
        ingest(database, tenant, spans)
    with connect_as_owner(database) as owner:
        owner.execute("update public.span_contents set input = '[]' where tenant_id like '%bour'")
    with connect_as(database, "authenticated", "previewed") as connection:
        yield connection


def test_a_trace_shows_its_roots_content_else_its_first_calls(caller: Connection) -> None:
    """Null where nothing is kept, whatever the order of the list."""
    for sort in ("-time", "duration"):
        asked = {"shown": ["trace_id"], "preview": True, "sort": sort}
        rows = call_function(caller, "list_traces", asked)
        assert {row["trace_id"]: row["preview"] for row in rows} == {
            trace_id(1): "Root?",
            trace_id(2): "Call?",
            trace_id(3): None,
        }


def test_a_span_shows_its_own_content(caller: Connection) -> None:
    """Each its own; none where nobody asks for it."""
    asked = {"shown": ["span_id"], "filters": [{"field": "counted", "op": "is"}]}
    rows = call_function(caller, "list_spans", asked | {"preview": True})
    assert {row["span_id"]: row["preview"] for row in rows} == {
        span_id(2): "Call?",
        span_id(5): "Call?",
        span_id(6): None,
    }
    assert all("preview" not in row for row in call_function(caller, "list_spans", asked))


def test_a_count_is_exact_up_to_ten_thousand(database: Database, caller: Connection) -> None:
    """Of the rows that a filter lets through; beyond that there are more."""
    named = {"filters": [{"field": "name", "op": "in", "values": ["step 1", "step 4"]}]}
    assert call_function(caller, "count_spans", named) == {"count": 2, "more": False}
    assert call_function(caller, "count_traces", named) == {"count": 1, "more": False}
    many = [call(n, trace=n, at=NOON + timedelta(seconds=n)) for n in range(1, 10_002)]
    for first in range(0, len(many), 1000):
        ingest(database, "counted-many", many[first : first + 1000])
    with connect_as(database, "authenticated", "counted-many") as reader:
        for kind in ("spans", "traces"):
            others = {"not": {"field": "trace", "op": "in", "values": [trace_id(1)]}}
            assert call_function(reader, f"count_{kind}", {"filters": []}) == {
                "count": 10_000,
                "more": True,
            }
            assert call_function(reader, f"count_{kind}", {"filters": [others]}) == {
                "count": 10_000,
                "more": False,
            }
