"""Binary requests that are not what their route takes, as far as field numbers tell.

The requests of all signals have the same numbers down to their items, and protobuf decodes nearly
everything as something: what it does not know stands aside, unread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from functions.common.errors import BadRequestError
from functions.ingest.groups import LOG_RECORDS, METRICS, SPANS, Signal

FORMER_SPANS: Final = 1000
"""The number of ``instrumentation_library_spans``, a ``ScopeSpans`` by its older name.
https://github.com/open-telemetry/opentelemetry-proto/blob/v0.19.0/opentelemetry/proto/trace/v1/trace.proto"""
_TRACE_ID: Final = 16
_SPAN_ID: Final = 8
_DELIMITED: Final = 2
"""The wire type of messages and texts."""


_FIELDS: Final[Mapping[Signal, tuple[str, str, str]]] = {
    SPANS: ("resource_spans", "scope_spans", "spans"),
    LOG_RECORDS: ("resource_logs", "scope_logs", "log_records"),
    METRICS: ("resource_metrics", "scope_metrics", "metrics"),
}
_ITEMS: Final[Mapping[Signal, Callable[[bytes], Message]]] = {
    SPANS: Span.FromString,
    LOG_RECORDS: LogRecord.FromString,
    METRICS: Metric.FromString,
}
_TELLS: Final[Mapping[Signal, Callable[[Any], object]]] = {
    SPANS: lambda span: (len(span.trace_id), len(span.span_id)) == (_TRACE_ID, _SPAN_ID),
    LOG_RECORDS: lambda record: (
        record.time_unix_nano or record.observed_time_unix_nano or record.severity_number
    ),
    METRICS: lambda metric: metric.name and _has_points(metric),
}
"""Whether an item has fields that others' would not decode as: texts alone fit everywhere, and an
attribute of a span is an empty histogram."""
_MOST_LOOKED_AT: Final = 20
"""Of each level: the first items show what the others are."""


def require_signal(wanted: Signal, request: Any, decoded_as: Signal) -> None:
    """Refuse a request of another signal, by the first item that is not empty.

    ``decoded_as`` is the signal that the request was decoded as, be it leniently.

    Raises:
        BadRequestError: if the item is none of the wanted signal, and clearly another's.
    """
    items = map(_encode, _walk(request, _FIELDS[decoded_as]))
    item = next((item for item in items if item), None)
    if item is None or _is_of(wanted, item):
        return
    for other in _ITEMS:
        if _is_of(other, item):
            raise BadRequestError(
                f"The body is an {other.request}, which belongs to POST {other.path}. "
                f"POST {wanted.path} takes an {wanted.request}."
            )


def _has_points(metric: Any) -> bool:
    data = metric.WhichOneof("data")
    return bool(data and getattr(metric, data).data_points)


def _encode(item: Any) -> bytes:
    # Of a lenient request a span is bytes; else its unknown fields are written, too.
    encoded: bytes = item if isinstance(item, bytes) else item.SerializeToString()
    return encoded


def _is_of(signal: Signal, encoded: bytes) -> bool:
    """Whether an item has no field that the signal's items have not."""
    try:
        item: Any = _ITEMS[signal](encoded)
    except DecodeError:
        return False
    if len(UnknownFieldSet(item)):
        return False
    return bool(_TELLS[signal](item))


def _walk(message: Any, fields: tuple[str, ...]) -> Iterator[Any]:
    if not fields:
        yield message
        return
    for member in islice(getattr(message, fields[0]), _MOST_LOOKED_AT):
        yield from _walk(member, fields[1:])


def adopt_former_spans(resource_spans: Any) -> bool:
    """Read the groups that stand under their older number; whether there are any.

    Raises:
        DecodeError: if one cannot be read.
    """
    former = [
        each.data
        for each in _list_unknown(resource_spans)
        if (each.field_number, each.wire_type) == (FORMER_SPANS, _DELIMITED)
    ]
    for data in former:
        resource_spans.scope_spans.add().MergeFromString(data)
    return bool(former)


def list_unknown_fields(request: Any) -> list[str]:
    """Name the fields around spans that OTLP does not have, as ``ScopeSpans 7``."""
    holders = [("ExportTraceServiceRequest", request)]
    for resource_spans in request.resource_spans:
        holders.append(("ResourceSpans", resource_spans))
        holders += [("ScopeSpans", each) for each in resource_spans.scope_spans]
    found = {
        (name, each.field_number)
        for name, message in holders
        for each in _list_unknown(message)
        if (name, each.field_number) != ("ResourceSpans", FORMER_SPANS)
    }
    return [f"{name} {number}" for name, number in sorted(found)]


def _list_unknown(message: Message) -> Iterable[Any]:
    found: Any = UnknownFieldSet(message)
    return found if len(found) else ()
