"""An ASGI application on a free port of the loopback address, in a thread of this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from infra.local.listener import listen
from infra.local.ports import LOOPBACK

_SECONDS_TO_STOP = 10.0


@contextmanager
def serve(app: ASGIApp) -> Iterator[str]:
    """Serve while the block runs and give the base URL, without a slash at its end."""
    listener = listen(LOOPBACK, 0)
    config = uvicorn.Config(
        app, access_log=False, log_level="warning", timeout_graceful_shutdown=1, lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(_SECONDS_TO_STOP)
