"""OTLP's binary encoding, spans apart from each other where one of them is malformed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.resource.v1 import resource_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

from functions.common.errors import BadRequestError
from functions.ingest.binary_groups import (
    adopt_former_spans,
    list_unknown_fields,
    require_signal,
)
from functions.ingest.bodies import guess_kind
from functions.ingest.building import Scope, Values, build_span, check_count, describe_links
from functions.ingest.groups import SPANS
from functions.ingest.limits import MOST_ATTRIBUTES, MOST_NESTED, MOST_PAIRS
from functions.ingest.rejections import Rejections, UnacceptableSpanError
from llm_observe.dialects import SourceEvent, SourceSpan
from llm_observe.privacy.work import WorkBudget

_FILES: Final = (common_pb2, resource_pb2, trace_pb2, trace_service_pb2)
_UNREAD: Final = {("ResourceSpans", "resource"), ("ScopeSpans", "scope"), ("ScopeSpans", "spans")}
"""Fields the lenient schema leaves as bytes, decoded one by one."""
_NO_REQUEST: Final = "The body is no ExportTraceServiceRequest in protobuf."
_MOST_NAMED: Final = 5
_UNDECODABLE: Final = "it is malformed, or nested deeper than 100 levels."


def decode_protobuf(body: bytes, rejections: Rejections) -> Iterator[SourceSpan]:
    """Give the spans of an ``ExportTraceServiceRequest``; count those that no row can hold.

    Raises:
        BadRequestError: if the body is no such message.
        BodyTooLargeError: if it has more than 10,000 spans or 300,000 attributes.
    """
    try:
        request: Any = trace_service_pb2.ExportTraceServiceRequest.FromString(body)
    except DecodeError:
        request = decode_leniently(body)
    check_count(len(request.resource_spans), "resources")
    renamed = _adopt_former_spans(request)
    check_count(sum(len(each.scope_spans) for each in request.resource_spans), "scopes")
    number = sum(len(scope.spans) for each in request.resource_spans for scope in each.scope_spans)
    check_count(number, "spans")
    require_signal(SPANS, request, SPANS)
    _tell_unknown_fields(request, number, rejections)
    # Before any is read: what is over would have been read for nothing.
    check_count(_count_pairs(request), "attributes", MOST_PAIRS)
    work, pairs = WorkBudget(values=MOST_NESTED), 0
    for resource_spans, was_renamed in zip(request.resource_spans, renamed, strict=True):
        shared = Values(work, ("field_renamed",) if was_renamed else ())
        resource = _open_shared(shared, resource_spans.resource, "resource.v1.Resource")
        attributes = _read_attributes(shared, resource.attributes)
        pairs += shared.pairs
        for scope_spans in resource_spans.scope_spans:
            named = Values(work, shared.repairs)
            scope = _open_shared(named, scope_spans.scope, "common.v1.InstrumentationScope")
            maker = Scope(named.clean_text(scope.name), named.clean_text(scope.version))
            for span in scope_spans.spans:
                values = Values(work, named.repairs)
                try:
                    yield _read_span(span, values, maker, attributes)
                except UnacceptableSpanError as error:
                    rejections.add(str(error))
                except DecodeError:
                    rejections.add(_UNDECODABLE)
                pairs += values.pairs
                check_count(pairs, "attributes", MOST_PAIRS)
        check_count(pairs, "attributes", MOST_PAIRS)


def _adopt_former_spans(request: Any) -> list[bool]:
    try:
        return [adopt_former_spans(each) for each in request.resource_spans]
    except DecodeError as error:
        raise BadRequestError(_NO_REQUEST) from error


def _tell_unknown_fields(request: Any, spans: int, rejections: Rejections) -> None:
    """Say that there are fields around the spans that may hold more of them.

    Raises:
        BadRequestError: if there is no span beside them: then it is no such request.
    """
    unknown = list_unknown_fields(request)
    if not unknown:
        return
    named = ", ".join(unknown[:_MOST_NAMED])
    if not spans:
        raise BadRequestError(
            f"{_NO_REQUEST} It has no spans, but fields of other numbers: {named}."
        )
    rejections.warn(f"Fields that OTLP does not have were not read: {named}.")


def _count_pairs(request: Any) -> int:
    """Count the attributes of spans, but for those that are unread yet."""
    return sum(
        min(len(span.attributes), MOST_ATTRIBUTES)
        for group in request.resource_spans
        for scope in group.scope_spans
        for span in scope.spans
        if not isinstance(span, bytes)
    )


def decode_leniently(body: bytes) -> Any:
    """Decode with texts as bytes and spans unread: one with a wrong byte does not cost the rest.

    Raises:
        BadRequestError: if not even this can be done.
    """
    try:
        return _lenient_class("collector.trace.v1.ExportTraceServiceRequest")(body)
    except DecodeError as error:
        raise BadRequestError(" ".join([_NO_REQUEST, *guess_kind(body)])) from error


@cache
def _lenient_class(name: str) -> Callable[[bytes], Message]:
    """The same messages on the wire, but ``string`` is ``bytes``, and so are spans and the like."""
    kind = _build_lenient_pool().FindMessageTypeByName(f"opentelemetry.proto.{name}")
    decode: Callable[[bytes], Message] = message_factory.GetMessageClass(kind).FromString
    return decode


@cache
def _build_lenient_pool() -> descriptor_pool.DescriptorPool:
    pool = descriptor_pool.DescriptorPool()
    for module in _FILES:
        file = descriptor_pb2.FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(file)
        for message in _walk(list(file.message_type)):
            for field in message.field:
                _loosen(message, field)
        pool.Add(file)
    return pool


def _walk(
    messages: list[descriptor_pb2.DescriptorProto],
) -> Iterator[descriptor_pb2.DescriptorProto]:
    for message in messages:
        yield message
        yield from _walk(list(message.nested_type))


def _loosen(
    message: descriptor_pb2.DescriptorProto, field: descriptor_pb2.FieldDescriptorProto
) -> None:
    if (message.name, field.name) in _UNREAD or field.type == field.TYPE_STRING:
        field.type = field.TYPE_BYTES
        field.ClearField("type_name")


def _open_shared(values: Values, message: Any, name: str) -> Any:
    """Give a resource or a scope; its spans are worth more than it is."""
    if not isinstance(message, bytes):
        return message
    decode = _lenient_class(name)
    try:
        return decode(message)
    except DecodeError:
        values.repairs.add("field_dropped")
        return decode(b"")


def _read_span(span: Any, values: Values, scope: Scope, resource: dict[str, Any]) -> SourceSpan:
    if isinstance(span, bytes):
        span = _lenient_class("trace.v1.Span")(span)
    attributes = _read_attributes(values, span.attributes)
    links = values.take_links(span.links)
    status = span.status
    return build_span(
        values=values,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_span_id=span.parent_span_id.hex(),
        name=span.name,
        kind=span.kind,
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano,
        status=status.code,
        description=status.message,
        scope=scope,
        attributes=attributes,
        resource=resource,
        events=[
            SourceEvent(
                values.clean_text(event.name),
                values.scale_time(event.time_unix_nano),
                _read_attributes(values, event.attributes),
            )
            for event in values.take_events(span.events)
        ],
        notes=describe_links([(link.trace_id.hex(), link.span_id.hex()) for link in links]),
    )


def _read_attributes(values: Values, pairs: Any) -> dict[str, Any]:
    """Give attributes by key; of one that comes twice the last stands.

    Texts of a lenient message are bytes.
    """
    if not pairs:
        return {}
    clean = values.clean_text
    attributes = {}
    for pair in pairs[:MOST_ATTRIBUTES]:
        value = pair.value
        # A text that is not empty says by itself which kind it is: saves 2 µs a span.
        text = value.string_value
        attributes[clean(pair.key)] = clean(text) if text else _read_value(values, value, 1)
    return values.bound_attributes(attributes, len(pairs))


def _read_value(values: Values, value: Any, depth: int) -> Any:
    kind = value.WhichOneof("value")
    if kind == "string_value":
        return values.clean_text(value.string_value)
    if kind == "int_value":
        return value.int_value
    if kind == "double_value":
        return values.check_double(value.double_value)
    if kind == "bool_value":
        return value.bool_value
    if kind == "bytes_value":
        return value.bytes_value
    if kind is None or not values.may_descend(depth):
        return None
    if kind == "array_value":
        items = values.take_items(value.array_value.values, depth + 1)
        return [_read_value(values, item, depth + 1) for item in items]
    return {
        values.clean_text(pair.key): _read_value(values, pair.value, depth + 1)
        for pair in values.take_items(value.kvlist_value.values, depth + 1)
    }
