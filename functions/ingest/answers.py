"""OTLP's answers, in the content type of the request, errors included.

https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastapi import Request, Response
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from functions.ingest.rejections import Rejections

PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"
MESSAGE: Final = {
    JSON: {"schema": {"type": "object"}},
    PROTOBUF: {"schema": {"type": "string", "format": "binary"}},
}
"""A message of OTLP, in the words of the API document."""

_CODES: Final[Mapping[int, int]] = {
    400: 3,  # INVALID_ARGUMENT
    401: 16,  # UNAUTHENTICATED
    403: 7,  # PERMISSION_DENIED
    404: 5,  # NOT_FOUND
    410: 5,
    413: 8,  # RESOURCE_EXHAUSTED
    415: 3,
    429: 8,
    503: 14,  # UNAVAILABLE
}
"""gRPC's code for an HTTP status (https://github.com/googleapis/googleapis, rpc/code.proto)."""


def describe_rejections(rejections: Rejections) -> ExportTraceServiceResponse:
    """Say that everything is committed but what can never be, and why that cannot."""
    response = ExportTraceServiceResponse()
    if told := rejections.describe():
        response.partial_success.rejected_spans = len(rejections)
        response.partial_success.error_message = told
    return response


def answer_success(request: Request, response: Message) -> Response:
    """Answer with an ``Export…ServiceResponse``."""
    return _encode(request, response, 200, None)


def answer_error(
    request: Request, status: int, message: str, headers: Mapping[str, str] | None
) -> Response:
    """Say what is wrong. An error of ours is told as 503: exporters drop what gets a 500."""
    status = 503 if status >= 500 else status  # noqa: PLR2004  # HTTP's own class of statuses
    return _encode(request, Status(code=_CODES.get(status, 2), message=message), status, headers)


def read_content_type(request: Request) -> str:
    """Give the media type of the body, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _encode(
    request: Request, message: Message, status: int, headers: Mapping[str, str] | None
) -> Response:
    binary = read_content_type(request) == PROTOBUF
    content = message.SerializeToString() if binary else MessageToJson(message, indent=None)
    return Response(content, status, dict(headers or {}), PROTOBUF if binary else JSON)
