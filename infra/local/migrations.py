"""Apply migrations and record them where the ``supabase`` CLI does; apply the schemas alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from psycopg.pq import TransactionStatus

from infra.local.settings import REPOSITORY
from infra.local.statements import Statement, split_statements

if TYPE_CHECKING:
    from pathlib import Path

SCHEMAS = REPOSITORY / "supabase" / "schemas"
MIGRATIONS = REPOSITORY / "supabase" / "migrations"
_SCHEMA_NAME = re.compile(r"(?P<version>\d{2})_(?P<name>\w+)\.sql")
_FILE_NAME = re.compile(r"(?P<version>\d{14})_(?P<name>\w+)\.sql")
_LOCK_KEY = 0x6C6C6D6F  # "llmo": one run of migrations at a time
# As in the CLI: https://github.com/supabase/cli, pkg/migration/history.go
_HISTORY = """
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (
  version text not null primary key
);
alter table supabase_migrations.schema_migrations add column if not exists statements text[];
alter table supabase_migrations.schema_migrations add column if not exists name text;
"""


class MigrationError(RuntimeError):
    """A migration does not apply, or the files and the database's record disagree."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: ``<version>_<name>.sql``."""

    path: Path
    version: str
    name: str
    statements: tuple[Statement, ...]


def read_migrations(directory: Path = MIGRATIONS) -> list[Migration]:
    """The migrations in ``directory`` by version; raises MigrationError on a bad name."""
    return _read(directory, _FILE_NAME, "a migration is named <14 digits>_<name>.sql.")


def read_schemas(directory: Path = SCHEMAS) -> list[Migration]:
    """The files of the schema by number; raises MigrationError on a bad name."""
    return _read(directory, _SCHEMA_NAME, "a file of the schema is named <2 digits>_<room>.sql.")


def _read(directory: Path, names: re.Pattern[str], rule: str) -> list[Migration]:
    migrations: dict[str, Migration] = {}
    for path in sorted(directory.glob("*.sql")):
        match = names.fullmatch(path.name)
        if match is None:
            message = f"{path}: {rule}"
            raise MigrationError(message)
        version = match["version"]
        if version in migrations:
            message = f"{path} has the same version as {migrations[version].path.name}."
            raise MigrationError(message)
        statements = tuple(split_statements(path.read_text(encoding="utf-8")))
        migrations[version] = Migration(path, version, match["name"], statements)
    return list(migrations.values())


def apply_migrations(url: str, directory: Path = MIGRATIONS) -> list[Migration]:
    """Apply what is not applied yet, each file in one transaction, and return it.

    Raises MigrationError with file, line and SQLSTATE, having kept the files before.
    """
    migrations = read_migrations(directory)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set client_min_messages = warning")
        connection.execute("select pg_catalog.pg_advisory_lock(%s)", (_LOCK_KEY,))
        connection.execute(_HISTORY)
        pending = _find_pending(connection, migrations, directory)
        for migration in pending:
            _apply(connection, migration)
    return pending


def apply_schemas(url: str, directory: Path = SCHEMAS) -> None:
    """Apply the schema's files to a new database in one transaction, and record nothing.

    Raises MigrationError with file, line and SQLSTATE.
    """
    with psycopg.connect(url) as connection:
        connection.execute("set client_min_messages = warning")
        for file in read_schemas(directory):
            for statement in file.statements:
                _execute(connection, file, statement)


def _find_pending(
    connection: psycopg.Connection, migrations: list[Migration], directory: Path
) -> list[Migration]:
    query = "select version, name, statements from supabase_migrations.schema_migrations"
    applied = {row[0]: row[1:] for row in connection.execute(query)}
    known = {migration.version: migration for migration in migrations}
    for version, (name, statements) in sorted(applied.items()):
        if version not in known:
            message = (
                f"Migration {version}_{name} is applied, but {directory} has no such file. "
                "Put the file back, or run `make demo-reset` to start afresh."
            )
            raise MigrationError(message)
        _refuse_edited(known[version], statements)
    pending = [migration for migration in migrations if migration.version not in applied]
    if applied and pending and pending[0].version < max(applied):
        message = f"{pending[0].path} is older than {max(applied)}, which is applied already."
        raise MigrationError(message)
    return pending


def _refuse_edited(migration: Migration, recorded: list[str] | None) -> None:
    """Compare with the record; migrations made by other tools may have left it empty."""
    if recorded and recorded != [statement.text for statement in migration.statements]:
        message = (
            f"{migration.path} was edited after it was applied. "
            "Write a new migration, or run `make demo-reset` to start afresh."
        )
        raise MigrationError(message)


def _apply(connection: psycopg.Connection, migration: Migration) -> None:
    with connection.transaction():
        for statement in migration.statements:
            _execute(connection, migration, statement)
        connection.execute(
            "insert into supabase_migrations.schema_migrations (version, name, statements) "
            "values (%s, %s, %s)",
            (migration.version, migration.name, [one.text for one in migration.statements]),
        )


def _execute(connection: psycopg.Connection, migration: Migration, statement: Statement) -> None:
    try:
        connection.execute(statement.text.encode())
    except psycopg.Error as error:
        position = int(error.diag.statement_position or 0)
        line = statement.line + statement.text.count("\n", 0, max(position - 1, 0))
        detail = f"{error.diag.message_primary or error} (SQLSTATE {error.sqlstate})"
        message = f"{migration.path}, line {line}: {detail}"
        raise MigrationError(message) from error
    if connection.info.transaction_status != TransactionStatus.INTRANS:
        message = (
            f"{migration.path}, line {statement.line}: a migration may not end its transaction."
        )
        raise MigrationError(message)
