"""Whether something answers: by HTTP or by the Postgres protocol."""

from __future__ import annotations

import ssl
from http import HTTPStatus
from typing import Final

import httpx
import psycopg

_PROBE_SECONDS = 2.0
# Nothing here speaks TLS, and to read the system's certificates for each probe takes longer.
_TRUSTS_NOBODY: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def is_answering(url: str) -> bool:
    """Whether ``url`` (http:// or postgresql://) answers and is well right now."""
    if url.startswith("postgresql://"):
        return _is_postgres_answering(url)
    try:
        response = httpx.get(url, timeout=_PROBE_SECONDS, trust_env=False, verify=_TRUSTS_NOBODY)
    except httpx.TransportError:
        return False
    return response.status_code < HTTPStatus.BAD_REQUEST


def _is_postgres_answering(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=int(_PROBE_SECONDS)).close()
    except psycopg.OperationalError:
        return False
    return True
