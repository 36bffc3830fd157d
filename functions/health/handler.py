"""GET /health: whether the API and its database answer."""

from __future__ import annotations

import time

import httpx
from fastapi import Response
from postgrest.exceptions import APIError

import llm_observe
from functions.common.app import create_app, create_handler
from functions.common.database import ping
from functions.common.environment import is_offline
from functions.common.models import DatabaseHealth, Health

app = create_app("health")


@app.get("/health", responses={503: {"model": Health}})
async def get_health(response: Response) -> Health:
    """Say whether the API works; 503 when the database does not answer."""
    database = _probe()
    healthy = database.status == "ok"
    response.status_code = 200 if healthy else 503
    return Health(
        status="ok" if healthy else "degraded",
        version=llm_observe.__version__,
        database=database,
        llm="offline" if is_offline() else "openai",
    )


def _probe() -> DatabaseHealth:
    started = time.perf_counter()
    try:
        ping()
    except (httpx.HTTPError, APIError):
        return DatabaseHealth(status="unreachable", latency_ms=None)
    latency = (time.perf_counter() - started) * 1000
    return DatabaseHealth(status="ok", latency_ms=round(latency, 1))


handler = create_handler(app)
