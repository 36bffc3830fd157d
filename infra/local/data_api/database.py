"""One request, one transaction: PostgREST's order of statements, and the catalog behind it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.rows import class_row

from infra.local.data_api.catalog import Catalog, read_catalog
from infra.local.data_api.connections import Connections
from infra.local.data_api.errors import DataApiError, from_postgres
from infra.local.data_api.statement import Statement, comma
from infra.local.data_api.tokens import Caller

SCHEMA = "public"
_SEARCH_PATH = '"public", "public", "extensions"'
"""The schema, then Supabase's extra path."""
_ISOLATION = {"repeatable read": "REPEATABLE READ", "serializable": "SERIALIZABLE"}
_ISOLATION_SETTING = "default_transaction_isolation"
_MOST_PREPARED = 64
"""Texts a connection: fewer than psycopg keeps, with those that come before them."""
# Settings of a function that must hold before it is called (db-hoisted-tx-settings).
_HOISTED = frozenset({"statement_timeout", _ISOLATION_SETTING})


@dataclass(frozen=True)
class Outcome:
    """The one row that every statement answers with; see ``statement.Envelope``."""

    total: int | None
    page: int
    body: str
    headers: str | None
    status: str | None
    inserted: int | None


@dataclass(frozen=True)
class Work:
    """A statement to run for a caller, and its setting."""

    caller: Caller
    statement: Statement
    read_only: bool
    request_settings: Mapping[str, str]
    routine_settings: Mapping[str, str] = field(default_factory=dict)


class Database:
    """Runs work under the caller's role, with a catalog that is read again when asked."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._catalog: Catalog | None = None
        self._times_forgotten = 0
        self._reading = asyncio.Lock()

    async def catalog(self) -> Catalog:
        """Answer the catalog, reading it if need be; raises DataApiError 503."""
        return self._catalog or await self.read_catalog(None)

    async def read_catalog(self, stale: Catalog | None) -> Catalog:
        """Read the catalog unless somebody has replaced the stale one meanwhile."""
        async with self._reading:
            if self._catalog is not None and self._catalog is not stale:
                return self._catalog
            times_forgotten = self._times_forgotten
            try:
                async with self._connections.transaction("BEGIN READ ONLY") as connection:
                    catalog = await read_catalog(connection, SCHEMA)
            except psycopg.Error as error:
                raise _no_catalog(error) from error
            if times_forgotten == self._times_forgotten:
                self._catalog = catalog
            return catalog

    def forget_catalog(self) -> None:
        """Have the catalog read again by the next request."""
        self._times_forgotten += 1
        self._catalog = None

    async def run(self, work: Work, accept: Callable[[Outcome], None]) -> Outcome:
        """Run the work and commit it, unless ``accept`` refuses the outcome by raising.

        Raises DataApiError for every error of the database.
        """
        catalog = await self.catalog()
        settings = dict(catalog.role_settings.get(work.caller.role, {}))
        hoisted = {key: work.routine_settings[key] for key in _HOISTED & {*work.routine_settings}}
        isolation = {**settings, **hoisted}.get(_ISOLATION_SETTING)
        settings.pop(_ISOLATION_SETTING, None)
        hoisted.pop(_ISOLATION_SETTING, None)
        before = [_prelude(work, settings, hoisted)]
        if catalog.pre_request:
            function = sql.Identifier(*catalog.pre_request)
            before.append(Statement(sql.SQL("SELECT {}()").format(function)))
        try:
            async with self._connections.transaction(_begin(work, isolation)) as connection:
                outcome = await self._execute(connection, before, work.statement)
                if outcome is None:
                    raise RuntimeError("the statement's envelope answered no row")
                accept(outcome)
                return outcome
        except psycopg.Error as error:
            raise from_postgres(error, anonymous=work.caller.anonymous) from error

    async def _execute(
        self, connection: AsyncConnection, before: list[Statement], statement: Statement
    ) -> Outcome | None:
        """Run statements by one round trip, prepared as PostgREST has them.

        The first time on its connection each is prepared by itself, so that a refusal of an
        earlier one cannot leave it counted as prepared.
        """
        prepared = self._connections.prepared_on(connection)
        text = statement.text.as_bytes(connection)
        prepare = True if text not in prepared and len(prepared) < _MOST_PREPARED else None
        cursor = connection.cursor(row_factory=class_row(Outcome))
        async with nullcontext() if prepare else connection.pipeline():
            for each in before:
                await connection.execute(each.text, each.parameters, prepare=prepare)
            await cursor.execute(text, statement.parameters, prepare=prepare)
        if prepare:
            prepared.add(text)
        return await cursor.fetchone()


def _begin(work: Work, isolation: str | None) -> str:
    level = _ISOLATION.get(isolation or "", "READ COMMITTED")
    access = "READ ONLY" if work.read_only else "READ WRITE"
    return f"BEGIN ISOLATION LEVEL {level} {access}"


def _prelude(work: Work, role_settings: Mapping[str, str], hoisted: Mapping[str, str]) -> Statement:
    """Set everything in one statement; the role's settings come before the role itself."""
    settings = [
        ("search_path", _SEARCH_PATH),
        *role_settings.items(),
        ("role", work.caller.role),
        ("request.jwt.claims", json.dumps(work.caller.claims)),
        *work.request_settings.items(),
        *hoisted.items(),
    ]
    numbers = range(1, 2 * len(settings), 2)
    calls = (sql.SQL(f"set_config(${at}, ${at + 1}, true)") for at in numbers)
    values = tuple(part for setting in settings for part in setting)
    return Statement(sql.SQL("SELECT {}").format(comma(calls)), values)


def _no_catalog(error: psycopg.Error) -> DataApiError:
    return DataApiError(
        503,
        "PGRST002",
        "Could not query the database for the schema cache. Retrying.",
        details=str(error).strip(),
    )
