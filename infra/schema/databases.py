"""Throwaway databases: the past has every migration, the present has the schemas."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from infra.local.migrations import MIGRATIONS, SCHEMAS, apply_migrations, apply_schemas
from infra.local.settings import Settings
from infra.local.throwaway import Database, ThrowawayServer, run_throwaway_server
from infra.schema.catalogue import Difference, compare, read_database

_PARTITIONS: Final = """
select c.oid::regclass::text from pg_catalog.pg_class c
where c.relispartition and c.relkind in ('r', 'p') order by 1
"""
# https://supabase.com/docs/guides/api/securing-your-api: what a project made before
# 2026-10-30 does by itself, and a migration has to take back.
_DEFAULTS: Final = "; ".join(
    f"alter default privileges in schema public grant all on {kind}"
    " to anon, authenticated, service_role"
    for kind in ("tables", "functions", "sequences")
)


@dataclass(frozen=True, slots=True)
class PastAndPresent:
    """Both databases of one project, and the server that has them."""

    server: ThrowawayServer
    past: Database
    present: Database

    def compare(self) -> list[Difference]:
        """Name each difference."""
        return compare(read_database(self.past.owner_url), read_database(self.present.owner_url))


@contextmanager
def open_server(settings: Settings) -> Iterator[ThrowawayServer]:
    """Run a server of its own, in a folder of its own, as long as the block."""
    with (
        tempfile.TemporaryDirectory(prefix="llm-observe-schema-") as folder,
        run_throwaway_server(settings, Path(folder)) as server,
    ):
        yield server


def make_past_and_present(
    server: ThrowawayServer,
    *,
    generous: bool,
    migrations: Path = MIGRATIONS,
    schemas: Path = SCHEMAS,
) -> PastAndPresent:
    """Make both; a ``generous`` project grants the API's roles everything on what is new.

    Raises:
        MigrationError: if a file does not apply, with its name and line.
    """
    kind = "generous" if generous else "strict"
    past, present = (server.create_database(f"{kind}_{name}") for name in ("past", "present"))
    if generous:
        for database in (past, present):
            with psycopg.connect(database.owner_url) as connection:
                connection.execute(_DEFAULTS.encode())
    apply_migrations(past.owner_url, migrations)
    apply_schemas(present.owner_url, schemas)
    return PastAndPresent(server, past, present)


def copy_without_partitions(server: ThrowawayServer, database: Database) -> Database:
    """Copy a database and drop the copy's partitions, whose months are those of the day."""
    copy = server.create_database(f"{database.name}_without_partitions", template=database.name)
    with psycopg.connect(copy.owner_url) as connection:
        for (name,) in connection.execute(_PARTITIONS).fetchall():
            connection.execute(sql.SQL("drop table {}").format(sql.SQL(name)))
    return copy
