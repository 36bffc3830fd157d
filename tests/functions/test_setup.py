"""GET /setup: each thing that is wrong in a project is named, over the real API and database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import psycopg
import pytest

from infra.local.settings import REPOSITORY
from infra.local.throwaway import Database
from llm_observe.doctor.judging import ASKED, JOBS
from llm_observe.doctor.newest_migration import NEWEST_MIGRATION

Call = Callable[..., httpx.Response]
RUNS = (
    "insert into job_runs (job, outcome, started_at, finished_at, next_due) values "
    "('expiry', 'done', now(), now(), now() + interval '1 hour'), "
    "('partitions', 'done', now(), now(), now() + interval '1 day')"
)
HEALTHY = f"""
create schema supabase_migrations;
create table supabase_migrations.schema_migrations (version text primary key);
insert into supabase_migrations.schema_migrations values ('{NEWEST_MIGRATION}');
{RUNS};
insert into tenants (tenant_id) values ('tenant-123'), ('another');
"""


@pytest.fixture(scope="module")
def owner(database: Database) -> Iterator[psycopg.Connection]:
    """The owner of a database in which all is well."""
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        connection.execute(HEALTHY.encode())
        yield connection


def read(call: Call, tenant: str = "tenant-123") -> dict[str, dict[str, str]]:
    """Give the checks by name."""
    answer = call("GET", "/setup", tenant=tenant)
    assert answer.status_code == 200, answer.text
    return {check["name"]: check for check in answer.json()["checks"]}


def test_all_is_well(call: Call, owner: psycopg.Connection) -> None:
    """Each check of a project that is set up is ok, in the doctor's order."""
    checks = read(call)

    assert {name: check["status"] for name, check in checks.items()} == dict.fromkeys(
        ["secrets", *ASKED], "ok"
    )
    assert list(checks) == ["secrets", *ASKED]


TROUBLES = {
    "migrations": ("update supabase_migrations.schema_migrations set version = '20260101000000'"),
    "jobs": "update job_runs set next_due = now() - interval '1 hour' where job = 'partitions'",
    "partitions": (
        "do $$ begin execute format('drop table %I', "
        "app.partition_name('spans', (now() + interval '2 months')::date)); end $$"
    ),
    "retention": (
        "insert into retention_runs (tenant_id, run_id, outcome, finished_at) "
        "values ('tenant-123', gen_random_uuid(), 'failed', now())"
    ),
    "prices": "truncate model_prices",
}


@contextmanager
def broken(owner: psycopg.Connection, statement: str) -> Iterator[None]:
    """Break something for a while: the copy that is served sees it, and it is mended afterwards."""
    owner.execute(b"create temp table kept as select * from model_prices")
    owner.execute(statement.encode())
    try:
        yield
    finally:
        for mend in (
            f"update supabase_migrations.schema_migrations set version = '{NEWEST_MIGRATION}'",
            "delete from job_runs",
            RUNS,
            "select app.ensure_partitions()",
            "delete from retention_runs",
            "insert into model_prices select * from kept on conflict do nothing",
            "drop table kept",
        ):
            owner.execute(mend.encode())


@pytest.mark.parametrize("name", TROUBLES)
def test_what_is_wrong_is_named(call: Call, owner: psycopg.Connection, name: str) -> None:
    """One thing is broken: its check fails and says what to do, and no other does."""
    with broken(owner, TROUBLES[name]):
        checks = read(call)

    assert [one for one, check in checks.items() if check["status"] == "failed"] == [name]
    assert checks[name]["action"]


def test_a_database_of_before_has_no_functions(call: Call, owner: psycopg.Connection) -> None:
    """The migrations are named as the cause, and what they bring is skipped."""
    owner.execute(b"alter function public.read_setup(jsonb) rename to read_setup_later")
    owner.execute(b"notify pgrst, 'reload schema'")
    try:
        checks = read(call)
    finally:
        owner.execute(b"alter function public.read_setup_later(jsonb) rename to read_setup")
        owner.execute(b"notify pgrst, 'reload schema'")

    assert checks["migrations"]["status"] == "failed"
    assert {checks[name]["status"] for name in ASKED[1:]} == {"skipped"}


def test_losses_are_told_to_their_tenant_alone(call: Call, owner: psycopg.Connection) -> None:
    """Spans that a process says it lost are a warning in its tenant and nothing in another."""
    owner.execute(
        b"insert into processes (tenant_id, process_id, emitted, stored, dropped) "
        b"values ('tenant-123', repeat('a', 32), 9, 2, '{\"failed\": 7}')"
    )

    assert read(call)["deliveries"]["status"] == "warning"
    assert "7 spans" in read(call)["deliveries"]["message"]
    assert read(call, "another")["deliveries"]["status"] == "ok"


def test_a_new_project_is_not_blamed_for_jobs_to_come(
    call: Call, owner: psycopg.Connection
) -> None:
    """A job without any run is a warning within two days of the first tenant, a failure after."""
    with broken(owner, "delete from job_runs"):
        young = read(call)["jobs"]["status"]
        owner.execute(b"update tenants set created_at = now() - interval '3 days'")
        old = read(call)["jobs"]["status"]
        owner.execute(b"update tenants set created_at = now()")

    assert (young, old) == ("warning", "failed")


def test_a_missing_hook_is_found_by_what_it_lets_in(
    call: Call, database: Database, owner: psycopg.Connection
) -> None:
    """Without the pre-request function a token of nobody's key is let in, and that is named."""
    setting = f'alter role authenticator in database "{database.name}"'
    with psycopg.connect(database.superuser_url, autocommit=True) as superuser:
        superuser.execute(f"{setting} set pgrst.db_pre_request = ''".encode())
        superuser.execute(b"notify pgrst, 'reload config'")
        try:
            check = read(call)["pre_request"]
        finally:
            superuser.execute(f"{setting} reset pgrst.db_pre_request".encode())
            superuser.execute(b"notify pgrst, 'reload config'")

    assert check["status"] == "failed"


def test_each_job_is_looked_for() -> None:
    """A job that joins the folders joins the check."""
    folders = (REPOSITORY / "functions" / "jobs").glob("*/handler.py")
    assert sorted(path.parent.name for path in folders) == list(JOBS)


def test_the_newest_migration_is_known() -> None:
    """The constant that the check asks for is the newest file's."""
    newest = max(path.name[:14] for path in (REPOSITORY / "supabase/migrations").glob("*.sql"))
    assert newest == NEWEST_MIGRATION
