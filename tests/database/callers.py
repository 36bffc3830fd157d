"""Callers of the database as the Data API makes them: a role and the claims of a token."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg.sql import SQL, Composed

from infra.local.throwaway import Database

Query = str | SQL | Composed
Connection = psycopg.Connection[DictRow]
PROCESS = {"id": "c" * 32, "emitted": 1_000_000, "dropped": {}}
"""What a sender says of itself; the ledger's own tests say more."""


@contextmanager
def connect_as(database: Database, role: str, tenant: str | None) -> Iterator[Connection]:
    """Give one transaction as a role with a tenant's claim, or with none; commits at the end."""
    with psycopg.connect(database.authenticator_url, row_factory=dict_row) as connection:
        _become(connection, role, tenant)
        yield connection


def read_as(
    database: Database,
    role: str,
    tenant: str | None,
    query: Query,
    parameters: Sequence[Any] | None = None,
) -> list[dict[str, Any]]:
    """Give a query's rows as a role with a tenant's claim."""
    with connect_as(database, role, tenant) as connection:
        return connection.execute(_encode(query), parameters).fetchall()


def read_as_owner(
    database: Database, query: Query, parameters: Sequence[Any] | None = None
) -> list[dict[str, Any]]:
    """Give a query's rows, every tenant's: the owner passes over row level security."""
    with psycopg.connect(database.owner_url, row_factory=dict_row) as connection:
        cursor = connection.execute(_encode(query), parameters)
        return cursor.fetchall() if cursor.description else []


def ingest(
    database: Database, tenant: str | None, spans: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Deliver a batch as a tenant's writer and give the answer."""
    return ingest_body(database, tenant, {"spans": spans, "process": PROCESS})


def ingest_in_turn(
    database: Database, tenant: str, batches: Sequence[Sequence[Mapping[str, Any]]]
) -> None:
    """Deliver batches one after the other, each in a transaction, on one connection."""
    with psycopg.connect(
        database.authenticator_url, row_factory=dict_row, autocommit=True
    ) as connection:
        for batch in batches:
            with connection.transaction():
                _become(connection, "llm_ingest", tenant)
                body = json.dumps({"spans": batch, "process": PROCESS})
                connection.execute("select public.ingest_spans(%s::jsonb)", (body,))


def ingest_body(database: Database, tenant: str | None, body: Any) -> dict[str, Any]:
    """Deliver any body as a tenant's writer and give the answer."""
    query = "select public.ingest_spans(%s::jsonb) as answer"
    rows = read_as(database, "llm_ingest", tenant, query, (json.dumps(body),))
    answer: dict[str, Any] = rows[0]["answer"]
    return answer


def refusal(
    database: Database,
    role: str,
    tenant: str | None,
    query: Query,
    parameters: Sequence[Any] | None = None,
) -> str | None:
    """Give the SQLSTATE a query is refused with, or None where it is let through."""
    try:
        with connect_as(database, role, tenant) as connection:
            connection.execute(_encode(query), parameters)
            connection.rollback()
    except psycopg.Error as error:
        return error.sqlstate
    return None


def _become(connection: Connection, role: str, tenant: str | None) -> None:
    claims = {"role": role} | ({} if tenant is None else {"tenant_id": tenant})
    connection.execute(
        "select set_config('role', %s, true), set_config('request.jwt.claims', %s, true)",
        (role, json.dumps(claims)),
    )


def _encode(query: Query) -> bytes | SQL | Composed:
    return query.encode() if isinstance(query, str) else query
