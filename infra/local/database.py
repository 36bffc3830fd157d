"""The stack's database: a cluster of our own, started here, or the server that was given."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from infra.local.bootstrap import (
    AUTHENTICATOR,
    BootstrapError,
    bootstrap_given_server,
    bootstrap_server,
)
from infra.local.children import Leashes, RunningChild
from infra.local.installation import HIGHEST_MAJOR, LOWEST_MAJOR
from infra.local.postgres import open_cluster
from infra.local.settings import Settings
from infra.local.state import read_json, write_json

GIVEN_RECORD = "given_database.json"


@dataclass(frozen=True, slots=True)
class StackDatabase:
    """The URLs of the migrating role, the Data API and Auth; ``server`` when the stack started it.

    A server that was given has its own Auth, or none.
    """

    owner_url: str = field(repr=False)
    authenticator_url: str = field(repr=False)
    description: str
    server: RunningChild | None = None
    auth_admin_url: str | None = field(default=None, repr=False)


def start_database(settings: Settings, leashes: Leashes) -> StackDatabase:
    """A database with a project's roles; raises the errors of what it is made from."""
    if settings.database_url is not None:
        return _use_given(settings, settings.database_url)
    cluster = open_cluster(settings)
    server = leashes.start(cluster.child())
    server.wait_until_ready()
    bootstrap_server(cluster.superuser_url, cluster.passwords)
    version = _server_version(cluster.superuser_url)
    description = f"Postgres {version}, data in {cluster.data}"
    return StackDatabase(
        cluster.owner_url, cluster.authenticator_url, description, server, cluster.auth_admin_url
    )


def _use_given(settings: Settings, url: str) -> StackDatabase:
    try:
        version = _server_version(url)
    except psycopg.OperationalError as error:
        raise BootstrapError(f"DATABASE_URL does not answer: {error}") from error
    if not LOWEST_MAJOR <= int(version.split(".")[0]) <= HIGHEST_MAJOR:
        raise BootstrapError(
            f"DATABASE_URL is Postgres {version}; the migrations need {LOWEST_MAJOR} to "
            f"{HIGHEST_MAJOR}."
        )
    place = describe_url(url)
    record = settings.state_dir / GIVEN_RECORD
    password = (read_json(record) or {}).get(place) or secrets.token_urlsafe(24)
    if bootstrap_given_server(url, password):
        write_json(record, (read_json(record) or {}) | {place: password})
    login = make_conninfo(url, user=AUTHENTICATOR, password=password)
    if settings.authenticator_database_url is not None:
        login = settings.authenticator_database_url
    elif place not in (read_json(record) or {}):
        raise BootstrapError(
            f"{place} has a role {AUTHENTICATOR} already, whose password is not ours to change: "
            "give its URL in AUTHENTICATOR_DATABASE_URL."
        )
    return StackDatabase(url, login, f"Postgres {version}, given at {place}")


def describe_url(url: str) -> str:
    """Where ``url`` leads, without its password."""
    parts = conninfo_to_dict(url)
    host = parts.get("host") or "localhost"
    return f"{host}:{parts.get('port') or 5432}/{parts.get('dbname') or parts.get('user') or ''}"


def _server_version(url: str) -> str:
    with psycopg.connect(url, connect_timeout=5) as connection:
        return str(connection.info.parameter_status("server_version")).split(" ")[0]
