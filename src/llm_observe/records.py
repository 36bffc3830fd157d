"""The one mirror of the SQL schema: what ``ingest_spans`` takes for a span."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from itertools import islice
from operator import attrgetter
from typing import Any, Final, Literal

from llm_observe.semconv import DROPPED_ATTRIBUTES, UnknownBecause, UsageUncounted

Status = Literal["unset", "ok", "error"]
Kind = Literal["internal", "server", "client", "producer", "consumer"]

LATEST_NS: Final = 4_102_444_799_999_999_999
"""The last nanosecond before 2100-01-01 UTC."""
MOST_TEXT: Final = 8192
MOST_NAME: Final = 256
MOST_REASONS: Final = 128
"""Finish reasons of a call: a request asks for at most so many choices."""
_MOST_COUNT: Final = 10**13
"""Tokens: sums of several counts of ``usage.MOST_TOKENS``."""
_MOST_LENGTH: Final = 2**31 - 1
_MOST_MILLISECONDS: Final = 1e13
_MOST_BUCKETS: Final = 32
_MOST_BUCKET: Final = 64
MOST_TAGS: Final = 16
MOST_TAG_KEY: Final = 64
_MOST_BYTES: Final = 1024 * 1024
"""Of attributes, and of a prompt or an answer, as the database holds them."""
_MOST_DEPTH: Final = 32
_MOST_INTEGER: Final = 2**63
_BUCKET: Final = re.compile(r"[A-Za-z0-9_]+")
_MONEY: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,24})?")


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
    canonical_model: str | None = None
    response_id: str | None = None
    service_tier: str | None = None
    agent_name: str | None = None
    tool_name: str | None = None
    instrumentation: str | None = None
    service_name: str | None = None
    environment: str | None = None
    release: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    customer_id: str | None = None
    prompt_name: str | None = None
    prompt_version: str | None = None
    tags: dict[str, str] | None = None
    countable: bool = False
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
    unknown_because: UnknownBecause | None = None
    cost_min_usd: str | None = None
    cost_max_usd: str | None = None
    usage_uncounted: UsageUncounted | None = None
    process_keys: list[str] | None = None
    previous_response_id: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    input: Any = None
    output: Any = None

    def to_row(self) -> dict[str, Any]:
        """Give the JSON object that ``ingest_spans`` takes; unknown fields are left out.

        The tenant is not in it: the database takes that from the token. A value beyond the
        bounds of its column, which the database refuses, is cut or left out.
        """
        row = {}
        for column, value in zip(_COLUMNS, _read_sent(self), strict=True):
            if value is None:
                continue
            name, longest, most, bound = column
            # Most values are of these two types: a call for each of thirty costs 2 µs.
            kind = type(value)
            if kind is str:
                good = len(value) <= longest and value.isascii() and "\x00" not in value
            else:
                good = kind is int and 0 <= value <= most
            if (clean := value if good else bound(value)) is not None:
                row[name] = clean
        row["end_ns"] = max(row["start_ns"], row["end_ns"])
        return row


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


def weigh(value: Any) -> int:
    """Estimate the bytes of a row, or of a value in it, as JSON.

    To encode it would cost five times as much. Escaped text is larger; where a proxy then
    refuses a request as too large, it is halved.
    """
    kind = type(value)
    if kind is str:
        return (len(value) if value.isascii() else 4 * len(value)) + 3
    if kind is dict:
        size = 2
        for key, item in value.items():
            # Texts, which most values are, without a call: a row has fifty.
            if type(item) is str and item.isascii():
                size += len(key) + len(item) + 6
            else:
                size += len(key) + weigh(item) + 3
        return size
    if kind is list:
        return 2 + sum(map(weigh, value))
    return 24


def _bound_text(value: Any, limit: int = MOST_NAME) -> str:
    return clean_text(str(value), limit)


def _bound_id(value: Any) -> str:
    return bound_id(str(value))


def _bound_count(_value: Any) -> None:
    """A count beyond its bounds is unknown."""


def _bound_cost(value: Any) -> str | None:
    return value if isinstance(value, str) and _MONEY.fullmatch(value) else None


def _bound_milliseconds(value: Any) -> float | None:
    known = isinstance(value, int | float) and 0 <= value <= _MOST_MILLISECONDS
    return float(value) if known else None


def _bound_names(value: Any) -> list[str]:
    names = [name for name in value[:MOST_REASONS] if isinstance(name, str)]
    return [clean_text(name, MOST_NAME) for name in names]


def _bound_buckets(value: Mapping[Any, Any]) -> dict[str, int]:
    kept = {}
    for name, count in value.items():
        named = type(name) is str and len(name) <= _MOST_BUCKET and _BUCKET.fullmatch(name)
        if named and type(count) is int and 0 <= count <= _MOST_COUNT:
            kept[name] = count
    return kept if len(kept) <= _MOST_BUCKETS else dict(islice(kept.items(), _MOST_BUCKETS))


def _bound_tags(value: Mapping[Any, Any]) -> dict[str, str] | None:
    """Keep the first 16 tags that are texts; a long value in the form of a long id."""
    texts = ((clean_text(name), each) for name, each in value.items() if type(name) is str)
    kept = {n: bound_id(each) for n, each in texts if len(n) <= MOST_TAG_KEY and type(each) is str}
    return dict(islice(kept.items(), MOST_TAGS)) or None


def _bound_attributes(value: Mapping[Any, Any]) -> dict[str, Any]:
    """Leave out the largest until the others have room, and tell how many those were."""
    clean: dict[str, Any] = sanitise(value)
    # Most are far from the bound, and a closer look at each costs as much as cleaning it.
    if 4 * weigh(clean) + 40 * len(clean) <= _MOST_BYTES:
        return clean
    weights = {key: _weigh_jsonb(key) + _weigh_jsonb(item) for key, item in clean.items()}
    left = sum(weights.values())
    for key in sorted(weights, key=weights.__getitem__, reverse=True):
        if left <= _MOST_BYTES - MOST_NAME:
            break
        left -= weights[key]
        del clean[key]
    if len(clean) == len(weights):
        return clean
    told = value.get(DROPPED_ATTRIBUTES)
    dropped = len(weights) - len(clean) + (told if type(told) is int else 0)
    return clean | {DROPPED_ATTRIBUTES: dropped}


def _bound_content(value: Any) -> Any:
    clean = sanitise(value)
    return clean if _weigh_jsonb(clean) <= _MOST_BYTES else None


def _weigh_jsonb(value: Any) -> int:
    """Estimate the bytes of a value as jsonb, from above."""
    if isinstance(value, str):
        return 16 + (len(value) if value.isascii() else 4 * len(value))
    if isinstance(value, dict):
        return 16 + sum(_weigh_jsonb(key) + _weigh_jsonb(item) for key, item in value.items())
    if isinstance(value, list):
        return 16 + sum(map(_weigh_jsonb, value))
    return 40


_IDS: Final = ("user_id", "session_id", "customer_id", "response_id", "previous_response_id")
_Bound = Callable[[Any], Any]
_BOUNDS: Final[Mapping[str, tuple[int, int, _Bound]]] = {
    **dict.fromkeys(("start_ns", "end_ns"), (-1, LATEST_NS, clamp_ns)),
    **dict.fromkeys(_IDS, (MOST_NAME, -1, _bound_id)),
    **dict.fromkeys(("input_length", "output_length"), (-1, _MOST_LENGTH, _bound_count)),
    **dict.fromkeys(("input_digest", "output_digest"), (128, -1, partial(_bound_text, limit=128))),
    **dict.fromkeys(("countable", "streamed"), (-1, -1, bool)),
    **dict.fromkeys(("input", "output"), (-1, -1, _bound_content)),
    "status_message": (MOST_TEXT, -1, partial(_bound_text, limit=MOST_TEXT)),
    "price_id": (512, -1, partial(_bound_text, limit=512)),
    **dict.fromkeys(("cost_usd", "cost_min_usd", "cost_max_usd"), (-1, -1, _bound_cost)),
    "usage_buckets": (-1, -1, _bound_buckets),
    "time_to_first_token_ms": (-1, -1, _bound_milliseconds),
    **dict.fromkeys(("finish_reasons", "process_keys"), (-1, -1, _bound_names)),
    "tags": (-1, -1, _bound_tags),
    "attributes": (-1, -1, _bound_attributes),
}
"""How long a text may be and how large a count as they are, and what becomes of any other value.
Columns that are not here hold a name. The table ``spans`` checks the same."""
_NAME: Final[tuple[int, int, _Bound]] = (MOST_NAME, -1, _bound_text)
_COUNT: Final[tuple[int, int, _Bound]] = (-1, _MOST_COUNT, _bound_count)
_SENT: Final = tuple(f.name for f in fields(SpanRecord) if f.metadata.get("sent", True))
_read_sent: Final = attrgetter(*_SENT)
_COLUMNS: Final = tuple(
    (name, *_BOUNDS.get(name, _COUNT if name.endswith("_tokens") else _NAME)) for name in _SENT
)
