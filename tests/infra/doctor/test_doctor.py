"""The doctor on a project that is well, and on many that lack one thing each, which it names."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

import httpx
import psycopg
import pytest

from infra.local.children import Leashes
from infra.local.keys import StackKeys, make_signing_key
from infra.local.ports import free_port
from infra.local.services import auth_child, data_api_child, local_url
from infra.local.settings import Settings
from infra.local.throwaway import Database, ThrowawayServer
from llm_observe.doctor import rounds
from llm_observe.doctor.checks import Check
from llm_observe.doctor.door import TENANT
from llm_observe.doctor.examination import examine
from llm_observe.supabase.tokens import TokenMinter
from tests.database.support.callers import administer
from tests.database.support.keys import from_now
from tests.functions.conftest import run_api
from tests.infra.data_api.waiting import wait_for
from tests.infra.doctor.project import TROUBLES, Project
from tests.infra.doctor.stand_ins import FakeDashboard, run_edge
from tests.isolation.conftest import NO_PORT

Variables = dict[str, str]
OPERATORS = (
    *("settings", "project", "clock", "signing_key", "migrations", "pre_request", "secrets"),
    *("jobs", "partitions", "retention", "roll_ups", "prices", "test_span", "api", "dashboard"),
)


@pytest.fixture(scope="module")
def edge(
    settings: Settings, database: Database, keys: StackKeys, leashes: Leashes
) -> Iterator[str]:
    """A project's one address: the Data API, and Auth behind it."""
    port, auth_port = free_port(), free_port()
    url, dsn = local_url(port), database.auth_admin_url
    children = [
        leashes.start(auth_child(settings, keys, dsn, port=auth_port, base_url=url)),
        leashes.start(data_api_child(settings, keys, database.authenticator_url, port, auth_port)),
    ]
    for child in children:
        child.wait_until_ready()
    yield url
    for child in children:
        child.stop()


@pytest.fixture(scope="module")
def project(database: Database) -> Project:
    """The project, set up."""
    project = Project(database)
    project.set_up()
    return project


@pytest.fixture(scope="module")
def dashboard() -> Iterator[FakeDashboard]:
    """A fake dashboard."""
    with FakeDashboard().run() as fake:
        yield fake


@pytest.fixture(scope="module")
def variables(
    settings: Settings,
    keys: StackKeys,
    leashes: Leashes,
    edge: str,
    project: Project,
    dashboard: FakeDashboard,
) -> Iterator[Variables]:
    """The settings of whoever operates a project that is well."""
    with run_api(settings, keys, edge, NO_PORT, leashes, LLM_OBSERVE_DEV="false") as api:
        yield {
            "SUPABASE_URL": edge,
            "SUPABASE_PUBLISHABLE_KEY": keys.publishable_key,
            "SUPABASE_JWT_SIGNING_KEY": json.dumps(keys.signing_key),
            "LLM_OBSERVE_DIGEST_KEY": keys.master_secret,
            "LLM_OBSERVE_KEY_PEPPER": keys.key_pepper,
            "LLM_OBSERVE_API_URL": api,
            "LLM_OBSERVE_DASHBOARD_URL": dashboard.address,
        }


def name_first_failure(checks: list[Check]) -> str:
    """Give the name that a person begins with, where there is something to do or to read."""
    first = next(check for check in checks if check.status == "failed")
    assert first.message
    return first.name


def run_command(variables: Variables, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the library's command in a process that has these variables alone."""
    return subprocess.run(
        [sys.executable, "-m", "llm_observe", *arguments],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_all_is_well(variables: Variables) -> None:
    """Each check of a whole deployment is ok, in the documented order, and the command says 0."""
    done = run_command(variables, "doctor", "--json")
    checks = json.loads(done.stdout)["checks"]

    assert [(check["name"], check["status"]) for check in checks] == [
        (name, "ok") for name in OPERATORS
    ], done.stdout
    assert done.returncode == 0


def test_no_span_is_left(variables: Variables, database: Database) -> None:
    """The test span is taken away again, content, trace and all."""
    examine(variables)
    with psycopg.connect(database.owner_url) as connection:
        left = [
            connection.execute(f"select 1 from {table} where tenant_id = '{TENANT}'".encode())
            for table in ("spans", "span_contents", "traces")
        ]
        assert [rows.fetchall() for rows in left] == [[], [], []]


def test_its_own_tenant_begins_anew(variables: Variables, keys: StackKeys) -> None:
    """Whoever forgets the doctor's tenant, as any other, does not keep it from its work."""
    operator = TokenMinter(json.dumps(keys.signing_key), issuer="a test")
    gone = httpx.post(
        f"{variables['SUPABASE_URL']}/rest/v1/rpc/forget_tenant",
        json={"tenant_id": TENANT},
        headers={
            "apikey": keys.publishable_key,
            "Authorization": f"Bearer {operator.mint('llm_admin', TENANT, 'command')}",
        },
    )

    assert gone.is_success, gone.text
    assert [check.status for check in examine(variables)] == ["ok"] * len(OPERATORS)


@pytest.mark.parametrize("name", TROUBLES)
def test_what_a_project_lacks_is_named(variables: Variables, project: Project, name: str) -> None:
    """One thing of the database is broken: the first check that fails is its own."""
    with project.broken(*TROUBLES[name]):
        checks = examine(variables)

    assert name_first_failure(checks) == name
    assert next(check for check in checks if check.name == name).action


def test_a_project_without_migrations_is_named(
    variables: Variables,
    settings: Settings,
    keys: StackKeys,
    leashes: Leashes,
    postgres_server: ThrowawayServer,
) -> None:
    """A new project trusts the key and has none of the functions: the migrations come first."""
    bare = postgres_server.create_database("bare")
    port = free_port()
    child = data_api_child(settings, keys, bare.authenticator_url, port)
    # Under a name of its own, beside that of the whole project.
    running = leashes.start(replace(child, name="bare_data_api"))
    try:
        running.wait_until_ready()
        checks = examine(variables | {"SUPABASE_URL": local_url(port)})
    finally:
        running.stop()
        postgres_server.drop_database("bare")

    assert name_first_failure(checks) == "migrations"
    assert {check.name: check.status for check in checks}["signing_key"] == "ok"


def test_a_pre_request_function_that_is_not_set_is_named(
    variables: Variables, project: Project
) -> None:
    """Where the role's setting is lost, as by somebody's reset, the line says how to set it."""
    database = project.database
    role = f'alter role authenticator in database "{database.name}"'

    def change(ending: str) -> None:
        with psycopg.connect(database.superuser_url, autocommit=True) as superuser:
            superuser.execute(f"{role} {ending}; notify pgrst, 'reload config'".encode())

    def find() -> Check:
        return next(check for check in examine(variables) if check.name == "pre_request")

    change("set pgrst.db_pre_request = ''")
    try:
        # The Data API hears of it a moment later.
        wait_for(lambda: find().status == "failed")
        action = find().action
    finally:
        change("reset pgrst.db_pre_request")
        wait_for(lambda: find().status == "ok")

    assert "alter role authenticator set pgrst.db_pre_request" in str(action)


WRONG: dict[str, tuple[str, Callable[[Variables], Variables]]] = {
    "no address": ("settings", lambda _right: {"SUPABASE_URL": ""}),
    "a connection string": ("settings", lambda _right: {"SUPABASE_URL": "postgres://a:b@c/d"}),
    "nobody listens": (
        "project",
        lambda _right: {"SUPABASE_URL": f"http://127.0.0.1:{free_port()}"},
    ),
    "another site": (
        "project",
        lambda right: {"SUPABASE_URL": right["LLM_OBSERVE_DASHBOARD_URL"]},
    ),
    "another publishable key": (
        "project",
        lambda _right: {"SUPABASE_PUBLISHABLE_KEY": "sb_publishable_of_another"},
    ),
    "another signing key": (
        "signing_key",
        lambda _right: {"SUPABASE_JWT_SIGNING_KEY": json.dumps(make_signing_key())},
    ),
    "no pepper": ("secrets", lambda _right: {"LLM_OBSERVE_KEY_PEPPER": ""}),
    "no API": (
        "api",
        lambda _right: {"LLM_OBSERVE_API_URL": f"http://127.0.0.1:{free_port()}"},
    ),
    "the dashboard as the API": (
        "api",
        lambda right: {"LLM_OBSERVE_API_URL": right["LLM_OBSERVE_DASHBOARD_URL"]},
    ),
    "no dashboard": (
        "dashboard",
        lambda _right: {"LLM_OBSERVE_DASHBOARD_URL": f"http://127.0.0.1:{free_port()}"},
    ),
}


@pytest.mark.parametrize("trouble", WRONG)
def test_a_wrong_setting_is_named(variables: Variables, trouble: str) -> None:
    """One setting is wrong: the first check that fails is its own, and no secret is told."""
    name, change = WRONG[trouble]
    told = variables | change(variables)
    checks = examine(told)

    assert name_first_failure(checks) == name
    shown = json.dumps([check.message + (check.action or "") for check in checks])
    secrets = ("SUPABASE_JWT_SIGNING_KEY", "LLM_OBSERVE_DIGEST_KEY", "LLM_OBSERVE_KEY_PEPPER")
    assert not [one for one in secrets if told[one] and told[one] in shown]


@pytest.mark.parametrize(
    ("seconds", "status"),
    [(-45, "warning"), (45, "warning"), (-90, "failed"), (90, "failed"), (None, "warning")],
)
def test_a_wrong_clock_is_named(variables: Variables, seconds: int | None, status: str) -> None:
    """More than 30 s off is a warning, more than 60 s a failure, either way.

    A project that does not tell the time is a warning, too: all else is looked at.
    """
    with run_edge(variables["SUPABASE_URL"], ahead=seconds) as url:
        checks = {check.name: check.status for check in examine(variables | {"SUPABASE_URL": url})}

    assert checks["clock"] == status
    assert checks["test_span"] == ("ok" if status == "warning" else "skipped")


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/rest/v1/rpc/ingest_spans", "could not be written"),
        ("/rest/v1/span_summaries", "could not be read back"),
        ("/rest/v1/rpc/forget_trace", "could not be taken away again"),
    ],
)
def test_the_step_that_a_test_span_did_not_take_is_named(
    variables: Variables, path: str, told: str
) -> None:
    """Writing, reading and forgetting are told apart."""
    with run_edge(variables["SUPABASE_URL"], refuses=path) as url:
        checks = {check.name: check for check in examine(variables | {"SUPABASE_URL": url})}

    assert checks["test_span"].status == "failed"
    assert told in checks["test_span"].message


def test_a_log_in_page_that_fails_is_named(variables: Variables, dashboard: FakeDashboard) -> None:
    """A dashboard that leads to a page which does not answer lets nobody in."""
    dashboard.login_status = 500
    try:
        assert name_first_failure(examine(variables)) == "dashboard"
    finally:
        dashboard.login_status = 200


def test_what_follows_from_a_failure_is_skipped(variables: Variables) -> None:
    """Without a project nothing of it is asked; the command says 1 and where to begin."""
    done = run_command(variables | {"SUPABASE_URL": f"http://127.0.0.1:{free_port()}"}, "doctor")

    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "1 failed; begin with project."
    assert "skipped test_span" in done.stdout


def test_a_command_that_is_none_is_told_apart(variables: Variables) -> None:
    """Scripts see by 2 that nothing was looked at."""
    assert run_command(variables, "surgeon").returncode == 2


def test_a_check_has_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that does not end fails when its time is up; the others are made."""
    monkeypatch.setattr(rounds, "CHECK_SECONDS", 0.1)
    slow = rounds.Step("slow", lambda: SimpleQueue[Check]().get(timeout=5))
    quick = rounds.Step("quick", lambda: Check("quick", "ok", ""))

    checks = rounds.go_round([slow, quick])
    assert [check.status for check in checks] == ["failed", "ok"]
    assert [check.status for check in rounds.go_round([quick], seconds=0)] == ["warning"]


def test_beside_a_clone_its_migrations_are_looked_at(variables: Variables) -> None:
    """`make doctor` begins with the clone and goes on as the library's command."""
    done = subprocess.run(
        [sys.executable, "-m", "infra.doctor", "--json"],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )

    assert [(check["name"], check["status"]) for check in json.loads(done.stdout)["checks"]] == [
        (name, "ok") for name in ("clone", *OPERATORS)
    ], done.stdout


def test_without_a_project_nothing_begins(tmp_path: Path) -> None:
    """Neither a project nor a demo: one line says so, and 2 tells it from a failure."""
    done = subprocess.run(
        [sys.executable, "-m", "infra.doctor"],
        env={"LLM_OBSERVE_STATE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert "make demo" in done.stderr


APPLICATIONS = ("settings", "project", "clock", "ingest_token", "ingestion", "api", "dashboard")


@pytest.fixture(scope="module")
def application(variables: Variables, database: Database) -> tuple[Callable[[int], Variables], str]:
    """Settings of an application whose token lives so many days, and its key's id."""
    register = {"key_id": "appstoke", "name": "an app", "expires_at": from_now(days=90)}
    administer(database, "app", "create_ingest_token", **register)
    minter = TokenMinter(variables["SUPABASE_JWT_SIGNING_KEY"], issuer="a test")

    def make(days: int) -> Variables:
        token = minter.issue_ingest_token("app", "appstoke", days=days)
        names = ("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY")
        return {name: variables[name] for name in names} | {"LLM_OBSERVE_INGEST_TOKEN": token}

    return make, "appstoke"


def test_an_application_is_looked_at_by_its_token(
    application: tuple[Callable[[int], Variables], str], database: Database
) -> None:
    """With an ingest token the list is the application's: its end is told, its end is named."""
    make, key_id = application
    well = {check.name: check.status for check in examine(make(90))}
    soon = {check.name: check.status for check in examine(make(5))}
    late = examine(make(-1))
    malformed = examine(make(90) | {"LLM_OBSERVE_INGEST_TOKEN": "lo_live_no_such"})
    administer(database, "app", "revoke_api_key", key_id=key_id, children="keep")
    revoked = examine(make(90))

    assert list(well) == list(APPLICATIONS)
    assert (well["ingestion"], well["ingest_token"], soon["ingest_token"]) == (
        "ok",
        "ok",
        "warning",
    )
    assert name_first_failure(late) == "ingest_token"
    assert name_first_failure(malformed) == "settings"
    assert name_first_failure(revoked) == "ingestion"
