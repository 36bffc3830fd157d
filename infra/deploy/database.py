"""The database: migrations by Supabase's own command line, then the prices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg

from infra.deploy.deployment import Deployment
from infra.deploy.errors import DeployError
from infra.deploy.steps import Seen
from infra.local.migrations import MigrationError, read_migrations
from infra.local.prices import count_price_changes, set_prices
from infra.schema.command_line import run_supabase

_RECORDED: Final = "select version from supabase_migrations.schema_migrations"


class Migrations:
    """The migrations that the database has not recorded yet."""

    name = "migrations"

    def look(self, deployment: Deployment) -> Seen:
        """Compare the folder with the database's record."""
        known = _list_known()
        recorded = _read_recorded(deployment.answers["database_url"])
        if strange := sorted(recorded - known.keys()):
            raise DeployError(
                f"the database has migrations that this commit lacks: {', '.join(strange)}. "
                "Is it another application's, or newer than this commit?"
            )
        pending = [name for version, name in known.items() if version not in recorded]
        if pending:
            return Seen(done=False, text=f"apply {len(pending)}, up to {pending[-1]}")
        return Seen(done=True, text=f"all {len(known)} are applied")

    def act(self, deployment: Deployment) -> str:
        """Push them; the password goes by the environment and stands in no list of processes."""
        url, password = _part(deployment.answers["database_url"])
        variables = {"PGPASSWORD": password} if password else {}
        done = run_supabase(["db", "push", "--remote", url, "--yes"], variables=variables)
        if done.returncode != 0:
            said = f"{done.stdout}{done.stderr}".strip()
            raise DeployError(f"supabase db push failed:\n{said}")
        seen = self.look(deployment)
        if not seen.done:
            raise DeployError(f"supabase db push ended well, and yet: {seen.text}.")
        return seen.text


class Prices:
    """The prices of models, as data: this commit's."""

    name = "prices"

    def look(self, deployment: Deployment) -> Seen:
        """Send without keeping what changes, to see whether anything would."""
        try:
            changed = count_price_changes(deployment.answers["database_url"])
        except psycopg.errors.UndefinedFunction:
            return Seen(done=False, text="send them, once the migrations are applied")
        except psycopg.Error as error:
            raise DeployError(f"the database did not answer: {error}") from error
        return Seen(not _count_changes(changed), _tell(changed))

    def act(self, deployment: Deployment) -> str:
        """Send them."""
        try:
            return _tell(set_prices(deployment.answers["database_url"]))
        except psycopg.Error as error:
            raise DeployError(f"the database refused the prices: {error}") from error


def _list_known() -> dict[str, str]:
    try:
        found = read_migrations()
    except MigrationError as error:
        raise DeployError(str(error)) from error
    return {each.version: each.path.name for each in found}


def _read_recorded(url: str) -> set[str]:
    try:
        with psycopg.connect(url) as connection:
            return {version for (version,) in connection.execute(_RECORDED)}
    except psycopg.errors.UndefinedTable:
        return set()
    except psycopg.Error as error:
        raise DeployError(f"the database did not answer: {error}") from error


def _part(url: str) -> tuple[str, str]:
    """Give the URL without its password, and the password."""
    parts = urlsplit(url)
    user = f"{parts.username}@" if parts.username else ""
    place = user + parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=place)), unquote(parts.password or "")


def _count_changes(counts: Mapping[str, Any]) -> int:
    return sum(number for name, number in counts.items() if name != "unchanged")


def _tell(counts: Mapping[str, Any]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in sorted(counts.items()))
