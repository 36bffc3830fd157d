"""Bodies larger than an app reads, refused before they are parsed."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.common.errors import ErrorBody, ErrorDetail, get_request_id


class BodyLimit:
    """Answers 413 as soon as a body is known to be larger than ``most`` bytes."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its body, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        read: list[Message] = []
        size = 0
        while True:
            message = await receive()
            read.append(message)
            size += len(message.get("body", b""))
            if size > self._most:
                await self._refuse(scope, receive, send)
                return
            if not message.get("more_body"):
                break
        coming = iter(read)

        async def replay() -> Message:
            return next(coming, None) or await receive()

        await self._app(scope, replay, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        detail = ErrorDetail(
            code="body_too_large",
            message=f"The body has more than {self._most:,} bytes. Send less at once.",
            request_id=get_request_id(Request(scope)),
        )
        answer = JSONResponse(ErrorBody(error=detail).model_dump(), status_code=413)
        await answer(scope, receive, send)
