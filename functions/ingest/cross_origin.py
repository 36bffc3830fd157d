"""Browsers that send spans from pages of other origins: by an allow-list, off by default (CORS).

https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI, Request, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.common.environment import load_cors_origins
from functions.ingest.answers import answer_error

_ALLOWED: Final = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "authorization, content-encoding, content-type, x-tenant-id",
    # Chromium keeps it two hours at most.
    "Access-Control-Max-Age": "7200",
}
_REFUSED: Final = "LLM_OBSERVE_CORS_ORIGINS does not name this origin."


class CrossOrigin:
    """Answers preflights, and lets pages of the listed origins read answers.

    A page sends its key itself; the browser's own credentials are never asked for.
    """

    def __init__(self, app: ASGIApp, origins: frozenset[str]) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, but for a preflight."""
        request = Request(scope)
        origins = request.headers.getlist("origin")
        allowed = origins[0] if len(origins) == 1 and origins[0] in self._origins else None

        async def send_allowed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.add_vary_header("Origin")
                if allowed is not None:
                    headers["Access-Control-Allow-Origin"] = allowed
                    headers["Access-Control-Expose-Headers"] = "Retry-After"
            await send(message)

        if request.method != "OPTIONS":
            await self._app(scope, receive, send_allowed)
            return
        answer = answer_error(request, 403, _REFUSED, None)
        if allowed is not None:
            answer = Response(status_code=204, headers=_ALLOWED)
        await answer(scope, receive, send_allowed)


def allow_origins(app: FastAPI) -> None:
    """Let pages of the origins that the environment lists use an app; of none, by default.

    Raises:
        llm_observe.ConfigurationError: if an entry is no origin.
    """
    if origins := load_cors_origins():
        app.add_middleware(CrossOrigin, origins=origins)
