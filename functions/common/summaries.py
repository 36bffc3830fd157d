"""A span's and a trace's row of a list, as several endpoints answer them.

The names differ from the database's, the numbers do not. Times are UTC, ISO 8601 with ``Z``;
durations are milliseconds; costs are US dollars. ``null`` means unknown, never zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field

from functions.common.auth.access import CallerIdentity
from functions.common.database import fetch, read_as
from functions.common.types import Misdated, SpanId, Status, TenantId, TraceId

Row = Mapping[str, Any]
_MISDATED = (
    "future: starts or ends more than a day after it came; past: starts before 2015. "
    "Such a span is in no sum, and in lists only where a filter asks for it."
)


class SpanSummary(BaseModel):
    """One span without its attributes: a row of a list or of a tree."""

    trace_id: TraceId
    span_id: SpanId
    parent_span_id: SpanId | None
    tenant_id: TenantId
    name: str
    kind: str
    operation: str | None
    provider: str | None
    model: str | None
    start_time: datetime
    duration_ms: float
    time_to_first_token_ms: float | None
    prompt_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None
    cache_read_tokens: int | None
    reasoning_tokens: int | None
    cost_usd: float | None
    cost_min_usd: float | None = Field(
        description="Between this and cost_max_usd lies a cost that is not known."
    )
    cost_max_usd: float | None
    unknown_because: str | None = Field(
        description="Why a model call has no usage, or usage and no cost."
    )
    status: Status
    status_message: str | None
    error_type: str | None
    counted: bool
    usage_uncounted: str | None = Field(
        description="Why a span that tells of tokens is no model call: repeats_calls, no_model."
    )
    possible_duplicate: Annotated[bool, BeforeValidator(bool)] = Field(
        description="A counted call that another span may tell of, too, which is not proven."
    )
    misdated: Misdated | None = Field(description=_MISDATED)
    unpriced: bool = Field(description="A counted call of known usage and unknown price.")
    unmeasured: bool = Field(description="A counted call that was answered, of unknown usage.")
    session_id: str | None
    user_id: str | None
    customer_id: str | None
    environment: str | None
    service_name: str | None


class TraceSummary(BaseModel):
    trace_id: TraceId
    tenant_id: TenantId
    root_span_name: str | None = Field(
        description="Of a trace without a root the name of its topmost span."
    )
    start_time: datetime
    duration_ms: float
    span_count: int
    error_count: int
    models: list[str] = Field(description="Names in order; at most 32.")
    error_types: list[str] = Field(
        description="Of its failed spans, in order; at most 32. A failed span may tell none."
    )
    requests: int
    unpriced_requests: int = Field(description="Calls of known usage and unknown price.")
    unmeasured_requests: int = Field(description="Answered calls of unknown usage.")
    prompt_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None
    total_cost_usd: float | None
    status: Status
    misdated: list[Misdated] = Field(
        description="How spans of it are misdated; they do not tell when the trace was."
    )
    session_id: str | None = Field(description="Its root's, else the least that a span tells.")
    user_id: str | None
    customer_id: str | None
    environment: str | None
    generated: bool = Field(description="True where the tenant holds generated sample data.")


def list_columns(fields: Iterable[str]) -> str:
    """Name the columns of ``span_summaries`` that these fields of a span are read from."""
    stored = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens"}
    return ",".join(stored.get(name, name) for name in fields)


def to_span_summary(row: Row) -> SpanSummary:
    """Make a span's row of a list."""
    return SpanSummary.model_validate(name_tokens(row))


def to_trace_summary(row: Row) -> TraceSummary:
    """Make a trace's row of a list."""
    return TraceSummary.model_validate(name_tokens(row))


def find_trace(caller: CallerIdentity, trace_id: str) -> dict[str, Any] | None:
    """Give a trace's summary, or None where the caller's tenant has no such trace.

    Raises:
        httpx.HTTPError: if nobody answers.
        postgrest.exceptions.APIError: if the answer is an error.
    """
    traces = read_as(caller).from_("trace_summaries").select("*")
    found = fetch(traces.eq("tenant_id", caller.tenant).eq("trace_id", trace_id))
    return found[0] if found else None


def name_tokens(row: Row) -> dict[str, Any]:
    """The database says input and output as OpenTelemetry does, the API prompt and completion."""
    return {
        **row,
        "prompt_tokens": row["input_tokens"],
        "completion_tokens": row["output_tokens"],
    }
