"""Log records that tell what somebody found of a call: ``gen_ai.evaluation.result`` events.

https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-events.md
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from google.protobuf.message import Message

from functions.ingest.field_names import find_fields
from functions.ingest.limits import MOST_ATTRIBUTES
from llm_observe.privacy.identities import take_id
from llm_observe.privacy.redaction import redact, redact_names
from llm_observe.privacy.work import WorkBudget
from llm_observe.records import LATEST_NS, MOST_TEXT, clean_text
from llm_observe.times import scale_ns

EVENT: Final = "gen_ai.evaluation.result"
UNUSABLE: Final = (
    "An evaluation needs gen_ai.evaluation.name, and a span's context or gen_ai.response.id."
)
_FORMER_EVENT: Final = "event.name"
"""Where the name of an event stood before log records had a field for it."""
_IDS: Final = {"trace_id": re.compile("[0-9a-f]{32}"), "span_id": re.compile("[0-9a-f]{16}")}
_SCALARS: Final = ("stringValue", "intValue", "doubleValue")
_NAME: Final = "gen_ai.evaluation.name"
_RESPONSE: Final = "gen_ai.response.id"

Evaluation = dict[str, Any]


def read_evaluation(record: Any) -> Evaluation | None:
    """Give what a log record tells of an evaluation; None where it is another event's.

    One that names neither itself nor its subject is empty.
    """
    fields = _open_binary(record) if isinstance(record, Message) else _open_json(record)
    told = fields["attributes"]
    if EVENT not in (fields["event"], told.get(_FORMER_EVENT)):
        return None
    trace_id, span_id = (
        fields[name] if form.fullmatch(fields[name]) and fields[name].strip("0") else None
        for name, form in _IDS.items()
    )
    response_id = told.get(_RESPONSE)
    found = {
        "name": _clean(told.get(_NAME)),
        "score": _read_score(told.get("gen_ai.evaluation.score.value")),
        "label": _clean(told.get("gen_ai.evaluation.score.label")),
        "explanation": told.get("gen_ai.evaluation.explanation"),
        "trace_id": trace_id,
        "span_id": span_id if trace_id else None,
        "response_id": take_id(response_id) if isinstance(response_id, str) else None,
        "time_ns": _read_time(fields["times"]),
    }
    usable = found["name"] and (found["trace_id"] or found["response_id"])
    return {name: value for name, value in found.items() if value is not None} if usable else {}


def protect(evaluation: Evaluation, work: WorkBudget, *, keeps_content: bool) -> Evaluation:
    """Redact what a person may have written; the explanation is content, by the rule of content."""
    work.begin_share()
    name, label = redact_names([evaluation.get("name"), evaluation.get("label")], work=work)
    protected = evaluation | {"name": name or "[redacted]", "label": label}
    reason = protected.pop("explanation", None)
    if keeps_content and isinstance(reason, str):
        redacted = clean_text(redact(reason, limit=MOST_TEXT, work=work))
        protected |= {"explanation": redacted} if redacted else {}
    return protected


def _open_json(record: Any) -> dict[str, Any]:
    held = find_fields("LogRecord").restore(record).fields if isinstance(record, dict) else {}
    pairs = held.get("attributes")
    ids = {name: str(held.get(key) or "").lower() for name, key in _JSON_IDS.items()}
    return ids | {
        "event": held.get("eventName"),
        "times": (held.get("timeUnixNano"), held.get("observedTimeUnixNano")),
        "attributes": dict(_list_pairs(pairs if isinstance(pairs, list) else [])),
    }


_JSON_IDS: Final = {"trace_id": "traceId", "span_id": "spanId"}


def _list_pairs(pairs: list[Any]) -> Iterable[tuple[str, Any]]:
    for pair in pairs[:MOST_ATTRIBUTES]:
        value = pair.get("value") if isinstance(pair, dict) else None
        if isinstance(value, Mapping) and isinstance(pair.get("key"), str):
            yield pair["key"], next((value[kind] for kind in _SCALARS if kind in value), None)


def _open_binary(record: Any) -> dict[str, Any]:
    return {
        "event": record.event_name,
        "times": (record.time_unix_nano, record.observed_time_unix_nano),
        "trace_id": record.trace_id.hex(),
        "span_id": record.span_id.hex(),
        "attributes": {
            pair.key: getattr(pair.value, pair.value.WhichOneof("value") or "string_value")
            for pair in record.attributes[:MOST_ATTRIBUTES]
        },
    }


def _clean(text: Any) -> str | None:
    return clean_text(text, MOST_TEXT) if isinstance(text, str) else None


def _read_score(held: Any) -> float | None:
    """Numbers; JSON of OTLP has 64-bit integers as text."""
    try:
        score = float(held) if isinstance(held, str | int | float) else math.nan
    except (ValueError, OverflowError):
        return None
    # Zero is a score, and is told apart from none.
    return score if abs(score) <= _MOST_SCORE else None


_MOST_SCORE: Final = 1e300


def _read_time(times: Iterable[Any]) -> int | None:
    for held in times:
        try:
            time = scale_ns(int(held))
        except (TypeError, ValueError, OverflowError):
            continue
        if 0 < time <= LATEST_NS:
            return time
    return None
