"""Logs and metrics of OTLP: only counted, so that the sender is told how many are not stored.

https://opentelemetry.io/docs/specs/otlp/#partial-success
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2

from functions.common.errors import BadRequestError


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal: its name, the place of its items, and the words of their refusal."""

    request: type[Message]
    response: type[Message]
    path: tuple[str, ...]
    kinds: tuple[str, ...]
    """Fields of what the path leads to, each with items of its own; none: the items are there."""
    rejected: str
    advice: str


LOGS: Final = Signal(
    request=logs_service_pb2.ExportLogsServiceRequest,
    response=logs_service_pb2.ExportLogsServiceResponse,
    path=("resource_logs", "scope_logs", "log_records"),
    kinds=(),
    rejected="rejected_log_records",
    advice="Only spans are stored here. OTEL_LOGS_EXPORTER=none saves sending logs.",
)
METRICS: Final = Signal(
    request=metrics_service_pb2.ExportMetricsServiceRequest,
    response=metrics_service_pb2.ExportMetricsServiceResponse,
    path=("resource_metrics", "scope_metrics", "metrics"),
    kinds=("gauge", "sum", "histogram", "exponential_histogram", "summary"),
    rejected="rejected_data_points",
    advice="Only spans are stored here. OTEL_METRICS_EXPORTER=none saves sending metrics.",
)


def refuse_binary(signal: Signal, body: bytes) -> Message:
    """Answer a binary request.

    Raises:
        BadRequestError: if the body is no such request.
    """
    try:
        return _refuse(signal, signal.request.FromString(body))
    except DecodeError as error:
        raise BadRequestError(_explain(signal)) from error


def refuse_json(signal: Signal, body: bytes) -> Message:
    """Answer a request in JSON.

    Raises:
        BadRequestError: if the body is no such request.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequestError(_explain(signal)) from error
    if not isinstance(document, dict):
        raise BadRequestError(_explain(signal))
    return _refuse(signal, document)


def _refuse(signal: Signal, request: Any) -> Message:
    response: Any = signal.response()
    if count := _count_items(signal, request):
        setattr(response.partial_success, signal.rejected, count)
        response.partial_success.error_message = signal.advice
    answer: Message = response
    return answer


def _count_items(signal: Signal, request: Any) -> int:
    found = [request]
    for name in signal.path:
        found = [child for node in found for child in _list(_read(node, name))]
    if not signal.kinds:
        return len(found)
    points = (_read(_read(node, kind), "data_points") for node in found for kind in signal.kinds)
    return sum(len(_list(each)) for each in points)


def _read(node: Any, name: str) -> Any:
    """Give a field of a message, or of the object that is its JSON."""
    if isinstance(node, Message):
        return getattr(node, name)
    return node.get(_name_in_json(name)) if isinstance(node, dict) else None


def _list(value: Any) -> Any:
    return value if isinstance(value, Iterable) and not isinstance(value, str | dict) else ()


@cache
def _name_in_json(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def _explain(signal: Signal) -> str:
    return f"The body is no {signal.request.DESCRIPTOR.name}."
