"""Whether something answers: by HTTP, by the Postgres protocol, or on a bare port."""

from __future__ import annotations

import socket
from http import HTTPStatus

import httpx
import psycopg

_PROBE_SECONDS = 2.0
LOOPBACK = "127.0.0.1"


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


def is_port_free(port: int) -> bool:
    """Whether a server could listen on ``port`` and be the one that ``localhost`` leads to."""
    if any(_is_accepting(host, port) for host in (LOOPBACK, "::1")):
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _is_accepting(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    """A port of the loopback address that nothing listens on."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
