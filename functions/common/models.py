"""The API's bodies: what every endpoint answers, in one place.

Times are UTC, ISO 8601 with ``Z``; durations are milliseconds; costs are US dollars.
``null`` means unknown, never zero.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from functions.common.auth.access import MemberRole, Scope
from llm_observe.records import clean_text

TenantId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
TraceId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
SpanId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
Status = Literal["unset", "ok", "error"]


def _to_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("in UTC that is outside of the years 1 to 9999") from None


Moment = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""A time that a caller gives, with its zone; at the calendar's edges a zone leads beyond them."""
Bucket = Literal["minute", "hour", "day"]


class ErrorDetail(BaseModel):
    """What happened, in words a caller can act on."""

    code: str
    message: str
    request_id: str


class ErrorBody(BaseModel):
    """The one shape of every error."""

    error: ErrorDetail


class DatabaseHealth(BaseModel):
    status: Literal["ok", "unreachable"]
    latency_ms: float | None
    age_ms: float = Field(description="How long ago the database was asked; at most every 10 s.")


class Health(BaseModel):
    status: Literal["ok", "degraded"]
    version: str
    database: DatabaseHealth
    llm: Literal["openai", "offline"]


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
    status: Status
    status_message: str | None
    error_type: str | None
    counted: bool
    session_id: str | None
    user_id: str | None
    environment: str | None
    service_name: str | None


class SpanDetail(SpanSummary):
    """One span with all that is stored of it."""

    request_model: str | None
    response_model: str | None
    agent_name: str | None
    tool_name: str | None
    scope: str | None
    usage_status: Literal["reported", "unknown"] | None
    price_id: str | None
    price_source: str | None
    input_digest: str | None
    input_length: int | None
    output_digest: str | None
    output_length: int | None
    input: Any | None = Field(description="Captured content; null unless ALLOW_CONTENT_CAPTURE.")
    output: Any | None = Field(description="Captured content; null unless ALLOW_CONTENT_CAPTURE.")
    attributes: dict[str, Any]
    truncated: bool = Field(
        description="True where attributes, input and output are left out for the answer's size."
    )


class SpanPage(BaseModel):
    items: list[SpanSummary]
    next_cursor: str | None


class TraceSummary(BaseModel):
    trace_id: TraceId
    tenant_id: TenantId
    root_span_name: str | None
    start_time: datetime
    duration_ms: float
    span_count: int
    error_count: int
    models: list[str] = Field(description="Names in order; at most 32.")
    requests: int
    unpriced_requests: int
    prompt_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None
    total_cost_usd: float | None
    status: Status
    session_id: str | None
    user_id: str | None
    environment: str | None
    generated: bool = Field(description="True where the tenant holds generated sample data.")


class TracePage(BaseModel):
    items: list[TraceSummary]
    next_cursor: str | None


class TraceDetail(BaseModel):
    """A trace and its spans, depth first, siblings by start; orphans come as roots."""

    trace: TraceSummary
    spans: list[SpanDetail]
    truncated: bool = Field(description="True where not all of the trace is here.")
    missing_spans: int = Field(description="Spans of the trace that are not here.")
    bare_spans: int = Field(description="Spans that are here without attributes, input and output.")


class Latency(BaseModel):
    p50: float | None
    p95: float | None
    p99: float | None


class Totals(BaseModel):
    """Sums over counted model-call spans."""

    requests: int
    errors: int
    error_rate: float | None
    prompt_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None
    cost_usd: float | None
    unpriced_requests: int
    latency_ms: Latency


class SeriesPoint(Totals):
    bucket_start: datetime


class ModelTotals(Totals):
    provider: str | None
    model: str | None


class Window(BaseModel):
    """Half open: ``start <= t < end``."""

    start: datetime
    end: datetime
    bucket: Bucket


class Metrics(BaseModel):
    tenant_id: TenantId
    generated: bool
    window: Window
    totals: Totals
    series: list[SeriesPoint]
    by_model: list[ModelTotals] = Field(description="The busiest first; at most 500.")


class DemoRequest(BaseModel):
    question: Annotated[str, Field(min_length=1, max_length=2000)] = (
        "What does it cost to run an agent, and how do we find out?"
    )


class DemoStep(BaseModel):
    name: str
    operation: str
    summary: str


class DemoRun(BaseModel):
    trace_id: TraceId
    answer: str
    steps: list[DemoStep]
    total_tokens: int | None
    total_cost_usd: float | None
    offline: bool


class FakeAppCall(BaseModel):
    api: str
    model: str
    outcome: str


class FakeAppRun(BaseModel):
    trace_id: TraceId
    calls: list[FakeAppCall]
    total_tokens: int | None
    total_cost_usd: float | None
    offline: bool


KeyId = Annotated[str, Field(pattern=r"^[0-9a-z]{8}$")]
Days = Annotated[int, Field(ge=1, le=3650)]


class Membership(BaseModel):
    """A tenant that a credential may act for, and as what: a user's role, or a key's scopes."""

    tenant_id: TenantId
    role: MemberRole | None
    scopes: list[Scope] | None


class Me(BaseModel):
    """Who the API takes the caller for."""

    kind: Literal["api_key", "user", "dev"]
    id: str
    tenants: list[Membership]
    demo: bool = Field(description="Whether the demo endpoints are there.")


class ApiKeySummary(BaseModel):
    """An API key or ingest token, without its secret."""

    key_id: KeyId
    kind: Literal["api_key", "ingest_token"]
    name: str
    environment: str | None
    scopes: list[Scope]
    status: Literal["active", "expired", "revoked"]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    replaced_by: KeyId | None


class ApiKeyPage(BaseModel):
    items: list[ApiKeySummary]
    next_cursor: str | None


class RevokedApiKey(ApiKeySummary):
    """A key that was ended, and what it had made."""

    children: list[ApiKeySummary] = Field(
        description="The keys that worked and that it made, they and their successors in turn: "
        "revoked with it, or kept."
    )


class NewApiKey(BaseModel):
    """What a key is to be like."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]
    environment: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")] = "live"
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=3)]
    expires_at: Annotated[
        Moment | None,
        Field(description="Null: when the key that asks for it does, or never."),
    ] = None


class KeyRotation(BaseModel):
    """For how long the old key goes on working beside the new one, and when that one ends."""

    model_config = ConfigDict(extra="forbid")

    overlap_hours: Annotated[int, Field(ge=0, le=72)] = 24
    expires_at: Annotated[
        Moment | None,
        Field(description="Null: as long as the old one was made to, at most as its rotator."),
    ] = None


class CreatedApiKey(ApiKeySummary):
    """A new key. ``key`` is shown this once and stored nowhere."""

    key: str


class Retention(BaseModel):
    """For how many days spans and their contents are kept; null: until they are deleted."""

    model_config = ConfigDict(extra="forbid")

    span_days: Days | None
    content_days: Days | None


MOST_USER_ID: Final = 65_536
"""Characters of an id that is to be forgotten; a longer one is named as it is stored."""


def _read_user_id(value: object) -> object:
    # Before anything else: a lone surrogate is stored as a question mark, not refused.
    if isinstance(value, str) and len(value) <= MOST_USER_ID:
        return clean_text(value, MOST_USER_ID)
    return value


UserId = Annotated[
    str, Field(min_length=1, max_length=MOST_USER_ID), BeforeValidator(_read_user_id)
]
"""A user's id as the application sets it; or as spans show it."""


class UserToForget(BaseModel):
    """Whose data is to be deleted: any id, as the application sets it or as spans show it."""

    model_config = ConfigDict(extra="forbid")

    user_id: UserId


class Receipt(BaseModel):
    """What was deleted, when and by whom; the same stands in the audit."""

    receipt_id: str
    action: str
    target: str
    deleted: dict[str, int]
    at: datetime
    by: str


class AuditEvent(BaseModel):
    event_id: str
    created_at: datetime
    actor: str
    action: str
    target: str
    details: dict[str, Any]


class AuditPage(BaseModel):
    items: list[AuditEvent]
    next_cursor: str | None
