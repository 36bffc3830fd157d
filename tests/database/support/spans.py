"""Spans as the library sends them, numbered instead of random."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from llm_observe.records import SpanRecord

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
"""Inside the monthly partitions or not, depending on the day the tests run: both must work."""
MILLISECOND = 10**6
Span = dict[str, Any]
UNSENT = 2**32
"""The number of a span that nobody sends: the parent of calls, so that none wraps another."""


def nanoseconds(moment: datetime) -> int:
    """Give a time as nanoseconds since 1970, exactly."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000


def span_id(number: int) -> str:
    """Give the id of a numbered span."""
    return f"{number:016x}"


def trace_id(number: int) -> str:
    """Give the id of a numbered trace."""
    return f"{number:032x}"


def step(number: int, *, trace: int = 1, at: datetime = NOON, **values: Any) -> dict[str, Any]:
    """Make a span that is no model call: one second, a root unless ``parent_span_id`` is given."""
    start = values.pop("start_ns", nanoseconds(at))
    record = SpanRecord(
        **{
            "tenant_id": "of-no-concern",
            "trace_id": trace_id(trace),
            "span_id": span_id(number),
            "name": f"step {number}",
            "kind": "internal",
            "start_ns": start,
            "end_ns": start + 1000 * MILLISECOND,
        }
        | values
    )
    return record.to_row()


def call(number: int, *, trace: int = 1, at: datetime = NOON, **values: Any) -> dict[str, Any]:
    """Make a model call of 100 + 10 tokens without a price, below a span that is not sent."""
    usage = {
        "usage_status": "reported",
        "input_tokens": 100,
        "output_tokens": 10,
        "total_tokens": 110,
        "usage_buckets": {"input_uncached": 100, "output_text": 10},
    }
    model = values.pop("model", "fable-1")
    defaults = {
        "name": f"chat {model}",
        "kind": "client",
        "parent_span_id": span_id(UNSENT),
        "operation": "chat",
        "provider": "acme",
        "request_model": model,
        "response_model": model,
        "countable": True,
        "price_provider": "acme",
        "price_model": model,
        "price_tier": "standard",
    }
    return step(number, trace=trace, at=at, **(defaults | usage | values))


def unmeasured_call(number: int, **values: Any) -> dict[str, Any]:
    """Make a model call of which the provider did not say what it used."""
    unknown: dict[str, Any] = dict.fromkeys(
        ("input_tokens", "output_tokens", "total_tokens", "usage_buckets")
    )
    return call(number, **(unknown | {"usage_status": "unknown"} | values))


def failed_call(number: int, **values: Any) -> dict[str, Any]:
    """Make a model call that failed before the provider said what it used."""
    failure: dict[str, Any] = {
        "status": "error",
        "error_type": "acme.RateLimitError",
        "response_model": None,
    }
    return unmeasured_call(number, **(failure | values))
