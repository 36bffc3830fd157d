"""The columns of a span are one list: each arrives by its name and is merged by its rule."""

from __future__ import annotations

import re
from typing import Any

import pytest

from functions.common.summaries import SpanSummary
from functions.trace.bodies import SpanDetail, SpanWhole
from infra.local.settings import REPOSITORY
from infra.local.throwaway import Database
from llm_observe.dialects.mapping import BESIDE, FIELDS
from llm_observe.semconv import UNKNOWN_BECAUSE
from tests.database.support.callers import PROCESS, call_function, connect_as, read_as_owner
from tests.database.support.columns import (
    CONTENT,
    KEYS,
    PRICING,
    Row,
    expect,
    list_columns,
    list_sent,
    make_record,
    split,
)
from tests.database.support.keys import create_key, key_id

FILLED = {
    *("tenant_id", "api_key_id", "start_time", "end_time", "duration_ms", "received_at"),
    *("model", "counted", "price_source", "misdated", "possible_duplicate", "chained_session_id"),
}
"""Columns that the database fills, whatever a sender says."""
RENAMED = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens"}
"""What the API promised to call otherwise."""
UNANSWERED = {
    *("canonical_model", "api_key_id"),
    *("start_ns", "end_ns", "end_time", "received_at", "countable", "streamed"),
    *(
        "process_keys",
        "response_id",
        "previous_response_id",
        "chained_session_id",
        "service_tier",
        "finish_reasons",
        "cache_write_tokens",
        "usage_buckets",
    ),
}
"""Columns that GET /traces/{trace_id} leaves out."""
UNTOLD = {"start_ns", "end_ns", "process_keys"}
"""Columns that a span's own route leaves out, too: numbers that JavaScript rounds, and hashes."""
PLACES = {
    "supabase/schemas/30_spans.sql",
    "supabase/schemas/37_merging.sql",
    "src/llm_observe/records.py",
    "src/llm_observe/measuring.py",
    "functions/trace/bodies.py",
}
"""A column with its bounds, its rule of merging, its field, its value, and its answer."""
ASKERS = {
    "supabase/schemas/40_trace_summaries.sql",
    "supabase/schemas/47_roll_ups.sql",
    "supabase/schemas/48_sums.sql",
    "supabase/schemas/49_model_calls.sql",
    "supabase/schemas/56_raw_sums.sql",
    "supabase/schemas/59_metrics_views.sql",
}
"""Where sums and lists go by this one."""


@pytest.fixture
def writer_key(database: Database, tenant: str) -> str:
    """The id of an API key of the tenant that may write."""
    create_key(database, tenant, 1, scopes=["ingest"])
    return key_id(1)


def deliver(database: Database, tenant: str, key: str, *batches: list[Row]) -> None:
    for batch in batches:
        with connect_as(database, "llm_ingest", tenant, key) as connection:
            call_function(connection, "ingest_spans", {"spans": batch, "process": PROCESS})


def read_only_span(database: Database, tenant: str) -> Row:
    """Give a tenant's one span by its columns' names, without the time it came at."""
    (row,) = read_as_owner(database, "select * from public.spans where tenant_id = %s", [tenant])
    assert row.pop("received_at") is not None
    return row


def test_each_column_arrives_by_its_name(database: Database, tenant: str, writer_key: str) -> None:
    """Of two neighbours that hold texts each has its own. A new column needs a value here."""
    record = make_record(list_columns(database), tenant)
    deliver(database, tenant, writer_key, [record.to_row()])

    row = read_only_span(database, tenant)
    assert row == expect(record, tenant, writer_key)
    del row["model"]  # the response's, once more
    texts = [value for value in row.values() if isinstance(value, str)]
    assert len(texts) == len({*texts}) > 20
    query = "select input, output from public.span_contents where tenant_id = %s"
    assert read_as_owner(database, query, [tenant]) == [
        {"input": record.input, "output": record.output}
    ]


@pytest.mark.parametrize("together", [False, True], ids=["in turn", "in one batch"])
@pytest.mark.parametrize("turned", [False, True], ids=["as told", "turned"])
def test_what_one_delivery_knows_is_kept(
    database: Database, tenant: str, writer_key: str, turned: bool, together: bool
) -> None:
    """Each column is known to one of two deliveries alone. A column without a rule is lost."""
    record = make_record(list_columns(database), tenant)
    first, second = reversed(split(record)) if turned else split(record)
    batches = [[first, second]] if together else [[first], [second]]
    deliver(database, tenant, writer_key, *batches)

    assert read_only_span(database, tenant) == expect(record, tenant, writer_key)


def test_a_sender_does_not_fill_the_databases_columns(
    database: Database, tenant: str, writer_key: str
) -> None:
    """Fields of a span that bear their names are of no effect."""
    columns = list_columns(database)
    record = make_record(columns, tenant)
    false = {
        **{name: "forged" for name in FILLED if columns[name] == "text"},
        **{name: "2001-01-01T00:00:00Z" for name in FILLED if "time zone" in columns[name]},
        "duration_ms": 5,
        "counted": False,
        "price_source": "table",
        "possible_duplicate": True,
    }
    assert false.keys() == FILLED
    deliver(database, tenant, writer_key, [record.to_row() | false])

    assert read_only_span(database, tenant) == expect(record, tenant, writer_key)


def test_a_record_and_the_table_have_the_same_columns(database: Database) -> None:
    """What a sender fills, and what the database does, are all columns, and nothing else is."""
    sent = {*list_sent()} - PRICING - CONTENT
    assert sent & FILLED == set()
    assert sent | FILLED == {*list_columns(database)}
    assert sent >= KEYS


def test_the_api_answers_columns(database: Database) -> None:
    """Each field of a span is a column, and each column is answered or is known not to be."""
    added = {"truncated", "unpriced", "unmeasured"}
    answered = {RENAMED.get(name, name) for name in SpanDetail.model_fields} - added - CONTENT
    assert answered.isdisjoint(UNANSWERED)
    assert answered | UNANSWERED == {*list_columns(database)}
    assert SpanSummary.model_fields.keys() <= SpanDetail.model_fields.keys()
    assert UNANSWERED & SpanWhole.model_fields.keys() == UNANSWERED - UNTOLD


def test_rules_fill_what_a_sender_may(database: Database) -> None:
    """A tenant's rule names a column that a record has, or content."""
    fillable = {*list_sent()} & ({*list_columns(database)} | CONTENT)
    assert {*FIELDS} - {*BESIDE} <= fillable
    (row,) = read_as_owner(database, "select app.mapping_fields() as fields")
    assert row["fields"] == [*FIELDS]


def test_a_column_is_written_in_five_places() -> None:
    """CONTRIBUTING's recipe names them; a column that is spelled elsewhere, too, breaks it."""
    spelled = {
        path.relative_to(REPOSITORY).as_posix()
        for room in ("supabase/schemas", "src", "functions", "infra", "ui/src")
        for path in (REPOSITORY / room).rglob("*.*")
        if path.suffix in {".sql", ".py", ".ts", ".tsx"} and path.name != "schema.ts"
        if re.search(r"\bcanonical_model\b", path.read_text(encoding="utf-8"))
    }
    assert ASKERS <= spelled <= PLACES | ASKERS
    assert len(PLACES) == 5


@pytest.mark.parametrize("claim", ["dev", "user:0b0c0d0e-0000-4000-8000-000000000000", None])
def test_only_a_key_is_named_as_one(database: Database, tenant: str, claim: Any) -> None:
    """A person's or a developer's span names no key."""
    record = make_record(list_columns(database), tenant)
    deliver(database, tenant, claim, [record.to_row()])

    assert read_only_span(database, tenant)["api_key_id"] is None


def test_the_queues_writer_tells_the_key(database: Database, tenant: str) -> None:
    """Its own token is no key's, and the key was good when the spans were taken."""
    record = make_record(list_columns(database), tenant)
    deliver(database, tenant, "span_writer", [record.to_row() | {"api_key_id": "abcd1234"}])

    assert read_only_span(database, tenant)["api_key_id"] == "abcd1234"


def test_each_reason_for_an_unknown_cost_is_told(database: Database) -> None:
    """The column's comment has the library's list of reasons, in its order."""
    query = """select col_description('public.spans'::regclass, attnum) as told from pg_attribute
        where attrelid = 'public.spans'::regclass and attname = 'unknown_because'"""
    (row,) = read_as_owner(database, query)
    assert row["told"].endswith(f": {', '.join(UNKNOWN_BECAUSE)}.")
