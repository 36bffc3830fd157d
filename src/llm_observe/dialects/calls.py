"""Which spans are calls of a model, whatever their dialect and however they name it.

A dialect knows the calls that it names as such. Of all other spans, one that names a model and
tells of its usage is a call; one that holds calls, as agents and workflows do, repeats theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from llm_observe import semconv
from llm_observe.dialects.counts import count_any, tells_tokens
from llm_observe.dialects.key_looks import look_at
from llm_observe.dialects.naming_keys import fill_names
from llm_observe.dialects.operations import holds_calls, name_operation
from llm_observe.dialects.reading import Reading
from llm_observe.dialects.source import SourceSpan

_GENERAL: Final = frozenset({"otel-genai", "plain", "traceloop"})
"""Dialects that anybody writes by hand; others leave out what is not so."""
_SETTLED: Final = frozenset({"mistral-native"})
"""Dialects whose spans are never calls."""


def settle_call(reading: Reading, span: SourceSpan) -> None:
    """Name a span's operation, and make a call of it, or say why its usage is not counted."""
    operation = reading.operation = name_operation(reading.operation)
    if reading.usage_uncounted is not None or reading.dialect in _SETTLED:
        return
    if reading.countable:
        unnamed = not (reading.request_model or reading.response_model)
        if unnamed and reading.dialect in _GENERAL:
            fill_names(reading, span.attributes, look_at(span.attributes).names)
        return
    attributes = span.attributes
    counted = reading.usage is not None or tells_tokens(attributes)
    if operation is not None and holds_calls(operation):
        reading.usage = None
        reading.usage_uncounted = "repeats_calls" if counted else reading.usage_uncounted
    elif counted:
        _count(reading, attributes)
    elif _is_told_apart(reading, span):
        _make_call(reading)


def _count(reading: Reading, attributes: Mapping[str, Any]) -> None:
    fill_names(reading, attributes, look_at(attributes).names)
    if not (reading.request_model or reading.response_model):
        reading.usage, reading.usage_uncounted = None, "no_model"
    elif reading.operation == semconv.FETCH_RESPONSE and reading.response_id is None:
        # Nothing tells which call's usage it is.
        reading.usage, reading.usage_uncounted = None, "repeats_calls"
    else:
        _make_call(reading)
        idle = reading.operation in semconv.WITHOUT_OUTPUT
        reading.usage = reading.usage or count_any(attributes, without_output=idle)


def _is_told_apart(reading: Reading, span: SourceSpan) -> bool:
    """Whether a span without usage is a call: one of media, or one that failed or was answered."""
    if not (reading.request_model or reading.response_model):
        return False
    if reading.operation is not None:
        return reading.operation in semconv.MEDIA_CALLS
    return bool(reading.response_id or reading.finish_reasons or span.status == "error")


def _make_call(reading: Reading) -> None:
    reading.countable = True
    reading.operation = reading.operation or semconv.CHAT
