"""The state of a hosted Supabase project before the first migration: its roles and schemas."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

# https://supabase.com/docs/guides/database/postgres/roles
API_ROLES = ("anon", "authenticated", "service_role")
AUTHENTICATOR = "authenticator"
AUTH_ADMIN = "supabase_auth_admin"
OWNER = "postgres"
SUPERUSER = "supabase_admin"
_AUTH_SCHEMA = Path(__file__).with_name("auth") / "schema.sql"

# A hosted project lets its owner set these on roles; elsewhere only a superuser may, because
# they belong to no loaded library (https://www.postgresql.org/docs/current/sql-alterrole.html).
_SETTABLE = (
    "pgrst.db_pre_request",
    "pgrst.db_schemas",
    "pgrst.db_extra_search_path",
    "pgrst.db_max_rows",
    "pgrst.db_aggregates_enabled",
    "pgrst.openapi_mode",
)

_ROLE_OPTIONS = {
    "anon": "nologin noinherit",
    "authenticated": "nologin noinherit",
    "service_role": "nologin noinherit bypassrls",
    AUTHENTICATOR: "login noinherit",
    AUTH_ADMIN: "login noinherit",
    OWNER: "login nosuperuser createrole createdb bypassrls",
}

# https://supabase.com/docs/guides/database/postgres/timeouts
_TIMEOUTS = {"anon": "3s", "authenticated": "8s", AUTHENTICATOR: "8s"}


class BootstrapError(RuntimeError):
    """The server lacks roles that a Supabase project has, and they may not be made."""


@dataclass(frozen=True, slots=True)
class Passwords:
    """Passwords of the roles that log in."""

    superuser: str = field(repr=False)
    owner: str = field(repr=False)
    authenticator: str = field(repr=False)
    auth_admin: str = field(repr=False)


def bootstrap_server(url: str, passwords: Passwords) -> None:
    """Make the roles on a server of our own, as superuser ``url``; does nothing twice."""
    with psycopg.connect(url) as connection:
        missing = missing_roles(connection, (*API_ROLES, AUTHENTICATOR, AUTH_ADMIN, OWNER))
        for role in missing:
            _create_role(connection, role)
        _set_password(connection, OWNER, passwords.owner)
        _set_password(connection, AUTHENTICATOR, passwords.authenticator)
        _set_password(connection, AUTH_ADMIN, passwords.auth_admin)
        if missing:
            _set_timeouts(connection)
            _grant_to_owner(connection)
            connection.execute(f"alter database postgres owner to {OWNER}")
            prepare_database(connection)


def bootstrap_given_server(url: str, authenticator_password: str) -> bool:
    """Make the API roles on a server that was given, and say whether any were missing.

    Raises BootstrapError naming them if ``url``'s role may not create roles.
    A role that exists is left as it is, its password above all.
    """
    with psycopg.connect(url) as connection:
        missing = missing_roles(connection, (*API_ROLES, AUTHENTICATOR))
        if not missing:
            return False
        try:
            for role in missing:
                _create_role(connection, role)
            if AUTHENTICATOR in missing:
                _set_password(connection, AUTHENTICATOR, authenticator_password)
            _set_timeouts(connection)
            connection.execute("create schema if not exists extensions")
        except psycopg.errors.InsufficientPrivilege as error:
            raise BootstrapError(
                f"DATABASE_URL's server has no role {', '.join(missing)}, and its user may not "
                "create them. Use a Supabase project, or a role with CREATEROLE and BYPASSRLS."
            ) from error
    return AUTHENTICATOR in missing


def prepare_database(connection: psycopg.Connection) -> None:
    """Give the database what a project's has: schemas ``extensions`` and ``auth``, its public."""
    connection.execute(f"alter schema public owner to {OWNER}")
    connection.execute(f"create schema if not exists extensions authorization {OWNER}")
    connection.execute(f"grant usage on schema public, extensions to {', '.join(API_ROLES)}")
    connection.execute(f"create schema if not exists auth authorization {AUTH_ADMIN}")
    connection.execute(f"set local role {AUTH_ADMIN}")
    connection.execute(_AUTH_SCHEMA.read_bytes())
    connection.execute("reset role")


def missing_roles(connection: psycopg.Connection, wanted: tuple[str, ...]) -> list[str]:
    """Those of ``wanted`` that the server does not have, in their order."""
    query = "select rolname from pg_catalog.pg_roles where rolname = any(%s)"
    there = {name for (name,) in connection.execute(query, (list(wanted),))}
    return [role for role in wanted if role not in there]


def _create_role(connection: psycopg.Connection, role: str) -> None:
    connection.execute(f"create role {role} {_ROLE_OPTIONS[role]}")
    if role == AUTHENTICATOR:
        connection.execute(f"grant {', '.join(API_ROLES)} to {AUTHENTICATOR}")


def _set_password(connection: psycopg.Connection, role: str, password: str) -> None:
    statement = sql.SQL("alter role {} password {}")
    connection.execute(statement.format(sql.Identifier(role), sql.Literal(password)))


def _set_timeouts(connection: psycopg.Connection) -> None:
    for role, timeout in _TIMEOUTS.items():
        connection.execute(f"alter role {role} set statement_timeout = '{timeout}'")


def _grant_to_owner(connection: psycopg.Connection) -> None:
    roles = ", ".join((*API_ROLES, AUTHENTICATOR))
    connection.execute(f"grant {roles} to {OWNER} with admin option")
    connection.execute(f"grant pg_monitor, pg_read_all_data, pg_signal_backend to {OWNER}")
    for name in _SETTABLE:
        statement = sql.SQL("grant set on parameter {} to {}")
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(OWNER)))
    connection.execute(f'alter role {OWNER} set search_path = "$user", public, extensions')
