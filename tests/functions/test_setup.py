"""GET /setup: each thing that is wrong in a project is named, over the real API and database."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from infra.local.settings import REPOSITORY
from infra.local.throwaway import Database
from llm_observe.doctor.judging import JOBS
from llm_observe.doctor.newest_migration import NEWEST_MIGRATION
from tests.infra.doctor.project import NO_RUNS, TROUBLES, Project

Call = Callable[..., httpx.Response]
ASKED = [
    "migrations",
    "pre_request",
    "jobs",
    "partitions",
    "retention",
    "roll_ups",
    "prices",
    "deliveries",
]
"""The checks that ask the database, in their order."""


@pytest.fixture(scope="module")
def project(database: Database) -> Project:
    """A project in which all is well, with two tenants."""
    project = Project(database)
    project.set_up()
    project.execute("insert into tenants (tenant_id) values ('tenant-123'), ('another')")
    return project


def read(call: Call, tenant: str = "tenant-123") -> dict[str, dict[str, str]]:
    """Give the checks by name."""
    answer = call("GET", "/setup", tenant=tenant)
    assert answer.status_code == 200, answer.text
    return {check["name"]: check for check in answer.json()["checks"]}


def test_all_is_well(call: Call, project: Project) -> None:
    """Each check of a project that is set up is ok, in the doctor's order."""
    checks = read(call)

    assert {name: check["status"] for name, check in checks.items()} == dict.fromkeys(
        ["secrets", *ASKED], "ok"
    )
    assert list(checks) == ["secrets", *ASKED]


@pytest.mark.parametrize("name", [name for name in TROUBLES if name in ASKED])
def test_what_is_wrong_is_named(call: Call, project: Project, name: str) -> None:
    """One thing is broken: its check fails and says what to do, and no other does."""
    with project.broken(*TROUBLES[name], tenant="tenant-123"):
        checks = read(call)

    assert [one for one, check in checks.items() if check["status"] == "failed"] == [name]
    assert checks[name]["action"]


STATES = {
    "no record of migrations": (
        *("migrations", "warning"),
        "alter schema supabase_migrations rename to kept_migrations",
        "alter schema kept_migrations rename to supabase_migrations",
    ),
    "a migration of a later version": (
        *("migrations", "ok"),
        "insert into supabase_migrations.schema_migrations values ('29990101000000')",
        "delete from supabase_migrations.schema_migrations where version > '2999'",
    ),
    "a run that failed": (
        *("jobs", "failed"),
        "update job_runs set outcome = 'failed' where job = 'expiry'",
        "update job_runs set outcome = 'done'",
    ),
    "a run that is late by a moment": (
        *("jobs", "ok"),
        "update job_runs set next_due = now() - interval '5 minutes'",
        "update job_runs set next_due = now() + interval '1 hour'",
    ),
    "sums of another tenant that drifted": (
        *("roll_ups", "failed"),
        "update job_runs set did = '{\"drifted_hours\": 1}' where job = 'verification'",
        "update job_runs set did = '{}'",
    ),
    "hours that wait for long": (
        *("roll_ups", "warning"),
        (
            "select app.mark_hours('tenant-123', array(select now() - n * interval '1 hour' "
            "from generate_series(1, 40) n))"
        ),
        "delete from roll_up_changes",
    ),
    "hours that came late": (
        *("roll_ups", "ok"),
        "select app.mark_hours('tenant-123', array[now(), now() - interval '9 days'])",
        "delete from roll_up_changes",
    ),
    "prices of last year": (
        *("prices", "warning"),
        "delete from model_prices where valid_from > now() - interval '200 days'",
        "insert into model_prices select * from app.kept_prices on conflict do nothing",
    ),
}


@pytest.mark.parametrize("state", STATES)
def test_what_is_no_plain_failure_is_weighed(call: Call, project: Project, state: str) -> None:
    """States between well and broken end as the page of the doctor says."""
    name, status, change, back = STATES[state]
    project.execute(change)
    try:
        check = read(call)[name]
    finally:
        project.execute(back)

    assert check["status"] == status, check


def test_a_database_of_before_has_no_functions(call: Call, project: Project) -> None:
    """The migrations are named as the cause, and what they bring is skipped."""
    with project.broken("alter function read_setup(jsonb) rename to read_later"):
        checks = read(call)

    assert checks["migrations"]["status"] == "failed"
    assert {checks[name]["status"] for name in ASKED[1:]} == {"skipped"}


def test_losses_are_told_to_their_tenant_alone(call: Call, project: Project) -> None:
    """Spans that a process says it lost are a warning in its tenant and nothing in another."""
    project.execute(
        "insert into processes (tenant_id, process_id, emitted, stored, dropped) "
        "values ('tenant-123', repeat('a', 32), 9, 2, '{\"failed\": 7}')"
    )

    assert read(call)["deliveries"]["status"] == "warning"
    assert "7 spans" in read(call)["deliveries"]["message"]
    assert read(call, "another")["deliveries"]["status"] == "ok"


def test_a_new_project_is_not_blamed_for_jobs_to_come(call: Call, project: Project) -> None:
    """A job without any run is a warning within two days of the first tenant, a failure after."""
    with project.broken(NO_RUNS):
        young = read(call)["jobs"]["status"]
        project.execute("update tenants set created_at = now() - interval '3 days'")
        old = read(call)["jobs"]["status"]
        project.execute("update tenants set created_at = now()")

    assert (young, old) == ("warning", "failed")


def test_work_that_pg_cron_does_is_done(call: Call, project: Project) -> None:
    """Where pg_cron has the jobs, no function need ever have run; a table stands for it here."""
    names = (
        "values ('llm-observe-retention', true), ('llm-observe-partitions', true), "
        "('llm-observe-roll-ups', true), ('llm-observe-verification', true), "
        "('llm-observe-deletions', true)"
    )
    with project.broken(
        NO_RUNS, "create schema cron", f"create table cron.job (jobname, active) as {names}"
    ):
        scheduled = read(call)
        project.execute("update cron.job set active = false")
        idle = read(call)
        project.execute("drop schema cron cascade")

    assert (scheduled["jobs"]["status"], idle["jobs"]["status"]) == ("ok", "warning")
    assert "pg_cron" in scheduled["retention"]["message"]


def test_each_job_is_looked_for() -> None:
    """A job that joins the folders joins the check."""
    folders = (REPOSITORY / "functions" / "jobs").glob("*/handler.py")
    assert sorted(path.parent.name for path in folders) == list(JOBS)


def test_the_newest_migration_is_known() -> None:
    """The constant that the check asks for is the newest file's."""
    newest = max(path.name[:14] for path in (REPOSITORY / "supabase/migrations").glob("*.sql"))
    assert newest == NEWEST_MIGRATION
