"""OTLP's JSON encoding: ids in hex, 64-bit integers as text, enums as numbers.

https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from functions.ingest.building import (
    KNOWN_KEYS,
    Scope,
    Values,
    build_span,
    check_count,
    describe_links,
)
from functions.ingest.field_names import find_fields
from functions.ingest.groups import SPANS, Strays, count_items, open_groups
from functions.ingest.json_body import parse_json, parse_repeated
from functions.ingest.json_fields import (
    CODES,
    KINDS,
    note_renaming,
    read_bytes,
    read_double,
    read_enum,
    read_id,
    read_integer,
    read_own_id,
    read_time,
    rename,
    take_object,
    take_objects,
    take_text,
)
from functions.ingest.limits import MOST_ATTRIBUTES, MOST_NESTED, MOST_PAIRS
from functions.ingest.rejections import Rejections, UnacceptableSpanError
from llm_observe.dialects import SourceEvent, SourceSpan
from llm_observe.privacy.work import WorkBudget
from llm_observe.semconv import Repair

_SPAN: Final = find_fields("Span")
_STATUS: Final = find_fields("Status")
_EVENT: Final = find_fields("Event")
_LINK: Final = find_fields("Link")
_PAIR: Final = find_fields("KeyValue")
_VALUE: Final = find_fields("AnyValue")
_RENAMED: Final[frozenset[Repair]] = frozenset({"field_renamed"})
_ENDING: Final = b'pans"'
_LISTS: Final = frozenset({"resourceSpans", "scopeSpans", "spans"})
_NO_SPAN: Final = "it is no JSON object with the fields of a span."


def decode_json(body: bytes, rejections: Rejections) -> Iterator[SourceSpan]:
    """Give the spans of an ``ExportTraceServiceRequest``; count those that no row can hold.

    Raises:
        BadRequestError: if the body is no such message.
        BodyTooLargeError: if it has more than 10,000 spans or 300,000 attributes.
    """
    document = parse_json(body)
    if _may_repeat(body, document):
        document = parse_repeated(body, _LISTS)
    yield from read_request(document, rejections)


def _may_repeat(body: bytes, document: Any) -> bool:
    """Whether a list of groups or spans may stand twice in one object, where one would be lost.

    Told by how often the names come, since to look at each object while parsing costs a third.
    One look for how all three end is enough for most: to count each costs 4 µs a span.
    """
    if body.count(_ENDING) <= _count_lists(document):
        return False
    if body.count(b'"resourceSpans"') > 1:
        return True
    groups = document.get("resourceSpans") if isinstance(document, dict) else None
    groups = [each for each in groups if isinstance(each, dict)] if isinstance(groups, list) else []
    if body.count(b'"scopeSpans"') > len(groups):
        return True
    scopes = (each.get("scopeSpans") for each in groups)
    return body.count(b'"spans"') > sum(len(each) for each in scopes if isinstance(each, list))


def _count_lists(document: Any) -> int:
    """Count the lists of groups and spans that stand where they should."""
    groups = document.get("resourceSpans") if isinstance(document, dict) else None
    if not isinstance(groups, list):
        return 0
    found = 1
    for group in groups:
        scopes = group.get("scopeSpans") if isinstance(group, dict) else None
        if isinstance(scopes, list):
            found += 1 + sum("spans" in each for each in scopes if isinstance(each, dict))
    return found


def read_request(request: Any, rejections: Rejections) -> Iterator[SourceSpan]:
    """Give the spans of a request that is parsed already, as ``decode_json``.

    Raises:
        BadRequestError: if it is no such message.
        BodyTooLargeError: if it has more than 10,000 spans or 300,000 attributes.
    """
    groups, strays = open_groups(request, SPANS)
    check_count(sum(len(scope.items) for group in groups for scope in group.scopes), "spans")
    work, pairs = WorkBudget(values=MOST_NESTED), 0
    for group in groups:
        shared = Values(work, _RENAMED if group.renamed else ())
        resource = _read_attributes(
            shared, take_object(shared, {"resource": group.resource}, "resource")
        )
        pairs += shared.pairs
        for each in group.scopes:
            named = Values(work, shared.repairs | (_RENAMED if each.renamed else frozenset()))
            scope = _read_scope(named, take_object(named, {"scope": each.scope}, "scope"))
            for span in each.items:
                values = Values(work, named.repairs)
                try:
                    yield _read_span(_open_span(span, values, strays), values, scope, resource)
                except UnacceptableSpanError as error:
                    rejections.add(str(error), error.count)
                pairs += values.pairs
                check_count(pairs, "attributes", MOST_PAIRS)
        check_count(pairs, "attributes", MOST_PAIRS)
    _tell_strays(strays, rejections)


def _tell_strays(strays: Strays, rejections: Rejections) -> None:
    """Reject the spans that stand where OTLP has none."""
    for reason, count in strays.take():
        if count:
            rejections.add(reason, count)
        else:
            rejections.warn(reason)


def _open_span(span: Any, values: Values, strays: Strays) -> Mapping[str, Any]:
    """Give a span with its fields' own names.

    Raises:
        UnacceptableSpanError: if it is no object.
    """
    if not isinstance(span, dict):
        raise UnacceptableSpanError(_NO_SPAN, max(1, count_items(SPANS, span)))
    if span.keys() <= _SPAN.names:
        return span
    restored = _SPAN.restore(span)
    note_renaming(values, restored)
    within = list(restored.strays.values())
    if count_items(SPANS, within):
        strays.look_through("Span", restored.strays, within)
    return restored.fields


def _read_scope(values: Values, scope: Mapping[str, Any]) -> Scope:
    name, version = take_text(values, scope, "name"), take_text(values, scope, "version")
    return Scope(values.clean_text(name), values.clean_text(version))


def _read_span(
    span: Mapping[str, Any], values: Values, scope: Scope, resource: dict[str, Any]
) -> SourceSpan:
    status = rename(values, take_object(values, span, "status"), _STATUS)
    return build_span(
        values=values,
        trace_id=read_own_id(values, span, "traceId", 32),
        span_id=read_own_id(values, span, "spanId", 16),
        parent_span_id=read_id(values, span, "parentSpanId"),
        name=take_text(values, span, "name"),
        kind=read_enum(values, span, "kind", KINDS),
        start_ns=read_time(values, span, "startTimeUnixNano"),
        end_ns=read_time(values, span, "endTimeUnixNano"),
        status=read_enum(values, status, "code", CODES),
        description=take_text(values, status, "message"),
        scope=scope,
        attributes=_read_attributes(values, span),
        resource=resource,
        events=[
            _read_event(values, rename(values, event, _EVENT))
            for event in values.take_events(take_objects(values, span, "events"))
        ],
        notes=describe_links(
            [
                _read_link(values, rename(values, link, _LINK))
                for link in values.take_links(take_objects(values, span, "links"))
            ]
        ),
    )


def _read_event(values: Values, event: Mapping[str, Any]) -> SourceEvent:
    return SourceEvent(
        values.clean_text(take_text(values, event, "name")),
        values.scale_time(read_time(values, event, "timeUnixNano")),
        _read_attributes(values, event),
    )


def _read_link(values: Values, link: Mapping[str, Any]) -> tuple[str, str]:
    return read_id(values, link, "traceId"), read_id(values, link, "spanId")


_TYPES: Final = ("stringValue", "intValue", "doubleValue", "boolValue", "bytesValue")
_HOLDERS: Final = {
    "arrayValue": find_fields("ArrayValue"),
    "kvlistValue": find_fields("KeyValueList"),
}
_FIELDS: Final = frozenset({*_TYPES, *_HOLDERS})
_OF_PAIR: Final = 2
"""Members of a pair that has a key, a value and nothing else."""


def _read_attributes(values: Values, owner: Mapping[str, Any]) -> dict[str, Any]:
    """Give attributes by key; of one that comes twice the last stands."""
    pairs = take_objects(values, owner, "attributes")
    clean, check = values.clean_text, values.check_integer
    attributes = {}
    for pair in pairs[:MOST_ATTRIBUTES]:
        key: Any = pair.get("key")
        held = pair.get("value")
        text = number = None
        # Most are texts or whole numbers by themselves: to look no further halves the time.
        if isinstance(key, str) and isinstance(held, dict) and len(held) == 1:
            text = held.get("stringValue")
            if text is None and len(pair) == _OF_PAIR:
                number = read_integer(held.get("intValue"))
        if isinstance(text, str):
            value: Any = clean(text)
        elif number is not None:
            value = check(number)
        else:
            key, value = _read_pair(values, pair, 1)
        attributes[KNOWN_KEYS.get(key) or values.clean_key(key)] = value
    return values.bound_attributes(attributes, len(pairs))


def _read_pair(values: Values, pair: Mapping[str, Any], depth: int) -> tuple[str, Any]:
    pair = rename(values, pair, _PAIR)
    key = take_text(values, pair, "key")
    key = KNOWN_KEYS.get(key) or values.clean_key(key)
    return key, _read_value(values, take_object(values, pair, "value"), depth)


def _read_value(values: Values, value: Mapping[str, Any], depth: int) -> Any:
    """Read an ``AnyValue``: an object with one of seven fields; null is as good as absent."""
    set_fields = (name for name, held in value.items() if name in _FIELDS and held is not None)
    name = next(set_fields, None)
    if name is None:
        return _read_misspelt(values, value, depth) if value else None
    if name in _HOLDERS:
        return _read_container(values, value, name, depth)
    read = _read_scalar(values, name, value[name])
    if read is None:
        values.repairs.add("value_dropped")
    return read


def _read_misspelt(values: Values, value: Mapping[str, Any], depth: int) -> Any:
    """Read a value whose one field has another encoder's name, or none of OTLP's."""
    restored = _VALUE.restore(value)
    note_renaming(values, restored)
    if restored.renamed:
        return _read_value(values, restored.fields, depth)
    if restored.fields:
        values.repairs.add("value_dropped")
    return None


def _read_scalar(values: Values, name: str, held: Any) -> Any:
    if name == "intValue":
        number = read_integer(held)
        return number if number is None else values.check_integer(number)
    if name == "doubleValue":
        double = read_double(held)
        return double if double is None else values.check_double(double)
    if name == "boolValue":
        return held if isinstance(held, bool) else None
    if not isinstance(held, str):
        return None
    return values.clean_text(held) if name == "stringValue" else read_bytes(held)


def _read_container(values: Values, value: Mapping[str, Any], name: str, depth: int) -> Any:
    if not values.may_descend(depth):
        return None
    holder = rename(values, take_object(values, value, name), _HOLDERS[name])
    members = take_objects(values, holder, "values")
    items = values.take_items(members, depth + 1)
    if name == "arrayValue":
        return [_read_value(values, item, depth + 1) for item in items]
    return dict(_read_pair(values, pair, depth + 1) for pair in items)
