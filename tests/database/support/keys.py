"""API keys and ingest tokens as the API registers them, numbered instead of random."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from infra.local.throwaway import Database
from tests.database.support.callers import administer, call_function, connect_as


def key_id(number: int) -> str:
    """Give the public id of a numbered key."""
    return f"key{number:05d}"


def digest(number: int) -> str:
    """Give the digest of a numbered key's secret, in hex."""
    return f"{number:064x}"


def from_now(**time: float) -> str:
    """Give a time ``timedelta(**time)`` from now as the API writes it."""
    return (datetime.now(UTC) + timedelta(**time)).isoformat()


def describe(number: int, **values: Any) -> dict[str, Any]:
    """Make the body that registers a numbered key, which may read, and never expires."""
    defaults = {
        "key_id": key_id(number),
        "digest": digest(number),
        "name": f"key {number}",
        "environment": "live",
        "scopes": ["read"],
    }
    return defaults | values


def create_key(database: Database, tenant: str, number: int, **values: Any) -> dict[str, Any]:
    """Register a numbered key and give its row."""
    return administer(database, tenant, "create_api_key", **describe(number, **values))


def authenticate(database: Database, number: int, **values: Any) -> dict[str, Any] | None:
    """Present a numbered key as the API does."""
    body = {"key_id": key_id(number), "digest": digest(number)} | values
    with connect_as(database, "llm_gate", None) as connection:
        answer: dict[str, Any] | None = call_function(connection, "authenticate_key", body)
    return answer
