"""The ASGI application: one request in, one event to a function, one answer out."""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from infra.local.aws.answer import answer_failure, answer_message, make_response, map_response
from infra.local.aws.event import make_event
from infra.local.aws.pool import (
    MOST_ENVIRONMENTS,
    FunctionFailedError,
    FunctionTimedOutError,
    Pool,
    create_forks,
)
from infra.local.aws.routes import Match, Routes
from infra.local.aws.scheduler import Scheduler
from infra.local.aws.template import Function

_LONGEST_WAIT_S = 30.0
"""HTTP APIs wait no longer, whatever the function's timeout."""
_LARGEST_BODY = 10 * 1024 * 1024
"""API Gateway's quota for a payload."""
# Lambda's for an event; the rest of one is small. That API Gateway says 413 then, as Lambda does
# to it, is untried: docs/untried.md#gateway-413.
_LARGEST_EVENT = 6 * 1024 * 1024


class _BodyTooLargeError(Exception):
    """A request's body is beyond API Gateway's quota."""


class Gateway:
    """Routes requests to functions as an HTTP API does."""

    def __init__(self, functions: Sequence[Function]) -> None:
        self._routes = Routes(functions)
        self._executor = ThreadPoolExecutor(max(1, len(functions) * MOST_ENVIRONMENTS))
        forks = create_forks()
        self._pools = {
            each.name: Pool(each, self._executor, forks, longest_wait_s=_LONGEST_WAIT_S)
            for each in functions
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request and write one line about it: the route, whose path may name a user."""
        started = time.perf_counter()
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except ClientDisconnect:
            return
        await response(scope, receive, send)
        took = (time.perf_counter() - started) * 1000
        match = self._find(request)
        route = match.key if match is not None else "no route"
        sys.stdout.write(f"{route} {response.status_code} {took:.0f} ms\n")

    def end(self) -> None:
        """End the environments."""
        for pool in self._pools.values():
            pool.end()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _find(self, request: Request) -> Match | None:
        return self._routes.find(request.method, request.scope["raw_path"].decode("latin-1"))

    async def _answer(self, request: Request) -> Response:
        match = self._find(request)
        if match is None:
            return answer_message(404, "Not Found")
        try:
            body = await _read_body(request)
        except _BodyTooLargeError:
            return answer_message(413, "Request Too Long")
        event = make_event(request, match, body)
        if len(event.get("body", "")) > _LARGEST_EVENT:
            return answer_message(413, "Request Entity Too Large")
        response = await self._invoke(match, event)
        response = map_response(response, match.function.mappings.get(match.key, {}))
        response.headers["apigw-requestid"] = event["requestContext"]["requestId"]
        return response

    async def _invoke(self, match: Match, event: dict[str, object]) -> Response:
        try:
            result = await self._pools[match.function.name].invoke(event)
        except FunctionTimedOutError:
            sys.stderr.write(
                f"{match.function.name} timed out after {match.function.timeout_s} s\n"
            )
            return answer_message(503, "Service Unavailable")
        except FunctionFailedError:
            return answer_failure()
        return make_response(result)


def create_app(functions: Sequence[Function], scheduler: Scheduler | None = None) -> Starlette:
    """Build the application; its environments, and the scheduler's, end with its lifespan."""
    gateway = Gateway(functions)

    @asynccontextmanager
    async def run(_: Starlette) -> AsyncIterator[None]:
        if scheduler is not None:
            scheduler.start()
        yield
        if scheduler is not None:
            scheduler.end()
        gateway.end()

    app = Starlette(lifespan=run)
    # Every path: a Mount's pattern ends at a line break.
    app.router.default = gateway
    return app


async def _read_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_BODY:
            raise _BodyTooLargeError
    return bytes(body)
