"""The migrations runner: order, one transaction each, the CLI's record, clear refusals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from infra.local.migrations import MIGRATIONS, MigrationError, apply_migrations, read_migrations
from infra.local.throwaway import Database, ThrowawayServer

FIRST = "create table public.first (id int primary key);\ninsert into public.first values (1);\n"


@pytest.fixture
def bare(postgres_server: ThrowawayServer) -> Iterator[Database]:
    """A database as a new project has it: no migration applied."""
    yield postgres_server.create_database("bare")
    postgres_server.drop_database("bare")


def _write(directory: Path, version: int, name: str, text: str) -> Path:
    path = directory / f"{version:014d}_{name}.sql"
    path.write_text(text)
    return path


def _query(database: Database, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database.owner_url) as connection:
        return connection.execute(query.encode()).fetchall()


def test_records_what_the_cli_records(bare: Database, tmp_path: Path) -> None:
    """Each applied file is recorded with version, name and its single statements."""
    _write(tmp_path, 1, "first", FIRST)
    assert [one.name for one in apply_migrations(bare.owner_url, tmp_path)] == ["first"]
    rows = _query(
        bare, "select version, name, statements from supabase_migrations.schema_migrations"
    )
    statements = [
        "create table public.first (id int primary key)",
        "insert into public.first values (1)",
    ]
    assert rows == [("00000000000001", "first", statements)]


def test_second_run_applies_nothing(bare: Database, tmp_path: Path) -> None:
    """Applying twice is the same as applying once, and only new files are applied."""
    _write(tmp_path, 1, "first", FIRST)
    apply_migrations(bare.owner_url, tmp_path)
    assert apply_migrations(bare.owner_url, tmp_path) == []
    _write(tmp_path, 2, "second", "insert into public.first values (2)")
    assert [one.name for one in apply_migrations(bare.owner_url, tmp_path)] == ["second"]
    assert _query(bare, "select id from public.first order by id") == [(1,), (2,)]


def test_failure_names_file_line_and_sqlstate(bare: Database, tmp_path: Path) -> None:
    """A failing file is undone whole, the files before it stay, and the message leads there."""
    _write(tmp_path, 1, "first", FIRST)
    broken = "insert into public.first values (2);\n\n-- why\nselect\n  nothing\nfrom public.first;"
    path = _write(tmp_path, 2, "broken", broken)
    with pytest.raises(MigrationError) as caught:
        apply_migrations(bare.owner_url, tmp_path)
    assert f"{path}, line 5:" in str(caught.value)
    assert "(SQLSTATE 42703)" in str(caught.value)
    assert _query(bare, "select id from public.first") == [(1,)]


def test_failure_without_position_names_the_statement(bare: Database, tmp_path: Path) -> None:
    """An error found only at run time is placed at the first line of its statement."""
    path = _write(tmp_path, 1, "twice", f"{FIRST}\ninsert into public.first\nvalues (1);")
    with pytest.raises(MigrationError, match=r"line 4: .* \(SQLSTATE 23505\)") as caught:
        apply_migrations(bare.owner_url, tmp_path)
    assert str(path) in str(caught.value)


def test_vanished_file_is_refused(bare: Database, tmp_path: Path) -> None:
    """A migration that is applied but has no file any more stops everything."""
    path = _write(tmp_path, 1, "first", FIRST)
    apply_migrations(bare.owner_url, tmp_path)
    path.unlink()
    with pytest.raises(MigrationError, match="00000000000001_first is applied"):
        apply_migrations(bare.owner_url, tmp_path)


def test_edited_file_is_refused(bare: Database, tmp_path: Path) -> None:
    """An applied migration may not change under its version."""
    _write(tmp_path, 1, "first", FIRST)
    apply_migrations(bare.owner_url, tmp_path)
    _write(tmp_path, 1, "first", FIRST.replace("(1)", "(7)"))
    with pytest.raises(MigrationError, match="was edited after it was applied"):
        apply_migrations(bare.owner_url, tmp_path)


def test_late_version_is_refused(bare: Database, tmp_path: Path) -> None:
    """A new file that sorts before an applied one is refused rather than applied out of order."""
    _write(tmp_path, 2, "second", FIRST)
    apply_migrations(bare.owner_url, tmp_path)
    _write(tmp_path, 1, "late", "select 1")
    with pytest.raises(MigrationError, match="is older than 00000000000002"):
        apply_migrations(bare.owner_url, tmp_path)


def test_a_migration_may_not_commit(bare: Database, tmp_path: Path) -> None:
    """Transaction control inside a file would break "all or nothing" and is refused."""
    _write(tmp_path, 1, "commits", "select 1;\ncommit;")
    with pytest.raises(MigrationError, match="line 2: a migration may not end its transaction"):
        apply_migrations(bare.owner_url, tmp_path)


@pytest.mark.parametrize("name", ["1_short.sql", "20260101000000.sql", "20260101000000_a b.sql"])
def test_file_name_is_checked(tmp_path: Path, name: str) -> None:
    """A file whose name the CLI would skip is an error, not a silent gap."""
    (tmp_path / name).write_text("select 1")
    with pytest.raises(MigrationError, match="14 digits"):
        read_migrations(tmp_path)


def test_same_version_twice_is_refused(tmp_path: Path) -> None:
    """Two files of one version cannot both be recorded."""
    _write(tmp_path, 1, "a", "select 1")
    _write(tmp_path, 1, "b", "select 1")
    with pytest.raises(MigrationError, match=r"same version as 00000000000001_a\.sql"):
        read_migrations(tmp_path)


def test_repository_migrations_are_recorded_whole(bare: Database) -> None:
    """Every file of supabase/migrations is applied and in the record, in order."""
    apply_migrations(bare.owner_url)
    rows = _query(bare, "select version from supabase_migrations.schema_migrations order by 1")
    assert [version for (version,) in rows] == [one.version for one in read_migrations(MIGRATIONS)]
    assert rows
