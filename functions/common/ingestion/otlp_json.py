"""OTLP's JSON encoding: ids in hex, 64-bit integers as text, enums as numbers.

https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from functions.common.errors import BadRequestError
from functions.common.ingestion.building import (
    Values,
    build_span,
    check_count,
    describe_links,
)
from functions.common.ingestion.limits import MOST_EVENTS
from functions.common.ingestion.rejections import Rejections, UnacceptableSpanError
from llm_observe.dialects import SourceEvent, SourceSpan

_HEX: Final = re.compile(r"[0-9a-f]*")
_MOST_DIGITS: Final = 64
_INTEGER: Final = re.compile(rf"-?[0-9]{{1,{_MOST_DIGITS}}}")
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)
_MOST_NESTED: Final = 200
"""Levels of brackets: three times what a value of 32 levels takes, and the way down to it."""
_NO_SPAN: Final = "it is no JSON object with the fields of a span."


def decode_json(body: bytes, rejections: Rejections) -> Iterator[SourceSpan]:
    """Give the spans of an ``ExportTraceServiceRequest``; count those that no row can hold.

    Raises:
        BadRequestError: if the body is no such message.
        BodyTooLargeError: if it has more than 10,000 spans.
    """
    request = _parse(body)
    if not isinstance(request, dict):
        raise BadRequestError("The body is no JSON object. Send an ExportTraceServiceRequest.")
    groups = [
        (resource_spans, scope_spans)
        for resource_spans in _list(request, "resourceSpans")
        for scope_spans in _list(resource_spans, "scopeSpans")
    ]
    check_count(sum(len(_items(scope_spans, "spans")) for _, scope_spans in groups))
    for resource_spans, scope_spans in groups:
        resource = _read_attributes(Values(), _object(resource_spans, "resource"))
        scope = _text(_object(scope_spans, "scope"), "name")
        for span in _items(scope_spans, "spans"):
            try:
                yield _read_span(span, scope, resource)
            except UnacceptableSpanError as error:
                rejections.add(str(error))


def _parse(body: bytes) -> Any:
    """Parse; what is nested too deep for the parser is left out, the rest is kept."""
    # A byte that is no UTF-8 becomes a lone surrogate, which the reader cleans and tells.
    text = body.decode("utf-8", "surrogateescape")
    try:
        try:
            return _DECODER.decode(text)
        except RecursionError:
            return _DECODER.decode(_prune(text))
    except (ValueError, RecursionError) as error:
        raise BadRequestError("The body is not JSON.") from error


def _parse_integer(digits: str) -> int | None:
    """Python itself refuses to read thousands of digits, and with them the whole body."""
    return int(digits) if len(digits) <= _MOST_DIGITS else None


_DECODER: Final = json.JSONDecoder(parse_int=_parse_integer)


def _prune(text: str) -> str:
    """Put null in place of every object and list nested deeper than 200 levels."""
    kept, depth, at = [], 0, 0
    for token in _TOKEN.finditer(text):
        if token[0] in "[{":
            depth += 1
            if depth == _MOST_NESTED + 1:
                kept.append(text[at : token.start()] + "null")
        elif token[0] in "]}":
            if depth == _MOST_NESTED + 1:
                at = token.end()
            depth -= 1
    return "".join([*kept, text[at:]])


def _read_span(span: Any, scope: str, resource: dict[str, Any]) -> SourceSpan:
    if not isinstance(span, dict):
        raise UnacceptableSpanError(_NO_SPAN)
    values = Values()
    status = _object(span, "status")
    return build_span(
        values=values,
        trace_id=_read_id(span, "traceId"),
        span_id=_read_id(span, "spanId"),
        parent_span_id=_read_id(span, "parentSpanId"),
        name=_text(span, "name"),
        kind=_read_enum(span, "kind", _KINDS),
        start_ns=_read_time(span, "startTimeUnixNano"),
        end_ns=_read_time(span, "endTimeUnixNano"),
        status=_read_enum(status, "code", _CODES),
        description=_text(status, "message"),
        scope=scope,
        attributes=_read_attributes(values, span)
        | describe_links(
            (_read_id(link, "traceId"), _read_id(link, "spanId")) for link in _list(span, "links")
        ),
        resource=resource,
        events=[
            SourceEvent(
                values.clean_text(_text(event, "name")),
                _read_time(event, "timeUnixNano"),
                _read_attributes(values, event),
            )
            for event in _list(span, "events")[:MOST_EVENTS]
        ],
    )


_KINDS: Final = (
    "SPAN_KIND_UNSPECIFIED",
    "SPAN_KIND_INTERNAL",
    "SPAN_KIND_SERVER",
    "SPAN_KIND_CLIENT",
    "SPAN_KIND_PRODUCER",
    "SPAN_KIND_CONSUMER",
)
_CODES: Final = ("STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR")


def _read_attributes(values: Values, owner: Mapping[str, Any]) -> dict[str, Any]:
    return values.read_attributes(_list(owner, "attributes"), partial(_read_pair, values))


def _read_pair(values: Values, pair: Mapping[str, Any]) -> tuple[str, Any]:
    return values.clean_text(_text(pair, "key")), _read_value(values, pair.get("value"), 1)


def _read_value(values: Values, value: Any, depth: int) -> Any:
    """Read an ``AnyValue``: an object with one of seven fields."""
    kind, held = next(iter(value.items()), ("", None)) if isinstance(value, dict) else ("", None)
    if kind == "stringValue":
        return values.clean_text(held) if isinstance(held, str) else None
    if kind == "intValue":
        number = _read_integer(held)
        return values.check_integer(number) if number is not None else None
    if kind == "doubleValue":
        return _read_double(values, held)
    if kind == "boolValue":
        return held if isinstance(held, bool) else None
    if kind == "bytesValue":
        return _read_bytes(held)
    if not isinstance(held, dict) or not values.may_descend(depth):
        return None
    items = [item for item in _items(held, "values") if values.may_descend(depth + 1)]
    if kind == "arrayValue":
        return [_read_value(values, item, depth + 1) for item in items]
    return {
        values.clean_text(_text(item, "key")): _read_value(values, item.get("value"), depth + 1)
        for item in items
        if isinstance(item, dict)
    }


def _read_integer(held: Any) -> int | None:
    if isinstance(held, str) and _INTEGER.fullmatch(held):
        return int(held)
    return held if isinstance(held, int) and not isinstance(held, bool) else None


def _read_double(values: Values, held: Any) -> float | int | str | None:
    """Numbers, and what JSON has no number for as text: ``"NaN"``, ``"Infinity"``."""
    if isinstance(held, int) and not isinstance(held, bool):
        return values.check_integer(held)
    if isinstance(held, str):
        held = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}.get(held)
    return values.check_double(held) if isinstance(held, float) else None


def _read_bytes(held: Any) -> bytes | None:
    try:
        return b64decode(held) if isinstance(held, str) else None
    except ValueError:
        return None


def _read_id(owner: Mapping[str, Any], key: str) -> str:
    digits = _text(owner, key).lower()
    return digits if _HEX.fullmatch(digits) else "?"


def _read_time(owner: Mapping[str, Any], key: str) -> int:
    return _read_integer(owner.get(key)) or 0


def _read_enum(owner: Mapping[str, Any], key: str, names: tuple[str, ...]) -> int:
    """Numbers are the rule; names are what protobuf's own JSON has."""
    value = owner.get(key)
    if isinstance(value, str):
        return names.index(value) if value in names else 0
    return value if isinstance(value, int) else 0


def _text(owner: Mapping[str, Any], key: str) -> str:
    value = owner.get(key)
    return value if isinstance(value, str) else ""


def _object(owner: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = owner.get(key)
    return value if isinstance(value, dict) else {}


def _items(owner: Mapping[str, Any], key: str) -> list[Any]:
    value = owner.get(key)
    return value if isinstance(value, list) else []


def _list(owner: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    return [item for item in _items(owner, key) if isinstance(item, dict)]
