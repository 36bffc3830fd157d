"""A Postgres server that lives as long as one test run, with quick copies of one database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from infra.local.bootstrap import (
    AUTH_ADMIN,
    AUTHENTICATOR,
    OWNER,
    SUPERUSER,
    bootstrap_server,
    prepare_database,
)
from infra.local.children import Leashes
from infra.local.migrations import apply_migrations
from infra.local.postgres import Cluster, open_cluster, remove_cluster
from infra.local.prices import set_prices
from infra.local.settings import Settings

TEMPLATE = "migrated"


@dataclass(frozen=True, slots=True)
class Database:
    """One database and the ways into it, each a connection URL."""

    name: str
    owner_url: str = field(repr=False)
    """Role ``postgres``: owns everything, bypasses RLS, is no superuser."""
    authenticator_url: str = field(repr=False)
    """Role ``authenticator``: may only switch to the API's roles."""
    superuser_url: str = field(repr=False)
    auth_admin_url: str = field(repr=False)
    """Role ``supabase_auth_admin``: owns schema ``auth`` and has nothing else."""


@dataclass(frozen=True, slots=True)
class ThrowawayServer:
    """A running server."""

    cluster: Cluster

    def create_database(self, name: str, template: str | None = None) -> Database:
        """Make ``name`` as a copy of ``template``, or bare as a new project's when not given."""
        statement = sql.SQL("create database {} owner {} template {}").format(
            sql.Identifier(name), sql.Identifier(OWNER), sql.Identifier(template or "template0")
        )
        self._execute(statement)
        database = self._database(name)
        if template is None:
            with psycopg.connect(database.superuser_url) as connection:
                prepare_database(connection)
        return database

    def create_template(self, apply: Callable[[str], Any] = apply_migrations) -> Database:
        """Make the database that carries every migration and price, to be copied."""
        database = self.create_database(TEMPLATE)
        apply(database.owner_url)
        set_prices(database.owner_url)
        return database

    def drop_database(self, name: str) -> None:
        """Drop ``name``, ending the connections to it."""
        self._execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.cluster.superuser_url, autocommit=True) as connection:
            connection.execute(statement)

    def _database(self, name: str) -> Database:
        cluster, passwords = self.cluster, self.cluster.passwords
        return Database(
            name=name,
            owner_url=cluster.url(OWNER, passwords.owner, name),
            authenticator_url=cluster.url(AUTHENTICATOR, passwords.authenticator, name),
            superuser_url=cluster.url(SUPERUSER, passwords.superuser, name),
            auth_admin_url=cluster.url(AUTH_ADMIN, passwords.auth_admin, name),
        )


@contextmanager
def run_throwaway_server(
    settings: Settings, state_dir: Path, *, durable: bool = False
) -> Iterator[ThrowawayServer]:
    """A server whose every trace is gone after the block.

    It is quick rather than ``durable``: a power cut would cost what it has committed.
    """
    settings = replace(settings, state_dir=state_dir, database_url=None)
    leashes = Leashes(state_dir)
    try:
        cluster = open_cluster(settings, durable=durable)
        running = leashes.start(cluster.child())
        try:
            running.wait_until_ready()
            bootstrap_server(cluster.superuser_url, cluster.passwords)
            yield ThrowawayServer(cluster)
        finally:
            running.stop()
    finally:
        leashes.close()
        remove_cluster(state_dir)
