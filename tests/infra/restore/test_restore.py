"""The commands of docs/operations.md put a filled project into an empty one on another server."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from infra.local.installation import choose_installation
from infra.local.migrations import apply_schemas
from infra.local.settings import REPOSITORY, Settings
from infra.local.throwaway import Database, run_throwaway_server
from infra.schema.catalogue import read_database
from tests.database.support.callers import (
    connect_as,
    connect_as_owner,
    ingest,
    ingest_body,
    read_as,
    refused_call,
)
from tests.database.support.keys import authenticate
from tests.database.support.spans import NOON, call
from tests.isolation.tenants import ALPHA, BETA, TENANTS, Tenant, make_spans, settle

PAGE = (REPOSITORY / "docs" / "operations.md").read_text(encoding="utf-8")
(SECTION,) = re.findall(r"^## Back-up and restore$(.+?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", SECTION, re.DOTALL)
    for line in block.split("\n")
]
OLD = NOON.replace(year=2025, month=3)
FAR = NOON.replace(year=2099)


@pytest.fixture(scope="module")
def filled(database: Database) -> Database:
    """A project with two tenants, a month that no new project has, and a span of 2099."""
    with connect_as_owner(database) as owner:
        owner.execute("select app.ensure_partition('spans', '2025-03-01')")
    for tenant in TENANTS:
        settle(database, tenant)
        ingest(database, tenant.name, [call(7, trace=7, at=OLD), call(8, trace=8, at=FAR)])
    return database


@pytest.fixture(scope="module")
def restored(
    settings: Settings, filled: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """An empty project on a server that has seen no migration, and then the commands."""
    folder = tmp_path_factory.mktemp("restored")
    programs = choose_installation(settings).bin
    with run_throwaway_server(settings, folder / "server") as server:
        empty = server.create_database("empty")
        for command in COMMANDS:
            if command.startswith("supabase db push"):
                # The CLI applies the migrations, which end in the same: tests/infra/schema.
                apply_schemas(empty.owner_url)
            else:
                run(command, programs, folder, filled, empty)
        yield empty


def run(command: str, programs: Path, folder: Path, source: Database, target: Database) -> None:
    """Run a line of the page as a person does in a shell."""
    done = subprocess.run(
        ["sh", "-euc", command],
        cwd=folder,
        env={"PATH": f"{programs}:/usr/bin:/bin", "FROM": source.owner_url, "TO": target.owner_url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), command


def read_tables(database: Database) -> dict[str, tuple[int, str | None]]:
    """How many rows every table has, and a digest of them."""
    with psycopg.connect(database.owner_url) as connection:
        names = connection.execute("""
            select relname from pg_class where relnamespace = 'public'::regnamespace
              and relkind in ('r', 'p') and not relispartition
              -- To write the spans again marks their hours again.
              and relname <> 'roll_up_changes'""").fetchall()
        query = "select count(*), md5(string_agg(t::text, '|' order by t::text)) from public.{} t"
        found = {
            name: connection.execute(sql.SQL(query).format(sql.Identifier(name))).fetchone()
            for (name,) in names
        }
    return {name: (row[0], row[1]) for name, row in found.items() if row}


def read_sums(database: Database, tenant: str) -> Any:
    """What the dashboard sums up of a tenant."""
    with connect_as(database, "authenticated", tenant) as connection:
        row = connection.execute(
            "select public.query_metrics(%s, %s, 'hour') as sums", (NOON, NOON.replace(hour=20))
        ).fetchone()
    assert row is not None
    return row["sums"]


def test_every_row_is_back(filled: Database, restored: Database) -> None:
    """Each table holds what it held, and none is empty that was not."""
    before, after = read_tables(filled), read_tables(restored)

    assert after == before
    assert {"spans", "span_contents", "traces", "audit_events", "api_keys"} <= {
        name for name, (rows, _) in after.items() if rows
    }


def test_roles_rights_and_policies_are_the_same(filled: Database, restored: Database) -> None:
    """All that the catalogue says of schema, partitions, roles and settings is equal."""
    assert read_database(restored.owner_url) == read_database(filled.owner_url)


@pytest.mark.parametrize("tenant", TENANTS, ids=lambda tenant: tenant.name)
def test_sums_are_the_same(filled: Database, restored: Database, tenant: Tenant) -> None:
    """A tenant's calls, tokens and cost are what they were."""
    sums = read_sums(restored, tenant.name)

    assert sums == read_sums(filled, tenant.name)
    assert sums["totals"]["requests"] > 0


def test_a_tenant_reads_its_own_alone(restored: Database) -> None:
    """Row level security holds for what was restored, and nobody without a tenant reads any."""
    for tenant, other in ((ALPHA, BETA), (BETA, ALPHA)):
        rows = read_as(restored, "authenticated", tenant.name, "select t::text from spans t")
        assert tenant.name in str(rows)
        assert other.name not in str(rows)
    assert read_as(restored, "authenticated", None, "select 1 from spans") == []
    assert refused_call(restored, "anon", ALPHA.name, "query_metrics", {})[0] is not None


def test_keys_work_and_spans_count_once(restored: Database) -> None:
    """A key opens its tenant as before, and a delivery that comes again adds nothing."""
    before = read_sums(restored, ALPHA.name)
    ingest_body(restored, ALPHA.name, {"spans": make_spans(ALPHA, ALPHA.own_trace)})

    assert authenticate(restored, ALPHA.number, key_id=ALPHA.own_key) is not None
    assert read_sums(restored, ALPHA.name) == before
