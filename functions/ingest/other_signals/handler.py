"""POST /v1/logs and /v1/metrics: nothing of them is stored, and the sender is told so.

An application whose ``OTEL_EXPORTER_OTLP_ENDPOINT`` names this API may send all three signals, and
would log an error for each that has no route.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import Request, Response

from functions.common.app import create_app, create_handler
from functions.common.errors import UnsupportedMediaTypeError
from functions.ingest.answers import (
    JSON,
    MESSAGE,
    PROTOBUF,
    answer_error,
    answer_success,
    read_content_type,
)
from functions.ingest.bodies import open_body
from functions.ingest.cross_origin import allow_origins
from functions.ingest.other_signals.signals import (
    LOGS,
    METRICS,
    OtherSignal,
    refuse_binary,
    refuse_json,
)

_REFUSE: Final = {PROTOBUF: refuse_binary, JSON: refuse_json}
_BODY: Final[dict[str, Any]] = {"requestBody": {"required": False, "content": MESSAGE}}
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "`partialSuccess` counts all of it as refused.", "content": MESSAGE},
    400: {"description": "The body is no request of this signal.", "content": MESSAGE},
    413: {"description": "Too large: send smaller batches.", "content": MESSAGE},
    415: {"description": "An unknown Content-Type or Content-Encoding.", "content": MESSAGE},
}

app = create_app("otlp_other_signals", answer_error=answer_error)
allow_origins(app)


@app.post("/v1/logs", openapi_extra=_BODY, responses=_ANSWERS, response_class=Response)
async def refuse_logs(request: Request) -> Response:
    """Count log records; none is stored."""
    return await _refuse(LOGS, request)


@app.post("/v1/metrics", openapi_extra=_BODY, responses=_ANSWERS, response_class=Response)
async def refuse_metrics(request: Request) -> Response:
    """Count data points; none is stored."""
    return await _refuse(METRICS, request)


async def _refuse(signal: OtherSignal, request: Request) -> Response:
    refuse = _REFUSE.get(read_content_type(request))
    if refuse is None:
        raise UnsupportedMediaTypeError(f"Content-Type is {PROTOBUF} or {JSON}.")
    body = open_body(await request.body(), request.headers.get("content-encoding"))
    return answer_success(request, refuse(signal, body) if body else signal.response())


handler = create_handler(app)
