"""The names of OTLP's fields in JSON, also as other encoders than OTLP's spell them.

OTLP's JSON has lowerCamelCase alone. Protobuf's own printers can keep the names of the .proto file
(``trace_id``), and a language's own encoder writes those of its classes (``TraceId``): which field
is meant is beyond doubt. https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from google.protobuf.descriptor import Descriptor
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

_FORMER: Final[Mapping[str, Mapping[str, str]]] = {
    "ResourceSpans": {"instrumentationlibraryspans": "scopeSpans"},
    "ScopeSpans": {"instrumentationlibrary": "scope"},
    "ResourceLogs": {"instrumentationlibrarylogs": "scopeLogs"},
    "ScopeLogs": {"instrumentationlibrary": "scope", "logs": "logRecords"},
    "ResourceMetrics": {"instrumentationlibrarymetrics": "scopeMetrics"},
    "ScopeMetrics": {"instrumentationlibrary": "scope"},
}
"""Names that OTLP itself had until version 0.19, of fields that only changed their names.
https://github.com/open-telemetry/opentelemetry-proto/blob/main/CHANGELOG.md"""


class Restored(NamedTuple):
    """A message with its fields' own names, and beside them the members that are no fields."""

    fields: Mapping[str, Any]
    strays: Mapping[str, Any]
    renamed: bool


class FieldNames:
    """The fields of one message; as many as its descriptor has, so there is no list to forget."""

    def __init__(self, message: Descriptor) -> None:
        self.message = message.name
        self.names = frozenset(field.json_name for field in message.fields)
        former = _FORMER.get(message.name, {})
        self._meant = {**{fold(name): name for name in self.names}, **former}

    def restore(self, owner: Mapping[str, Any]) -> Restored:
        """Give each field by its own name; a list that comes under several names is one list."""
        fields = {name: held for name, held in owner.items() if name in self.names}
        strays: dict[str, Any] = {}
        renamed = False
        for name, held in owner.items():
            if name in self.names or held is None:
                continue
            meant = self._meant.get(fold(name))
            known = fields.get(meant) if meant else None
            if meant and known is None:
                fields[meant], renamed = held, True
            elif meant and isinstance(known, list) and isinstance(held, list):
                fields[meant], renamed = [*known, *held], True
            else:
                strays[name] = held
        return Restored(fields, strays, renamed)


def fold(name: str) -> str:
    """Give a name without its case and its separators, which are all that spellings differ in."""
    return name.replace("_", "").replace("-", "").lower()


@cache
def find_fields(message: str) -> FieldNames:
    """Give the fields of a message of OTLP by its name, as ``Span``.

    Raises:
        KeyError: if no request of the three signals holds such a message.
    """
    return _read_messages()[message]


@cache
def _read_messages() -> Mapping[str, FieldNames]:
    """Give all messages that requests of the three signals are made of."""
    found: dict[str, FieldNames] = {}
    coming: list[Descriptor] = [
        trace_service_pb2.ExportTraceServiceRequest.DESCRIPTOR,
        logs_service_pb2.ExportLogsServiceRequest.DESCRIPTOR,
        metrics_service_pb2.ExportMetricsServiceRequest.DESCRIPTOR,
    ]
    while coming:
        message = coming.pop()
        if message.full_name not in found:
            found[message.full_name] = FieldNames(message)
            coming += [each.message_type for each in message.fields if each.message_type]
    return {fields.message: fields for fields in found.values()}
