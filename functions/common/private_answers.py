"""Answers that no cache may keep or mix up and no page may show: each is one tenant's."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS: Final = {
    "Cache-Control": "private, no-store",
    "Vary": "Authorization, x-tenant-id",
    "X-Content-Type-Options": "nosniff",
    # An answer is data: a browser that opens one runs nothing and frames nothing, and says nowhere
    # where it came from. https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
}


class PrivateAnswers:
    """Puts the headers on every answer, errors included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""

        async def send_private(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await self._app(scope, receive, send_private)
