"""``make schema-check``: Supabase's own command line judges the migrations, offline."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import psycopg

from infra.local.migrations import (
    MIGRATIONS,
    Migration,
    apply_migrations,
    apply_schemas,
    read_migrations,
)
from infra.schema.catalogue import compare, read_database
from infra.schema.command_line import ask_supabase, locate, run_supabase
from infra.schema.databases import open_server
from infra.schema.errors import SchemaError
from infra.schema.past import find_edited

if TYPE_CHECKING:
    from infra.local.settings import Settings
    from infra.local.throwaway import Database

_RECORDS: Final = """
select version, name, statements from supabase_migrations.schema_migrations order by version
"""


def check_schema(settings: Settings, write: Callable[[str], Any]) -> int:
    """Push the migrations as a user does, and hold the outcome to the runner's and the schemas'.

    Raises:
        SchemaError: naming what is not as it should be.
        MigrationError: if a file does not apply.
    """
    _refuse(find_edited(), "Released migrations were changed")
    migrations = read_migrations(MIGRATIONS)
    with open_server(settings) as server:
        pushed, run, present = (
            server.create_database(name) for name in ("pushed", "run", "present")
        )
        ask_supabase(["db", "push", "--yes", "--remote", locate(pushed.owner_url)])
        write(f"supabase db push: {len(migrations)} migrations applied\n")
        _check_list(pushed, migrations)
        write("supabase migration list: local and remote agree\n")
        write(f"supabase db advisors: {_ask_advisors(pushed)}\n")
        apply_migrations(run.owner_url)
        apply_schemas(present.owner_url)
        _compare_all(pushed, run, present)
        write("the runner, the command line and supabase/schemas end in the same database\n")
    return 0


def _check_list(pushed: Database, migrations: list[Migration]) -> None:
    arguments = ["migration", "list", "--output-format", "json"]
    answer = json.loads(ask_supabase([*arguments, "--remote", locate(pushed.owner_url)]))
    listed = [(one["local"], one["remote"]) for one in answer["migrations"]]
    if listed != [(one.version, one.version) for one in migrations]:
        raise SchemaError(f"supabase migration list does not agree: {listed}")


def _ask_advisors(pushed: Database) -> str:
    """Have the advisors look; an error of theirs is one of ours, the warnings are counted."""
    arguments = ["db", "advisors", "--level", "warn", "--fail-on", "error"]
    done = run_supabase([*arguments, "--remote", locate(pushed.owner_url)])
    if done.returncode != 0:
        raise SchemaError(f"supabase db advisors finds errors:\n{done.stdout}{done.stderr}")
    counts = Counter(finding["name"] for finding in json.loads(done.stdout or "[]"))
    return ", ".join(f"{name} ({count})" for name, count in counts.items()) or "nothing"


def _compare_all(pushed: Database, run: Database, present: Database) -> None:
    _refuse(
        compare(read_database(pushed.owner_url), read_database(run.owner_url)),
        "supabase db push (past) and our runner (present) differ",
    )
    if _read_records(pushed) != _read_records(run):
        raise SchemaError("supabase db push and our runner record different statements.")
    _refuse(
        compare(read_database(run.owner_url), read_database(present.owner_url)),
        "supabase/migrations (past) lacks what supabase/schemas (present) says: make migration",
    )


def _read_records(database: Database) -> list[tuple[Any, ...]]:
    with psycopg.connect(database.owner_url) as connection:
        return connection.execute(_RECORDS).fetchall()


def _refuse(problems: list[Any], title: str) -> None:
    if problems:
        raise SchemaError("\n  ".join([f"{title}:", *map(str, problems)]))
