"""Words and phrases find the spans and traces that have them, whichever way they are looked up."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.local.throwaway import Database
from tests.database.support.callers import (
    Connection,
    administer,
    connect_as,
    ingest,
    read_as_owner,
)
from tests.database.support.filtering import Traces, Tree, keeps_span, keeps_trace, read_traces
from tests.database.support.rolled_up import fold
from tests.database.support.spans import NOON, call, step, trace_id

WORDS = ["refund", "Order", "late", "A-17", "foo@example.com", "and/or", "x_1", "退款", "naïve"]
TENANTS = ("searched", "neighbour")


def say(*texts: str) -> list[dict[str, Any]]:
    """Messages that say these texts."""
    return [{"role": "user", "parts": [{"type": "text", "content": text}]} for text in texts]


def make_spans(draw: random.Random) -> list[dict[str, Any]]:
    """Spans of traces over some hours, with terms of their own, some of which go over days."""

    def write() -> str:
        return draw.choice([" ", ", ", "\n"]).join(draw.choices(WORDS, k=3))

    spans = []
    for number in range(1, 401):
        trace = draw.randrange(1, 80)
        at = NOON - timedelta(minutes=trace * 3) + timedelta(hours=draw.choice([0, 0, 0, 1, 50]))
        told: dict[str, Any] = {"name": draw.choice(["chat", "late chat", write()])}
        told["parent_span_id"] = None
        if draw.random() < 0.4:
            told |= {"input": say(write(), write()), "output": say(write())}
            told["attributes"] = {"note": draw.choice(WORDS)}
        spans.append(draw.choice([call, step])(number, trace=trace, at=at, **told))
    return spans


@pytest.fixture(scope="module")
def traces(database: Database) -> Traces:
    """The stored spans of one of two tenants that sent the same, by trace."""
    spans = make_spans(random.Random(16))  # numbers for a test
    for tenant in TENANTS:
        ingest(database, tenant, spans[:330])
        fold(database, tenant)
        ingest(database, tenant, spans[330:])
    return read_traces(database, TENANTS[0])


@pytest.fixture(scope="module")
def caller(database: Database, traces: Traces) -> Iterator[Connection]:
    """A reader of the first tenant."""
    assert traces
    with connect_as(database, "authenticated", TENANTS[0]) as connection:
        yield connection


def text(op: str, told: str) -> Tree:
    return {"field": "text", "op": op, "values": [told]}


ASKED = st.lists(
    st.sampled_from([*WORDS, "ORDER", "17", "example", "款", "chat", "none"]),
    min_size=1,
    max_size=3,
)
TERMS = st.builds(text, st.sampled_from(["matches", "phrase"]), ASKED.map(" ".join))
OTHERS = st.sampled_from(
    [
        {"field": "content", "op": "has"},
        {"field": "started", "op": "ge", "values": ["2026-11-23T08:00:00Z"]},
        {"not": text("matches", "refund")},
        {"or": [text("matches", "late"), {"field": "counted", "op": "is"}]},
    ]
)


def match(caller: Connection, kind: str, asked: dict[str, Any]) -> list[tuple[Any, ...]]:
    query = "select start_time, trace_id, span_id from app.match_rows(%s, %s)"
    rows = caller.execute(query, (json.dumps(asked), kind)).fetchall()
    return [tuple(row.values()) for row in rows]


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    terms=st.lists(TERMS, min_size=1, max_size=2),
    other=st.none() | OTHERS,
    most=st.integers(12, 60),
)
def test_pages_of_a_search_have_what_the_model_has(
    caller: Connection, traces: Traces, terms: list[Tree], other: Tree | None, most: int
) -> None:
    """Newest first, each row once, page after page; of spans and of traces."""
    tree = {"and": [*terms, *([other] if other else [])]}
    for kind in ("spans", "traces"):
        found: list[tuple[Any, ...]] = []
        asked: dict[str, Any] = {"filters": [tree], "most": most}
        while page := match(caller, kind, asked):
            found += page
            start, trace, span = page[-1]
            asked["after"] = {"start": start.isoformat(), "trace": trace, "span": span}
        keys = [key[: 3 if kind == "spans" else 2] for key in found]
        assert keys == sorted(keys, reverse=True)
        expected = (
            [
                (span["trace_id"], span["span_id"])
                for trace in traces.values()
                for span in trace
                if keeps_span(tree, span, trace)
            ]
            if kind == "spans"
            else [(key,) for key, trace in traces.items() if keeps_trace(tree, trace)]
        )
        assert sorted(key[1:] for key in keys) == sorted(expected)


def search(database: Database, tenant: str, told: str, op: str = "phrase") -> list[str]:
    """The traces in which a text is found."""
    with connect_as(database, "authenticated", tenant) as caller:
        return [key[1] for key in match(caller, "traces", {"filters": [text(op, told)]})]


def test_nobody_finds_words_of_another_tenant(database: Database, another_tenant: Any) -> None:
    """Neither by a list nor by what looks words up for it."""
    mine, other = another_tenant(), another_tenant()
    ingest(database, mine, [call(1, trace=1, input=say("nothing here"))])
    ingest(database, other, [call(2, trace=2, input=say("a secret plan"), name="secret")])

    assert search(database, other, "secret plan") == [trace_id(2)]
    assert search(database, mine, "secret") == []
    with connect_as(database, "authenticated", mine) as caller:
        for name in ("texts", "named"):
            query = f"select * from app.find_{name}('secret', '-infinity', 'infinity', 9)"
            assert caller.execute(query).fetchall() == []


def test_what_is_deleted_is_found_no_more(database: Database, tenant: str) -> None:
    """Its words are gone with it, from the index, too."""
    spans = [call(n, trace=n, input=say("a very rare word")) for n in (1, 2)]
    ingest(database, tenant, spans)
    assert len(search(database, tenant, "rare word")) == 2

    administer(database, tenant, "forget_trace", trace_id=trace_id(1))

    assert search(database, tenant, "rare word") == [trace_id(2)]


def test_a_phrase_is_of_one_text(database: Database, tenant: str) -> None:
    """It goes over no message's end; roles are no words, what a tool was given are some."""
    part = {"type": "tool_call", "name": "find_order", "arguments": {"number": "A-17", "n": ["x"]}}
    told = [*say("one two", "three"), {"role": "assistant", "parts": [part]}]
    ingest(database, tenant, [call(1, trace=1, input=told, output=say("four"))])

    for found in ("one two", "find order", "a-17", "x"):
        assert search(database, tenant, found) == [trace_id(1)], found
    for missed in ("two three", "three four", "assistant", "number"):
        assert search(database, tenant, missed) == [], missed
    assert search(database, tenant, "four two", "matches") == [trace_id(1)]


def test_nothing_is_kept_of_a_span_without_content(database: Database, tenant: str) -> None:
    """Of it the names are found, and neither its message nor its attributes."""
    told: dict[str, Any] = {"status_message": "overloaded", "attributes": {"note": "urgent"}}
    ingest(database, tenant, [call(1, trace=1, name="summarize letter", **told)])
    ingest(database, tenant, [call(2, trace=2, input=say("hello"), **told)])

    assert search(database, tenant, "summarize letter") == [trace_id(1)]
    assert search(database, tenant, "overloaded") == search(database, tenant, "urgent")
    assert search(database, tenant, "urgent") == [trace_id(2)]
    query = "select labels from public.span_contents where tenant_id = %s"
    assert len(read_as_owner(database, query, [tenant])) == 1


def test_words_are_read_in_a_language(database: Database, tenant: str) -> None:
    """By the tenant's configuration; what was stored before is found by the one of then."""
    ingest(database, tenant, [call(1, trace=1, input=say("Die Häuser waren teuer"))])
    assert search(database, tenant, "Haus") == []

    told = administer(database, tenant, "set_text_config", text_config="german")
    ingest(database, tenant, [call(2, trace=2, input=say("Die Häuser waren teuer"))])

    assert told == {"text_config": "german", "before": ["simple"]}
    assert search(database, tenant, "die Hauses", "matches") == [trace_id(2)]
    assert search(database, tenant, "Häuser teuer", "matches") == [trace_id(2), trace_id(1)]
    assert search(database, tenant, "Die", "matches") == [trace_id(1)]


def test_another_configuration_is_refused(database: Database, tenant: str) -> None:
    """One that Postgres does not have, and a fifth."""
    with pytest.raises(psycopg.errors.InvalidParameterValue) as caught:
        administer(database, tenant, "set_text_config", text_config="klingon")
    assert "german" in str(caught.value.diag.message_hint)
    for name in ("english", "german", "french", "simple", "german"):
        administer(database, tenant, "set_text_config", text_config=name)
    with pytest.raises(psycopg.Error, match="4 text search configurations"):
        administer(database, tenant, "set_text_config", text_config="dutch")
