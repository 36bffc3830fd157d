"""Rows that Postgres takes, whatever a span holds."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.local.throwaway import Database
from llm_observe.records import SpanRecord, bound_id, clamp_ns, clean_text, sanitise
from tests.database.support.callers import ingest

wild = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None))
    | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec=None)), inner),
    max_leaves=30,
)


text = st.text(st.characters(codec=None), max_size=300) | st.sampled_from(
    ["x" * 3_000, "\U0001f600" * 9_000, "\x00" * 300, "NaN", "1e400", "-1", "0.000120000000"]
)
TEXTS = """
name status_message error_type operation provider request_model response_model response_id
service_tier agent_name tool_name instrumentation service_name environment session_id user_id
canonical_model release customer_id prompt_name prompt_version previous_response_id
cost_usd price_id price_provider price_model price_tier input_digest output_digest
"""
COUNTS = """
input_tokens output_tokens total_tokens cache_read_tokens cache_write_tokens reasoning_tokens
input_length output_length
"""
OPTIONAL: dict[str, st.SearchStrategy[Any]] = {
    "start_ns": st.integers(),
    "end_ns": st.integers(),
    "countable": st.booleans(),
    "streamed": st.booleans(),
    "time_to_first_token_ms": st.floats() | st.integers(),
    "usage_buckets": st.dictionaries(text, st.integers() | st.floats(), max_size=40),
    "finish_reasons": st.lists(text, max_size=300),
    "tags": st.dictionaries(text, text | st.integers(), max_size=40),
    "attributes": st.dictionaries(text, wild),
    "input": wild,
    "output": wild,
    **dict.fromkeys(TEXTS.split(), text),
    **dict.fromkeys(COUNTS.split(), st.integers()),
}


def make(**values: Any) -> SpanRecord:
    given = {"tenant_id": "t1", "trace_id": "a" * 32, "span_id": "b" * 16, "name": "chat"}
    return SpanRecord(**{**given, "kind": "client", "start_ns": 1, "end_ns": 2, **values})


def test_the_tenant_is_not_in_the_row() -> None:
    """The database takes the tenant from the token only."""
    assert "tenant_id" not in make().to_row()


def test_unknown_fields_are_left_out() -> None:
    """A row holds what is known and nothing else."""
    assert make().to_row() == {
        "trace_id": "a" * 32,
        "span_id": "b" * 16,
        "name": "chat",
        "kind": "client",
        "start_ns": 1,
        "end_ns": 2,
        "status": "unset",
        "countable": False,
        "attributes": {},
    }


@given(st.text(st.characters(codec=None)))
def test_long_ids_stay_distinct(end: str) -> None:
    """An id has at most 256 characters, and two that begin alike are two."""
    ids = {bound_id("a" * 300 + "b" + end), bound_id("a" * 300), bound_id("a" * 256)}

    assert len(ids) == 3
    assert max(map(len, ids)) == 256


@given(st.text(st.characters(codec=None), max_size=300))
def test_an_id_that_was_cleaned_is_the_same(text: str) -> None:
    """OTLP's reader cleans texts, the library's own spans come as they are: one user."""
    assert bound_id(clean_text(text, len(text))) == bound_id(text)


@given(st.integers(), st.integers())
def test_times_stay_within_fixed_bounds(start: int, end: int) -> None:
    """Starts are clamped to [1970, 2100), and no span ends before it starts."""
    row = make(start_ns=start, end_ns=end).to_row()

    assert 0 <= row["start_ns"] <= row["end_ns"] < 4_102_444_800_000_000_000
    assert clamp_ns(row["start_ns"]) == row["start_ns"]


@given(wild)
def test_any_value_becomes_json_without_what_postgres_refuses(value: Any) -> None:
    """NUL, lone surrogates, NaN and infinities are gone; strict JSON comes out."""
    text = json.dumps(sanitise(value), allow_nan=False, ensure_ascii=False)

    assert "\\u0000" not in text
    assert text.encode("utf-8")


@pytest.mark.parametrize(
    "poison",
    ["nul \x00", "surrogate \ud800", float("nan"), float("inf"), 2**70, b"\xff", {"k\x00": [None]}],
)
def test_postgres_takes_what_was_sanitised(database: Database, poison: Any) -> None:
    """A poisonous attribute does not cost the batch: jsonb accepts the row."""
    row = json.dumps(make(attributes={"wild": poison}).to_row())

    with psycopg.connect(database.owner_url) as connection:
        stored = connection.execute("select (%s::jsonb) ? 'attributes'", (row,)).fetchone()

    assert stored == (True,)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.fixed_dictionaries({}, optional=OPTIONAL), min_size=1, max_size=20))
def test_the_database_takes_any_record(database: Database, fields: list[dict[str, Any]]) -> None:
    """Whatever the types allow: no row is one that a check refuses, and costs its batch."""
    rows = [
        make(**{"trace_id": f"{number:032x}", **values}).to_row()
        for number, values in enumerate(fields, start=1)
    ]
    answer = ingest(database, "any-record", rows)

    assert answer["received"] == len(rows)


def test_attributes_above_their_bound_lose_the_largest() -> None:
    """What has no room is counted with what privacy dropped; the rest stays."""
    large = {f"key{number}": "\U0001f600" * 8_000 for number in range(50)}
    attributes = make(
        attributes={"small": 1, "llm_observe.dropped_attributes": 2, **large}
    ).to_row()

    kept = attributes["attributes"]
    assert kept["small"] == 1
    assert 0 < len(kept) - 2 < 50
    assert kept["llm_observe.dropped_attributes"] == 2 + 50 - (len(kept) - 2)


def test_deep_nesting_is_cut() -> None:
    """Seven thousand levels neither raise nor get stored."""
    deep: Any = "leaf"
    for _ in range(7000):
        deep = [deep]

    assert len(json.dumps(sanitise(deep))) < 200
