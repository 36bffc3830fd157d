"""An OTLP/HTTP receiver that keeps the trace requests it is sent, as OTLP/JSON.

Logs and metrics are accepted and forgotten: our door is for traces.
https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_JSON = "application/json"
_PROTOBUF = "application/x-protobuf"
_IDS = frozenset({"traceId", "spanId", "parentSpanId"})


class Capture:
    """Keeps each trace request with its content type until it is taken.

    As our door, it refuses who does not say ``authorization``.
    """

    def __init__(self, authorization: str) -> None:
        self._authorization = authorization
        self._requests: list[dict[str, Any]] = []
        self._encodings: set[str] = set()

    def take(self) -> tuple[list[dict[str, Any]], list[str]]:
        """Give what came since the last time, in order of arrival, and the content types."""
        taken = self._requests, sorted(self._encodings)
        self._requests, self._encodings = [], set()
        return taken

    async def receive(self, request: Request) -> Response:
        """Answer as a collector that takes everything from whom it knows."""
        if not self._knows(request.headers.get("authorization", "")):
            return Response(status_code=401)
        encoding = request.headers.get("content-type", "").partition(";")[0]
        if request.url.path.endswith("/v1/traces"):
            body = await request.body()
            if request.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            self._requests.append(read_request(body, encoding))
            self._encodings.add(encoding)
        return Response(b"{}" if encoding == _JSON else b"", media_type=encoding or _PROTOBUF)

    def _knows(self, said: str) -> bool:
        """Take the key as a bearer's, or as the password beside any name."""
        kind, _, text = said.partition(" ")
        if kind.lower() != "basic":
            return said == self._authorization
        _, _, password = base64.b64decode(text).decode().partition(":")
        return f"Bearer {password}" == self._authorization

    def app(self) -> Starlette:
        """Give the application; any path will do, since libraries prefix their own."""
        return Starlette(routes=[Route("/{path:path}", self.receive, methods=["POST"])])


def read_request(body: bytes, encoding: str) -> dict[str, Any]:
    """Give an ExportTraceServiceRequest as OTLP/JSON: hex ids, 64-bit integers as strings."""
    if encoding == _JSON:
        document: dict[str, Any] = json.loads(body)
        return document
    message = ExportTraceServiceRequest.FromString(body)
    document = MessageToDict(message, use_integers_for_enums=True)
    _write_ids_in_hex(document)
    return document


def _write_ids_in_hex(value: Any) -> None:
    """Protobuf's JSON writes bytes in base64, OTLP's writes ids in hex."""
    if isinstance(value, list):
        for item in value:
            _write_ids_in_hex(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in _IDS and isinstance(item, str):
                value[key] = base64.b64decode(item).hex()
            else:
                _write_ids_in_hex(item)
