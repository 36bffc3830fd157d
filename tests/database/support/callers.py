"""Callers of the database as the Data API makes them: a role and the claims of a token."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composed, Identifier

from infra.local.throwaway import Database
from tests.database.support import idle

Query = str | SQL | Composed
Connection = idle.Connection
PROCESS = {"id": "c" * 32, "emitted": 1_000_000, "dropped": {}}
"""What a sender says of itself; the ledger's own tests say more."""


@contextmanager
def connect_as(
    database: Database, role: str, tenant: str | None, key_id: str | None = None
) -> Iterator[Connection]:
    """Give one transaction as a role with these claims of a token; commits at the end."""
    with idle.lease(database.authenticator_url) as connection:
        _become(connection, role, tenant, key_id)
        yield connection


@contextmanager
def connect(database: Database) -> Iterator[Connection]:
    """Give a new connection of the Data API's pool, on which callers follow each other."""
    with psycopg.connect(
        database.authenticator_url, row_factory=dict_row, autocommit=True
    ) as connection:
        yield connection


@contextmanager
def connect_as_owner(database: Database) -> Iterator[Connection]:
    """Give the owner, who passes over row level security; each statement is committed."""
    with idle.lease(database.owner_url, autocommit=True) as connection:
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


def administer(
    database: Database, tenant: str | None, function: str, *, by: str | None = None, **body: Any
) -> dict[str, Any]:
    """Call a function as a tenant's administrator, whose token stands for the credential ``by``."""
    with connect_as(database, "llm_admin", tenant, by) as connection:
        answer: dict[str, Any] = call_function(connection, function, body)
    return answer


def administer_without(database: Database, tenant: str, function: str) -> dict[str, Any]:
    """Call a function that takes no argument as a tenant's administrator."""
    query = SQL("select public.{}() as answer").format(Identifier(function))
    with connect_as(database, "llm_admin", tenant) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    answer: dict[str, Any] = row["answer"]
    return answer


def call_function(connection: Connection, function: str, body: Any) -> Any:
    """Call a function that takes one JSON argument and give its answer."""
    query = SQL("select public.{}(%s::jsonb) as answer").format(Identifier(function))
    row = connection.execute(query, (json.dumps(body),)).fetchone()
    assert row is not None
    return row["answer"]


def refused_call(
    database: Database, role: str, tenant: str | None, function: str, body: Any
) -> tuple[str | None, str | None]:
    """Give the SQLSTATE and the message that a call is refused with; undoes a call that is not."""
    try:
        with connect_as(database, role, tenant) as connection:
            call_function(connection, function, body)
            connection.rollback()
    except psycopg.Error as error:
        return error.sqlstate, error.diag.message_primary
    return None, None


def set_limits(
    database: Database,
    tenant: str,
    *,
    spans_per_minute: int | None = None,
    bytes_per_minute: int | None = None,
) -> None:
    """Limit what a tenant may send, as the operator does by hand; None: unlimited."""
    query = """
        insert into public.tenants (tenant_id, spans_per_minute, bytes_per_minute)
        values (%s, %s, %s) on conflict (tenant_id) do update set
          spans_per_minute = excluded.spans_per_minute,
          bytes_per_minute = excluded.bytes_per_minute"""
    with connect_as(database, "service_role", None) as connection:
        connection.execute(query, (tenant, spans_per_minute, bytes_per_minute))


def read_as_owner(
    database: Database, query: Query, parameters: Sequence[Any] | None = None
) -> list[dict[str, Any]]:
    """Give a query's rows, every tenant's: the owner passes over row level security."""
    with idle.lease(database.owner_url) as connection:
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
    with connect(database) as connection:
        for batch in batches:
            ingest_on(connection, tenant, batch)


def ingest_on(
    connection: Connection, tenant: str, batch: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Deliver a batch in a transaction of its own on a connection and give the answer."""
    with connection.transaction():
        _become(connection, "llm_ingest", tenant)
        body = {"spans": batch, "process": PROCESS}
        answer: dict[str, Any] = call_function(connection, "ingest_spans", body)
    return answer


def ingest_body(database: Database, tenant: str | None, body: Any) -> dict[str, Any]:
    """Deliver any body as a tenant's writer and give the answer."""
    with connect_as(database, "llm_ingest", tenant) as connection:
        answer: dict[str, Any] = call_function(connection, "ingest_spans", body)
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


def _become(
    connection: Connection, role: str, tenant: str | None, key_id: str | None = None
) -> None:
    claims = {"role": role, "tenant_id": tenant, "key_id": key_id}
    claims = {name: value for name, value in claims.items() if value is not None}
    connection.execute(
        "select set_config('role', %s, true), set_config('request.jwt.claims', %s, true)",
        (role, json.dumps(claims)),
    )


def _encode(query: Query) -> bytes | SQL | Composed:
    return query.encode() if isinstance(query, str) else query
