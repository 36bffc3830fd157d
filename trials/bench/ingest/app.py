"""The function's own app with a place to ask whether it is up, which API Gateway has no need of."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from functions.ingest.traces.handler import app

HEALTH: Final = "/health"


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer as the function's app does, and 204 where it is asked for its health."""
    healthy = scope["type"] == "http" and scope["path"] == HEALTH
    await (Response(status_code=204) if healthy else app)(scope, receive, send)
