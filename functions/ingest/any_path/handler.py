"""The ingest routes by other paths: doubled or trailing slashes, Langfuse's, browsers' preflights.

API Gateway matches paths to the letter, and exporters join addresses as they like: each of these
is a request for a route that there is, and is served by its app under the same rule of access.
"""

from __future__ import annotations

import re
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from functions.common.app import create_handler
from functions.ingest.other_signals.handler import app as other_signals
from functions.ingest.traces.handler import app as traces

_SLASHES: Final = re.compile(r"/{2,}")
_LANGFUSE: Final = "/api/public/otel"
"""Where Langfuse's SDKs send spans, at the host that they are given.
https://langfuse.com/integrations/native/opentelemetry"""
_APPS: Final[dict[str, ASGIApp]] = {
    "/v1/traces": traces,
    "/v1/logs": other_signals,
    "/v1/metrics": other_signals,
}


def find_route(path: str) -> str:
    """Give the path of the route that is meant."""
    plain = _SLASHES.sub("/", path).rstrip("/")
    meant = plain.removeprefix(_LANGFUSE)
    return meant if meant in _APPS else plain or "/"


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer as the meant route's app does; of none, as that of spans answers: 404."""
    path = find_route(scope["path"])
    app = _APPS.get(path, traces)
    await app({**scope, "path": path, "raw_path": path.encode()}, receive, send)


handler = create_handler(serve)
