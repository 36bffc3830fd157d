"""POST /v1/logs and /v1/metrics: only evaluations of them are stored, and the sender is told so.

An application whose ``OTEL_EXPORTER_OTLP_ENDPOINT`` names this API may send all three signals, and
would log an error for each that has no route.
"""

from __future__ import annotations

import time
from typing import Any, Final

from fastapi import Request, Response

from functions.common.app import create_app, create_handler
from functions.common.auth.access import CallerIdentity
from functions.common.auth.callers import Caller
from functions.common.environment import load_settings
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
from functions.ingest.building import check_count
from functions.ingest.committing import commit_rows
from functions.ingest.cross_origin import allow_origins
from functions.ingest.other_signals.evaluations import (
    UNUSABLE,
    Evaluation,
    protect,
    read_evaluation,
)
from functions.ingest.other_signals.signals import (
    LOGS,
    METRICS,
    Opened,
    OtherSignal,
    open_binary,
    open_json,
    refuse,
)
from functions.ingest.storing import find_tenant_settings
from llm_observe.privacy.work import WorkBudget
from llm_observe.supabase.halving import BatchRefusedError

_SECONDS: Final = 8.5
"""As long as a request of spans may take."""
_OPEN: Final = {PROTOBUF: open_binary, JSON: open_json}
_BODY: Final[dict[str, Any]] = {"requestBody": {"required": False, "content": MESSAGE}}
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "`partialSuccess` counts what is refused.", "content": MESSAGE},
    400: {"description": "The body is no request of this signal.", "content": MESSAGE},
    413: {"description": "Too large: send smaller batches.", "content": MESSAGE},
    415: {"description": "An unknown Content-Type or Content-Encoding.", "content": MESSAGE},
}
_ANSWERS_OF_LOGS: Final = _ANSWERS | {
    429: {"description": "Over the tenant's rate; Retry-After says when.", "content": MESSAGE},
    503: {"description": "Nothing is lost if the same request is sent again.", "content": MESSAGE},
}

app = create_app("otlp_other_signals", answer_error=answer_error)
allow_origins(app)


@app.post("/v1/logs", openapi_extra=_BODY, responses=_ANSWERS_OF_LOGS, response_class=Response)
async def keep_evaluations(caller: Caller, request: Request) -> Response:
    """Store evaluations, ``gen_ai.evaluation.result`` events, and count all other log records."""
    deadline = time.monotonic() + _SECONDS
    opened = await _open(LOGS, request)
    read = [(item, read_evaluation(item)) for item in opened.items]
    usable = [found for _, found in read if found]
    refused = [item for item, found in read if not found]
    warnings = [*opened.warnings, *([UNUSABLE] if any(found == {} for _, found in read) else [])]
    check_count(len(usable), "evaluations")
    try:
        _store(caller, usable, deadline)
    except BatchRefusedError as error:
        refused += usable
        warnings.append(str(error))
    return answer_success(request, refuse(LOGS, Opened(refused, opened.strays, warnings)))


def _store(caller: CallerIdentity, evaluations: list[Evaluation], deadline: float) -> None:
    if evaluations:
        keeps = find_tenant_settings(caller, deadline).restrict(load_settings()).capture_content
        work = WorkBudget()
        rows = [protect(found, work, keeps_content=keeps) for found in evaluations]
        commit_rows(caller, [], deadline, evaluations=rows)


@app.post("/v1/metrics", openapi_extra=_BODY, responses=_ANSWERS, response_class=Response)
async def refuse_metrics(request: Request) -> Response:
    """Count data points; none is stored."""
    return answer_success(request, refuse(METRICS, await _open(METRICS, request)))


async def _open(signal: OtherSignal, request: Request) -> Opened:
    open_items = _OPEN.get(read_content_type(request))
    if open_items is None:
        raise UnsupportedMediaTypeError(f"Content-Type is {PROTOBUF} or {JSON}.")
    body = open_body(await request.body(), request.headers.get("content-encoding"))
    return open_items(signal, body) if body else Opened([], 0, [])


handler = create_handler(app)
