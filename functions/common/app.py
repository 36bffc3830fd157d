"""The part that all endpoints share: how an app is made and how it becomes a Lambda handler."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

from fastapi import Depends, FastAPI
from mangum import Mangum
from mangum.adapter import DEFAULT_TEXT_MIME_TYPES
from mangum.types import ASGI

import llm_observe
from functions.common.auth.callers import admit
from functions.common.body_limit import BodyLimit
from functions.common.environment import load_settings
from functions.common.errors import AnswerError, ErrorBody, handle_errors
from functions.common.logs import logger, note, read_route, tell_answer, write_every_line_so
from functions.common.private_answers import PrivateAnswers

Handler = Callable[[Any, Any], Any]

_TEXTS: Final = [*DEFAULT_TEXT_MIME_TYPES, "application/x-ndjson"]
"""Bodies that travel as they are; others take a third more, in Base64."""
_NAME_AND_PORT: Final = re.compile(r"[^:]*(:[0-9]{1,5})?")
_LOOPBACK: Final = re.compile(r"\[::1\](:[0-9]+)?")


def create_app(
    title: str, *, answer_error: AnswerError | None = None, most_bytes: int | None = None
) -> FastAPI:
    """Make an endpoint's app: one error shape, no interactive docs, no spans of its own.

    Handlers are ``async`` and block: a Lambda environment has one request at a time, and a thread
    for each would cost more than the call that it waits for.

    ``most_bytes`` is what a body may have, where that is less than API Gateway takes.

    Raises:
        llm_observe.ConfigurationError: at start, if the settings are wrong.
    """
    load_settings()
    app = FastAPI(
        title=title,
        version=llm_observe.__version__,
        openapi_url=None,
        # FastAPI makes four spans a request once a global provider exists; the API's own
        # requests are not what is observed here.
        telemetry={"tracing": False},
        responses={status: {"model": ErrorBody} for status in (400, 401, 403, 503)},
        # Every route passes the door, whether or not it takes a caller.
        dependencies=[Depends(admit)],
    )
    if most_bytes is not None:
        app.add_middleware(BodyLimit, most=most_bytes)
    app.add_middleware(PrivateAnswers)
    handle_errors(app, answer_error)
    return app


def create_handler(app: ASGI) -> Handler:
    """Make the Lambda handler of an app; each answer is a line in its log."""
    write_every_line_so()
    # Start-up and shut-down events would run at every invocation.
    adapter: Handler = Mangum(app, lifespan="off", text_mime_types=_TEXTS)

    def handle(event: Any, context: Any) -> Any:
        started = time.monotonic()
        note(**read_route(event))
        answer = adapter(_prepare(event), context)
        tell_answer(answer["statusCode"], started)
        return answer

    return logger.inject_lambda_context(handle, clear_state=True)


def _prepare(event: Any) -> Any:
    """Write what Mangum would read otherwise of an HTTP request: its path and an IPv6 host.

    It decodes the path, which an HTTP API has decoded once already: ``a%2541`` would name ``aA``,
    and forget that user. It splits the host at each colon, and takes what follows for a number.
    """
    context, headers = event.get("requestContext", {}), event.get("headers") or {}
    if "http" not in context:
        return event
    told = {**context["http"], "path": quote(context["http"]["path"], errors="replace")}
    host = headers.get("host", "")
    if not _NAME_AND_PORT.fullmatch(host):
        headers = {**headers, "host": "localhost" if _LOOPBACK.fullmatch(host) else "not.readable"}
    return {**event, "requestContext": {**context, "http": told}, "headers": headers}
