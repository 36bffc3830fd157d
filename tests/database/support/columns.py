"""A value of its own for each column of a span, and where it comes from."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from infra.local.throwaway import Database
from llm_observe.records import SpanRecord
from tests.database.support.callers import read_as_owner
from tests.database.support.spans import NOON, nanoseconds

Row = dict[str, Any]

PRICING: Final = {"price_provider", "price_model", "price_tier"}
"""What a record has to say which price is meant; the columns tell which was found."""
CONTENT: Final = {"input", "output"}
"""What lies beside the span, in span_contents."""
KEYS: Final = {"trace_id", "span_id", "name", "kind", "start_ns", "end_ns"}
"""What no delivery goes without."""
_GROUPS: Final = (
    {"status", "status_message", "error_type"},
    {"input_digest", "input_length"},
    {"output_digest", "output_length"},
)
_USAGE: Final = {
    *("usage_status", "usage_buckets", "cost_usd", "price_id", "canonical_model"),
    *("unknown_because", "cost_min_usd", "cost_max_usd"),
}
_MONEY: Final = ("cost_usd", "cost_min_usd", "cost_max_usd")
_START: Final = nanoseconds(NOON) + 7
_OF_A_FORM: Final[Row] = {
    "trace_id": "c" * 32,
    "span_id": "d" * 16,
    "parent_span_id": "e" * 16,
    "kind": "producer",
    "start_ns": _START,
    "end_ns": _START + 2_000_001,
    "status": "error",
    "usage_status": "reported",
    "usage_buckets": {"input_uncached": 3},
    "cost_usd": "0.25",
    "cost_min_usd": "0.125",
    "cost_max_usd": "0.5",
    "process_keys": ["a process"],
    "finish_reasons": ["a finish reason"],
    "tags": {"a tag": "its text"},
    "attributes": {"an attribute": ["its value"]},
    "input": ["what went in"],
    "output": {"came": "out"},
}
"""Values of columns that take no other text, number or flag."""


def list_columns(database: Database) -> dict[str, str]:
    """Give the columns of ``spans`` with their types, in their order."""
    query = """
        select attname, format_type(atttypid, atttypmod) as type from pg_catalog.pg_attribute
        where attrelid = 'public.spans'::regclass and attnum > 0 and not attisdropped
        order by attnum"""
    return {row["attname"]: row["type"] for row in read_as_owner(database, query)}


def list_sent() -> list[str]:
    """Give the columns that a sender fills, content included."""
    return [f.name for f in fields(SpanRecord) if f.metadata.get("sent", True)]


def make_record(columns: dict[str, str], tenant: str) -> SpanRecord:
    """Make a record in which each field has a value that no other has."""
    values: Row = {"tenant_id": tenant}
    for number, name in enumerate(list_sent()):
        if name in _OF_A_FORM:
            values[name] = _OF_A_FORM[name]
        elif name not in PRICING:
            values[name] = _make_value(name, columns[name], number)
    return SpanRecord(**values)


def split(record: SpanRecord) -> tuple[Row, Row]:
    """Tell a record in two deliveries, of which each knows every other column."""
    row = record.to_row()
    deliveries: tuple[Row, Row] = ({}, {})
    for number, (name, value) in enumerate(row.items()):
        for place, delivery in enumerate(deliveries):
            if name in KEYS or place == _find_part(name, number):
                delivery[name] = value
    for delivery in deliveries:
        delivery.setdefault("status", "unset")
        delivery.setdefault("countable", False)
    return deliveries


def expect(record: SpanRecord, tenant: str, key_id: str | None) -> Row:
    """Give what is stored of a record: its own fields, and what the database makes of them."""
    names = [name for name in list_sent() if name not in PRICING | CONTENT]
    values = {name: getattr(record, name) for name in names}
    return values | {
        "tenant_id": tenant,
        "start_time": NOON,
        "end_time": NOON + timedelta(milliseconds=2),
        "duration_ms": 2.000001,
        "model": record.response_model,
        "counted": record.countable,
        **{name: Decimal(getattr(record, name)) for name in _MONEY},
        "misdated": None,
        "possible_duplicate": False,
        "chained_session_id": None,
        "price_source": "wheel",
        "api_key_id": key_id,
    }


def _find_part(name: str, number: int) -> int:
    """Columns that are taken together come together."""
    if name in _USAGE or name.endswith("_tokens"):
        return 1
    for place, group in enumerate(_GROUPS):
        if name in group:
            return place % 2
    return number % 2


def _make_value(name: str, kind: str, number: int) -> Any:
    values: Row = {
        "text": f"the {name}",
        "bigint": 1000 + number,
        "integer": 2000 + number,
        "double precision": number + 0.5,
        "boolean": True,
    }
    return values[kind]
