"""The one mirror of the SQL schema: what ``ingest_spans`` takes for a span."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, Final, Literal

Status = Literal["unset", "ok", "error"]
Kind = Literal["internal", "server", "client", "producer", "consumer"]

LATEST_NS: Final = 4_102_444_799_999_999_999
"""The last nanosecond before 2100-01-01 UTC."""
MOST_TEXT: Final = 8192
MOST_NAME: Final = 256
_MOST_DEPTH: Final = 32
_MOST_INTEGER: Final = 2**63


@dataclass(slots=True, kw_only=True)
class SpanRecord:
    """One span as it is stored. Times are nanoseconds since 1970, money is US dollars.

    Not frozen, and neither is what it is made from: that would cost 6 µs a span.

    ``price_provider``, ``price_model`` and ``price_tier`` say which row of ``model_prices`` is
    meant; the database uses that row where it has one, else ``cost_usd`` as computed here.
    """

    tenant_id: str = field(metadata={"sent": False})
    trace_id: str
    span_id: str
    name: str
    kind: Kind
    start_ns: int
    end_ns: int
    status: Status = "unset"
    parent_span_id: str | None = None
    status_message: str | None = None
    error_type: str | None = None
    operation: str | None = None
    provider: str | None = None
    request_model: str | None = None
    response_model: str | None = None
    response_id: str | None = None
    service_tier: str | None = None
    agent_name: str | None = None
    tool_name: str | None = None
    scope: str | None = None
    service_name: str | None = None
    environment: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    counted: bool = False
    usage_status: Literal["reported", "unknown"] | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    usage_buckets: dict[str, int] | None = None
    cost_usd: str | None = None
    price_id: str | None = None
    price_provider: str | None = None
    price_model: str | None = None
    price_tier: str | None = None
    time_to_first_token_ms: float | None = None
    streamed: bool | None = None
    finish_reasons: list[str] | None = None
    input_digest: str | None = None
    input_length: int | None = None
    output_digest: str | None = None
    output_length: int | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    input: Any = None
    output: Any = None

    def to_row(self) -> dict[str, Any]:
        """Give the JSON object that ``ingest_spans`` takes; unknown fields are left out.

        The tenant is not in it: the database takes that from the token.
        """
        row = {}
        for name, value in zip(_SENT, _read_sent(self), strict=True):
            if value is None:
                continue
            # What most values are is told here: a call for each of thirty costs 2 µs.
            kind = type(value)
            if kind is str and value.isascii() and "\x00" not in value:
                row[name] = value[:MOST_TEXT]
            elif kind is int and -_MOST_INTEGER < value < _MOST_INTEGER:
                row[name] = value
            elif (clean := sanitise(value)) is not None:
                row[name] = clean
        row["name"] = row["name"][:MOST_NAME]
        if not 0 <= self.start_ns <= self.end_ns <= LATEST_NS:
            row["start_ns"] = clamp_ns(self.start_ns)
            row["end_ns"] = max(clamp_ns(self.end_ns), row["start_ns"])
        return row


_SENT: Final = tuple(f.name for f in fields(SpanRecord) if f.metadata.get("sent", True))
_read_sent: Final = attrgetter(*_SENT)


def clamp_ns(nanoseconds: int) -> int:
    """Bring a time into [1970, 2100): fixed bounds, because the start is part of the key."""
    return min(max(nanoseconds, 0), LATEST_NS)


def bound_id(text: str) -> str:
    """Give an id in at most 256 characters; a longer one as ``sha256:`` and 64 hex digits.

    Never cut: two users whose ids begin alike must not become one. Cleaned before it is hashed:
    an id has the same form whether or not it was cleaned on its way.
    """
    clean = clean_text(text, len(text))
    if len(clean) <= MOST_NAME:
        return clean
    return "sha256:" + hashlib.sha256(clean.encode()).hexdigest()


def sanitise(value: Any, depth: int = 0) -> Any:
    """Give a value that Postgres' jsonb takes.

    One NUL, lone surrogate, NaN or 2^63 would cost the whole batch
    (https://www.postgresql.org/docs/current/datatype-json.html).
    """
    kind = type(value)
    if kind is str:
        return clean_text(value)
    if kind is bool or value is None:
        return value
    if kind is int:
        return value if -_MOST_INTEGER < value < _MOST_INTEGER else str(value)
    if kind is float:
        return value if math.isfinite(value) else None
    if depth >= _MOST_DEPTH:
        return None
    if isinstance(value, dict):
        return {
            clean_text(str(key), MOST_NAME): sanitise(item, depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [sanitise(item, depth + 1) for item in value]
    return clean_text(str(value))


def clean_text(text: str, limit: int = MOST_TEXT) -> str:
    """Give the text without NUL and lone surrogates, cut to ``limit`` characters."""
    if "\x00" in text:
        text = text[:limit].replace("\x00", "\N{REPLACEMENT CHARACTER}")
    if text.isascii():
        return text[:limit]
    return text[:limit].encode("utf-8", "replace").decode("utf-8")
