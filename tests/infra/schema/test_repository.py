"""The migrations of this repository: unedited where released, and ending in its schemas."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.local.migrations import MIGRATIONS, apply_migrations, read_migrations, read_schemas
from infra.local.settings import Settings
from infra.local.throwaway import Database, ThrowawayServer
from infra.schema import check
from infra.schema.catalogue import compare, read_database
from infra.schema.databases import make_past_and_present, open_server
from infra.schema.errors import SchemaError
from infra.schema.past import find_edited, read_released
from infra.schema.unseen import find_missing

AUTHOR = "run `make migration NAME=…`: supabase/schemas says more than supabase/migrations"


@pytest.fixture(scope="module")
def another_server(settings: Settings) -> Iterator[ThrowawayServer]:
    """A server whose roles only the migrations made."""
    with open_server(settings) as server:
        yield server


def test_no_released_migration_was_edited() -> None:
    """A database that has it would never see the edit."""
    assert read_released(), "nothing is released: the test would prove nothing"
    assert find_edited() == []


def test_migrations_and_schemas_end_in_the_same(
    another_server: ThrowawayServer, postgres_server: ThrowawayServer
) -> None:
    """Tables, rights, bodies, comments and all, the roles of two servers too."""
    past = another_server.create_database("past")
    apply_migrations(past.owner_url)
    present = postgres_server.create_database("present", template="migrated")
    assert compare(_read(past), _read(present)) == [], AUTHOR
    postgres_server.drop_database("present")


def test_they_do_where_a_project_grants_everything(another_server: ThrowawayServer) -> None:
    """A project made before 2026-10-30 grants the API's roles everything on what is new."""
    assert make_past_and_present(another_server, generous=True).compare() == [], AUTHOR


def test_what_no_catalogue_holds_is_in_a_migration() -> None:
    """Blocks, settings of roles and partitions stand there word for word."""
    assert find_missing(read_schemas(), read_migrations(MIGRATIONS)) == [], AUTHOR


def test_the_check_refuses_an_edited_migration(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is started; the rest of ``make schema-check`` is a step of CI itself."""
    monkeypatch.setattr(check, "find_edited", lambda: ["x.sql was released and then edited."])
    with pytest.raises(SchemaError, match=r"Released migrations were changed:\n  x\.sql was"):
        check.check_schema(settings, print)


def _read(database: Database) -> dict[tuple[str, str], dict[str, object]]:
    return read_database(database.owner_url)
