"""``DATABASE_URL``: a server that is not ours is used, completed where it may be, never altered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from infra.local.bootstrap import BootstrapError
from infra.local.children import Leashes
from infra.local.database import start_database
from infra.local.migrations import apply_migrations
from infra.local.ports import free_port
from infra.local.postgres import Cluster, open_cluster, remove_cluster
from infra.local.settings import Settings
from infra.local.throwaway import Database


@pytest.fixture
def virgin(settings: Settings, tmp_path: Path) -> Iterator[Cluster]:
    """A running server that has seen no bootstrap."""
    own = replace(settings, state_dir=tmp_path / "server")
    leashes = Leashes(own.state_dir)
    cluster = open_cluster(own, durable=False)
    server = leashes.start(cluster.child())
    server.wait_until_ready()
    yield cluster
    server.stop()
    leashes.close()
    remove_cluster(own.state_dir)


@pytest.fixture
def given(settings: Settings, tmp_path: Path) -> Settings:
    """Settings of a stack with a state directory of its own."""
    return replace(settings, state_dir=tmp_path / "state")


def test_missing_roles_are_made_once(
    virgin: Cluster, given: Settings, leashes: Leashes, tmp_path: Path
) -> None:
    """A bare server gets a project's roles; the second start finds them and still logs in."""
    (tmp_path / "state").mkdir()
    given = replace(given, database_url=virgin.superuser_url)
    first = start_database(given, leashes)
    assert first.server is None
    assert apply_migrations(first.owner_url)
    second = start_database(given, leashes)
    assert second.authenticator_url == first.authenticator_url
    with psycopg.connect(second.authenticator_url) as connection:
        connection.execute("set role authenticated")


def test_existing_authenticator_keeps_its_password(
    database: Database, given: Settings, leashes: Leashes
) -> None:
    """A login that exists is never changed: its URL must be given."""
    given = replace(given, database_url=database.owner_url)
    with pytest.raises(BootstrapError, match="AUTHENTICATOR_DATABASE_URL"):
        start_database(given, leashes)
    login = database.authenticator_url
    started = start_database(replace(given, authenticator_database_url=login), leashes)
    assert started.authenticator_url == login
    psycopg.connect(login).close()


def test_roles_that_may_not_be_made_are_named(
    virgin: Cluster, given: Settings, leashes: Leashes
) -> None:
    """A login without the right to create roles is told which ones are missing."""
    with psycopg.connect(virgin.superuser_url) as connection:
        connection.execute("create role visitor login password 'visitor'")
    given = replace(given, database_url=virgin.url("visitor", "visitor"))
    with pytest.raises(BootstrapError, match=r"no role anon, authenticated, .* CREATEROLE"):
        start_database(given, leashes)


def test_silent_server_is_an_error_without_its_password(given: Settings, leashes: Leashes) -> None:
    """A DATABASE_URL that does not answer is named, and its password is not shown."""
    url = f"postgresql://postgres:sesame@127.0.0.1:{free_port()}/postgres"
    with pytest.raises(BootstrapError, match="DATABASE_URL does not answer") as caught:
        start_database(replace(given, database_url=url), leashes)
    assert "sesame" not in str(caught.value)
