"""GET /health: whether the API and its database answer."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final, Literal

import httpx
from fastapi import Response
from postgrest.exceptions import APIError

import llm_observe
from functions.common.app import create_app, create_handler
from functions.common.database import ping
from functions.common.environment import is_offline
from functions.common.expiring import ExpiringCache
from functions.health.bodies import DatabaseHealth, Health


@dataclass(frozen=True, slots=True)
class _Probe:
    """When the database was asked and how long it took; None: it did not answer."""

    at: float
    latency_ms: float | None


_GOOD_FOR: Final = 10.0
"""Seconds: anybody may call this route, so no caller decides how often the database is asked."""

app = create_app("health")
_probes: ExpiringCache[Literal["database"], _Probe] = ExpiringCache()


@app.get("/health", responses={503: {"model": Health}})
async def get_health(response: Response) -> Health:
    """Say whether the API works; 503 when the database does not answer.

    A process asks the database at most once in 10 s, also while it does not answer.
    """
    database = _look_up()
    healthy = database.status == "ok"
    response.status_code = 200 if healthy else 503
    return Health(
        status="ok" if healthy else "degraded",
        version=llm_observe.__version__,
        database=database,
        llm="offline" if is_offline() else "openai",
    )


def _look_up() -> DatabaseHealth:
    known = _probes.find("database")
    probe = known[0] if known else _probes.store("database", _ask(), _GOOD_FOR)
    age = (time.monotonic() - probe.at) * 1000
    status: Literal["ok", "unreachable"] = "unreachable" if probe.latency_ms is None else "ok"
    return DatabaseHealth(status=status, latency_ms=probe.latency_ms, age_ms=round(age, 1))


def _ask() -> _Probe:
    started = time.perf_counter()
    try:
        ping()
    except (httpx.HTTPError, APIError):
        return _Probe(time.monotonic(), None)
    return _Probe(time.monotonic(), round((time.perf_counter() - started) * 1000, 1))


handler = create_handler(app)
