"""Logs and metrics of OTLP: counted, so that the sender is told how many are not stored.

https://opentelemetry.io/docs/specs/otlp/#partial-success
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2

from functions.common.errors import BadRequestError
from functions.ingest import groups
from functions.ingest.binary_groups import require_signal
from functions.ingest.bodies import guess_kind
from functions.ingest.field_names import fold
from functions.ingest.groups import Signal
from functions.ingest.json_body import parse_json
from functions.ingest.protobuf import decode_leniently


@dataclass(frozen=True, slots=True)
class OtherSignal:
    """A signal: its kind, the place of its items, and the words of their refusal."""

    kind: Signal
    request: type[Message]
    response: type[Message]
    path: tuple[str, ...]
    kinds: tuple[str, ...]
    """Fields of what the path leads to, each with items of its own; none: the items are there."""
    rejected: str
    advice: str


LOGS: Final = OtherSignal(
    kind=groups.LOG_RECORDS,
    request=logs_service_pb2.ExportLogsServiceRequest,
    response=logs_service_pb2.ExportLogsServiceResponse,
    path=("resource_logs", "scope_logs", "log_records"),
    kinds=(),
    rejected="rejected_log_records",
    advice="Of logs only gen_ai.evaluation.result events are stored here. "
    "OTEL_LOGS_EXPORTER=none saves sending logs.",
)
METRICS: Final = OtherSignal(
    kind=groups.METRICS,
    request=metrics_service_pb2.ExportMetricsServiceRequest,
    response=metrics_service_pb2.ExportMetricsServiceResponse,
    path=("resource_metrics", "scope_metrics", "metrics"),
    kinds=("gauge", "sum", "histogram", "exponential_histogram", "summary"),
    rejected="rejected_data_points",
    advice="Only spans are stored here. OTEL_METRICS_EXPORTER=none saves sending metrics.",
)


class Opened(NamedTuple):
    """The items of a request, how many more of them stand elsewhere, and what is odd in it."""

    items: list[Any]
    strays: int
    warnings: list[str]


def open_binary(signal: OtherSignal, body: bytes) -> Opened:
    """Give the items of a binary request.

    Raises:
        BadRequestError: if the body is no such request.
    """
    try:
        request = signal.request.FromString(body)
    except DecodeError as error:
        require_signal(signal.kind, decode_leniently(body), groups.SPANS)
        told = [f"The body is no {signal.kind.request} in protobuf.", *guess_kind(body)]
        raise BadRequestError(" ".join(told)) from error
    require_signal(signal.kind, request, signal.kind)
    found: list[Any] = [request]
    for name in signal.path:
        found = [child for node in found for child in getattr(node, name)]
    return Opened(found, 0, [])


def open_json(signal: OtherSignal, body: bytes) -> Opened:
    """Give the items of a request in JSON.

    Raises:
        BadRequestError: if the body is no such request.
    """
    held, strays = groups.open_groups(parse_json(body), signal.kind)
    items = [item for group in held for scope in group.scopes for item in scope.items]
    stray = list(strays.take())
    return Opened(items, sum(number for _, number in stray), [sentence for sentence, _ in stray])


def refuse(signal: OtherSignal, opened: Opened) -> Message:
    """Answer that none of these items is stored; where there is none, nothing is said."""
    count, warnings = _count_points(signal, opened.items) + opened.strays, opened.warnings
    response: Any = signal.response()
    if count or warnings:
        setattr(response.partial_success, signal.rejected, count)
        response.partial_success.error_message = " ".join([signal.advice, *warnings])
    answer: Message = response
    return answer


def _count_points(signal: OtherSignal, items: list[Any]) -> int:
    """Count what the items hold, each kind of them; or themselves, where they have no kinds."""
    if not signal.kinds:
        return len(items)
    points = (_read(_read(item, kind), "data_points") for item in items for kind in signal.kinds)
    return sum(len(_list(each)) for each in points)


def _read(node: Any, name: str) -> Any:
    """Give a field of a message, or of the object that is its JSON, in whatever spelling."""
    if isinstance(node, Message):
        return getattr(node, name)
    if not isinstance(node, dict):
        return None
    wanted = fold(name)
    return next((held for key, held in node.items() if fold(key) == wanted), None)


def _list(value: Any) -> Any:
    return value if isinstance(value, Iterable) and not isinstance(value, str | dict) else ()
