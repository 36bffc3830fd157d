"""POST /v1/traces: anybody's spans, by OTLP over HTTP. 200 means that they are durable."""

from __future__ import annotations

import time
from typing import Any, Final

from fastapi import Request, Response

from functions.common.app import create_app, create_handler
from functions.common.auth.callers import Caller
from functions.common.environment import find_queue_settings
from functions.common.errors import UnsupportedMediaTypeError
from functions.ingest.answers import (
    JSON,
    MESSAGE,
    PROTOBUF,
    answer_error,
    answer_success,
    describe_rejections,
    read_content_type,
)
from functions.ingest.bodies import open_body
from functions.ingest.cross_origin import allow_origins
from functions.ingest.delivery import deliver_spans
from functions.ingest.limits import MOST_MEBIBYTES
from functions.ingest.otlp_json import decode_json
from functions.ingest.protobuf import decode_protobuf
from functions.ingest.rejections import Rejections

_SECONDS: Final = 8.5
"""For a whole request: less than the function's timeout of 10, so that it is us who answer."""
_DECODERS: Final = {PROTOBUF: decode_protobuf, JSON: decode_json}
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "description": f"An ExportTraceServiceRequest, at most {MOST_MEBIBYTES} MiB unpacked.",
        "required": False,
        "content": MESSAGE,
    }
}
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"description": description, "content": MESSAGE}
    for status, description in {
        200: "Committed, or queued; `partialSuccess` counts and explains what is never accepted.",
        400: "The body is no ExportTraceServiceRequest, or it is not said whose it is.",
        401: "No credential that is accepted.",
        403: "The credential is not for this tenant, or not for writing.",
        413: "Too large; the message names the bound and what to do.",
        415: "Neither of the two content types, or an unknown Content-Encoding.",
        429: "Over the tenant's rate; Retry-After says when to come again.",
        503: "Nothing is lost if the same request is sent again.",
    }.items()
}

find_queue_settings()  # what is wrong with them is said at start
app = create_app("otlp_traces", answer_error=answer_error)
allow_origins(app)


@app.post("/v1/traces", openapi_extra=_BODY, responses=_ANSWERS, response_class=Response)
async def export_traces(caller: Caller, request: Request) -> Response:
    """Store spans. Spans that come again are merged, so each that got no 200 may be sent again."""
    deadline = time.monotonic() + _SECONDS
    decode = _DECODERS.get(read_content_type(request))
    if decode is None:
        raise UnsupportedMediaTypeError(f"Content-Type is {PROTOBUF} or {JSON}.")
    body = open_body(await request.body(), request.headers.get("content-encoding"))
    rejections = Rejections()
    if body:
        deliver_spans(caller, decode(body, rejections), rejections, deadline=deadline)
    return answer_success(request, describe_rejections(rejections))


handler = create_handler(app)
