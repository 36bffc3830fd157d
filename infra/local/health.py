"""Whether something answers: by HTTP or by the Postgres protocol."""

from __future__ import annotations

from http import HTTPStatus

import httpx
import psycopg

_PROBE_SECONDS = 2.0


def is_answering(url: str) -> bool:
    """Whether ``url`` (http:// or postgresql://) answers and is well right now."""
    if url.startswith("postgresql://"):
        return _is_postgres_answering(url)
    try:
        response = httpx.get(url, timeout=_PROBE_SECONDS, trust_env=False)
    except httpx.TransportError:
        return False
    return response.status_code < HTTPStatus.BAD_REQUEST


def _is_postgres_answering(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=int(_PROBE_SECONDS)).close()
    except psycopg.OperationalError:
        return False
    return True
