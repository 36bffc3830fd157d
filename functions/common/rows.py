"""From rows of the database's views to the API's bodies: the names differ, the numbers do not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.common.models import Latency, SpanDetail, SpanSummary, Totals, TraceSummary

Row = Mapping[str, Any]


def to_span_summary(row: Row) -> SpanSummary:
    """Make a span's row of a list."""
    return SpanSummary.model_validate(_name_tokens(row))


def to_span_detail(row: Row) -> SpanDetail:
    """Make a span with all that is stored of it."""
    return SpanDetail.model_validate(_name_tokens(row))


def to_trace_summary(row: Row) -> TraceSummary:
    """Make a trace's row of a list."""
    named = _name_tokens(row)
    return TraceSummary.model_validate({**named, "total_cost_usd": row["cost_usd"]})


def to_totals(row: Row) -> Totals:
    """Make the sums of a group of model calls."""
    named = _name_tokens(row)
    return Totals.model_validate({**named, "latency_ms": Latency.model_validate(row["latency_ms"])})


def _name_tokens(row: Row) -> dict[str, Any]:
    """The database says input and output as OpenTelemetry does, the API prompt and completion."""
    return {
        **row,
        "prompt_tokens": row["input_tokens"],
        "completion_tokens": row["output_tokens"],
    }
