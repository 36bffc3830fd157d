"""One request, one transaction: PostgREST's order of statements, and the catalog behind it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import psycopg
from psycopg import sql
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
        prelude = _prelude(work, settings, hoisted)
        try:
            async with self._connections.transaction(_begin(work, isolation)) as connection:
                async with connection.pipeline():
                    await connection.execute(prelude.text, prelude.parameters)
                    if catalog.pre_request:
                        function = sql.Identifier(*catalog.pre_request)
                        await connection.execute(sql.SQL("SELECT {}()").format(function))
                    cursor = connection.cursor(row_factory=class_row(Outcome))
                    await cursor.execute(work.statement.text, work.statement.parameters)
                outcome = await cursor.fetchone()
                if outcome is None:
                    raise RuntimeError("the statement's envelope answered no row")
                accept(outcome)
                return outcome
        except psycopg.Error as error:
            raise from_postgres(error, anonymous=work.caller.anonymous) from error


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
