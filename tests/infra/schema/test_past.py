"""Released migrations are listed with their checksums and never edited."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime

import pytest

from infra.local.migrations import read_migrations, read_schemas
from infra.schema.errors import SchemaError
from infra.schema.past import find_edited, read_released, release, write_baseline
from tests.infra.schema.conftest import Project


def test_the_list_is_what_sha256sum_reads(project: Project) -> None:
    """Nobody needs our code to check it."""
    command = ["sha256sum", "--check", "--strict", str(project.released)]
    done = subprocess.run(command, cwd=project.migrations, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_baseline_is_every_file_of_the_schema(project: Project) -> None:
    """In order, whole, statement by statement."""
    (baseline,) = read_migrations(project.migrations)
    written = [one.text.split("\n\n")[-1] for one in baseline.statements]
    there = [one.text for file in read_schemas(project.schemas) for one in file.statements]
    assert [text.strip() for text in written] == [text.split("\n\n")[-1].strip() for text in there]
    assert "-- supabase/schemas/20_rooms.sql" in baseline.path.read_text()


def test_an_edited_migration_is_named(project: Project) -> None:
    """Nothing is released beside it."""
    (baseline,) = read_migrations(project.migrations)
    assert find_edited(project.migrations, project.released) == []
    baseline.path.write_text(baseline.path.read_text() + "-- better\n")
    (problem,) = find_edited(project.migrations, project.released)
    assert problem.startswith("20260101000000_baseline.sql was released and then edited")
    with pytest.raises(SchemaError, match="was released and then edited"):
        release(project.migrations, project.released)


def test_a_vanished_migration_is_named(project: Project) -> None:
    """Databases have it on record."""
    (baseline,) = read_migrations(project.migrations)
    baseline.path.unlink()
    (problem,) = find_edited(project.migrations, project.released)
    assert problem.startswith("20260101000000_baseline.sql was released and is gone")


def test_a_migration_that_comes_too_late_is_named(project: Project) -> None:
    """Between two that were released nothing is applied any more."""
    (project.migrations / "20250101000000_early.sql").write_text("select 1")
    (problem,) = find_edited(project.migrations, project.released)
    assert problem.startswith("20250101000000_early.sql is older than")


def test_a_release_lists_what_is_new(project: Project) -> None:
    """What was listed keeps its line."""
    before = read_released(project.released)
    (project.migrations / "20260201000000_more.sql").write_text("select 1")
    assert release(project.migrations, project.released) == ["20260201000000_more.sql"]
    after = read_released(project.released)
    assert before.items() <= after.items()
    assert release(project.migrations, project.released) == []


def test_there_is_one_baseline(project: Project) -> None:
    """Once there is a migration, the next is a difference."""
    with pytest.raises(SchemaError, match="There are migrations already"):
        write_baseline(datetime.now(UTC), project.schemas, project.migrations, project.released)
