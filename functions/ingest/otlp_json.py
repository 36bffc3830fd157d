"""OTLP's JSON encoding: ids in hex, 64-bit integers as text, enums as numbers.

https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeVar

from functions.common.errors import BadRequestError
from functions.ingest.building import (
    Scope,
    Values,
    build_span,
    check_count,
    describe_links,
)
from functions.ingest.json_body import MOST_DIGITS, parse_json
from functions.ingest.limits import MOST_ATTRIBUTES, MOST_NESTED, MOST_PAIRS
from functions.ingest.rejections import Rejections, UnacceptableSpanError
from llm_observe.dialects import SourceEvent, SourceSpan
from llm_observe.privacy.work import WorkBudget

_HEX: Final = re.compile(r"[0-9a-f]*")
_INTEGER: Final = re.compile(rf"-?[0-9]{{1,{MOST_DIGITS}}}")
_DOUBLE: Final = re.compile(r"-?[0-9]{1,64}(?:\.[0-9]{1,64})?(?:[eE][+-]?[0-9]{1,9})?")
_NO_SPAN: Final = "it is no JSON object with the fields of a span."

T = TypeVar("T")


def decode_json(body: bytes, rejections: Rejections) -> Iterator[SourceSpan]:
    """Give the spans of an ``ExportTraceServiceRequest``; count those that no row can hold.

    Raises:
        BadRequestError: if the body is no such message.
        BodyTooLargeError: if it has more than 10,000 spans or 300,000 attributes.
    """
    yield from read_request(parse_json(body), rejections)


def read_request(request: Any, rejections: Rejections) -> Iterator[SourceSpan]:
    """Give the spans of a request that is parsed already, as ``decode_json``.

    Raises:
        BadRequestError: if it is no such message.
        BodyTooLargeError: if it has more than 10,000 spans or 300,000 attributes.
    """
    if not isinstance(request, dict):
        raise BadRequestError("The body is no JSON object. Send an ExportTraceServiceRequest.")
    resources = _members(request, "resourceSpans")
    check_count(len(resources), "resources")
    groups = [(each, _members(each, "scopeSpans")) for each in resources]
    check_count(sum(len(scopes) for _, scopes in groups), "scopes")
    check_count(
        sum(len(_require_list(scope, "spans")) for _, scopes in groups for scope in scopes), "spans"
    )
    work, pairs = WorkBudget(values=MOST_NESTED), 0
    for resource_spans, scopes in groups:
        shared = Values(work)
        resource = _read_attributes(shared, _object(shared, resource_spans, "resource"))
        pairs += shared.pairs
        for scope_spans in scopes:
            named = Values(work, shared.repairs)
            scope = _read_scope(named, _object(named, scope_spans, "scope"))
            for span in _require_list(scope_spans, "spans"):
                values = Values(work, named.repairs)
                try:
                    yield _read_span(span, values, scope, resource)
                except UnacceptableSpanError as error:
                    rejections.add(str(error))
                pairs += values.pairs
                check_count(pairs, "attributes", MOST_PAIRS)
        check_count(pairs, "attributes", MOST_PAIRS)


def _read_scope(values: Values, scope: Mapping[str, Any]) -> Scope:
    return Scope(*(values.clean_text(_text(values, scope, key)) for key in ("name", "version")))


def _members(owner: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """Give groups of spans: where one cannot be read, nobody knows how many spans that costs."""
    members = _require_list(owner, key)
    if not all(isinstance(member, dict) for member in members):
        raise BadRequestError(f"{key} holds something that is no object.")
    return members


def _require_list(owner: Mapping[str, Any], key: str) -> list[Any]:
    members = owner.get(key)
    if members is not None and not isinstance(members, list):
        raise BadRequestError(f"{key} is no list.")
    return members or []


def _read_span(span: Any, values: Values, scope: Scope, resource: dict[str, Any]) -> SourceSpan:
    if not isinstance(span, dict):
        raise UnacceptableSpanError(_NO_SPAN)
    status = _object(values, span, "status")
    return build_span(
        values=values,
        trace_id=_read_id(values, span, "traceId"),
        span_id=_read_id(values, span, "spanId"),
        parent_span_id=_read_id(values, span, "parentSpanId"),
        name=_text(values, span, "name"),
        kind=_read_enum(values, span, "kind", _KINDS),
        start_ns=_read_time(values, span, "startTimeUnixNano"),
        end_ns=_read_time(values, span, "endTimeUnixNano"),
        status=_read_enum(values, status, "code", _CODES),
        description=_text(values, status, "message"),
        scope=scope,
        attributes=_read_attributes(values, span),
        resource=resource,
        events=[
            SourceEvent(
                values.clean_text(_text(values, event, "name")),
                _read_time(values, event, "timeUnixNano"),
                _read_attributes(values, event),
            )
            for event in values.take_events(_objects(values, span, "events"))
        ],
        notes=describe_links(
            (_read_id(values, link, "traceId"), _read_id(values, link, "spanId"))
            for link in values.take_links(_objects(values, span, "links"))
        ),
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


_TYPES: Final = ("stringValue", "intValue", "doubleValue", "boolValue", "bytesValue")
_CONTAINERS: Final = ("arrayValue", "kvlistValue")
_FIELDS: Final = frozenset({*_TYPES, *_CONTAINERS})
_NO_NUMBERS: Final = {name: float(name) for name in ("NaN", "Infinity", "-Infinity")}


def _read_attributes(values: Values, owner: Mapping[str, Any]) -> dict[str, Any]:
    """Give attributes by key; of one that comes twice the last stands."""
    pairs = _objects(values, owner, "attributes")
    attributes = {
        values.clean_text(_text(values, pair, "key")): _read_value(
            values, _object(values, pair, "value"), 1
        )
        for pair in pairs[:MOST_ATTRIBUTES]
    }
    return values.bound_attributes(attributes, len(pairs))


def _read_value(values: Values, value: Mapping[str, Any], depth: int) -> Any:
    """Read an ``AnyValue``: an object with one of seven fields; null is as good as absent."""
    set_fields = (name for name, held in value.items() if name in _FIELDS and held is not None)
    name = next(set_fields, None)
    if name is None:
        return None
    if name in _CONTAINERS:
        return _read_container(values, value, name, depth)
    read = _read_scalar(values, name, value[name])
    if read is None:
        values.repairs.add("value_dropped")
    return read


def _read_scalar(values: Values, name: str, held: Any) -> Any:
    if name == "intValue":
        number = _read_integer(held)
        return number if number is None else values.check_integer(number)
    if name == "doubleValue":
        double = _read_double(held)
        return double if double is None else values.check_double(double)
    if name == "boolValue":
        return held if isinstance(held, bool) else None
    if not isinstance(held, str):
        return None
    return values.clean_text(held) if name == "stringValue" else _read_bytes(held)


def _read_container(values: Values, value: Mapping[str, Any], name: str, depth: int) -> Any:
    if not values.may_descend(depth):
        return None
    members = _objects(values, _object(values, value, name), "values")
    if name == "arrayValue":
        items = values.take_items(members, depth + 1)
        return [_read_value(values, item, depth + 1) for item in items]
    return {
        values.clean_text(_text(values, pair, "key")): _read_value(
            values, _object(values, pair, "value"), depth + 1
        )
        for pair in values.take_items(members, depth + 1)
    }


def _read_integer(held: Any) -> int | None:
    """Protobuf's JSON has 64-bit integers as text, and takes numbers, with an exponent, too."""
    if isinstance(held, str) and _INTEGER.fullmatch(held):
        return int(held)
    if isinstance(held, float) and held.is_integer():
        return int(held)
    return held if isinstance(held, int) and not isinstance(held, bool) else None


def _read_double(held: Any) -> float | None:
    """Numbers, also as text, and what JSON has no number for: ``"NaN"``, ``"Infinity"``."""
    if isinstance(held, str):
        return float(held) if _DOUBLE.fullmatch(held) else _NO_NUMBERS.get(held)
    return float(held) if isinstance(held, int | float) and not isinstance(held, bool) else None


def _read_bytes(held: str) -> bytes | None:
    try:
        return b64decode(held)
    except ValueError:
        return None


def _read_id(values: Values, owner: Mapping[str, Any], key: str) -> str:
    digits = _text(values, owner, key).lower()
    return digits if _HEX.fullmatch(digits) else "?"


def _read_time(values: Values, owner: Mapping[str, Any], key: str) -> int:
    return _note_absence(values, owner, key, _read_integer(owner.get(key)), 0)


def _read_enum(values: Values, owner: Mapping[str, Any], key: str, names: tuple[str, ...]) -> int:
    """Numbers are the rule; names are what protobuf's own JSON has."""
    held = owner.get(key)
    number = names.index(held) if held in names else _read_integer(held)
    return _note_absence(values, owner, key, number, 0)


def _text(values: Values, owner: Mapping[str, Any], key: str) -> str:
    held = owner.get(key)
    return _note_absence(values, owner, key, held if isinstance(held, str) else None, "")


def _object(values: Values, owner: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    held = owner.get(key)
    return _note_absence(values, owner, key, held if isinstance(held, dict) else None, {})


def _objects(values: Values, owner: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    held = owner.get(key)
    members = _note_absence(values, owner, key, held if isinstance(held, list) else None, [])
    objects: list[Mapping[str, Any]] = [member for member in members if isinstance(member, dict)]
    if len(objects) < len(members):
        values.repairs.add("field_dropped")
    return objects


def _note_absence(
    values: Values, owner: Mapping[str, Any], key: str, read: T | None, absent: T
) -> T:
    """Give what was read; what could not be read counts as absent, and that is told."""
    if read is not None:
        return read
    if owner.get(key) is not None:
        values.repairs.add("field_dropped")
    return absent
