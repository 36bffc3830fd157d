"""The doctor on an API and a dashboard, each a fake that answers what the test says."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

import llm_observe
from infra.local.keys import make_signing_key
from infra.local.settings import REPOSITORY
from llm_observe.config import Deployment, Settings
from llm_observe.doctor import ends, rounds
from llm_observe.doctor.checks import Check
from llm_observe.doctor.door import ProjectDoor
from llm_observe.doctor.examination import examine
from llm_observe.supabase.tokens import TokenMinter
from tests.infra.doctor.stand_ins import FakeDashboard, serve_json
from tests.infra.doctor.test_doctor import APPLICATIONS, OPERATORS

WELL = {"status": "ok", "database": {}, "version": llm_observe.__version__}
ELSEWHERE = "127.0.0.2"
"""This machine, too, by a name that is not one of its usual ones."""


def look(deployment: Deployment, auth: dict[str, Any]) -> dict[str, Check]:
    """Look at the two ends, beside a project whose Auth has these settings."""
    tokens = TokenMinter(json.dumps(make_signing_key()), issuer="a test")
    with serve_json({"/auth/v1/settings": auth}) as url:
        door = ProjectDoor(url, "a key", tokens, seconds=5)
        project = rounds.Step("project", lambda: Check("project", "ok", "It answers."))
        checks = rounds.go_round([project, *ends.list_end_steps(door, deployment)])
        door.close()
    return {check.name: check for check in checks}


@pytest.mark.parametrize(
    ("answers", "status", "told"),
    [
        ({"/health": WELL | {"status": "degraded"}}, "failed", "database does not"),
        ({"/health": {"status": "ok"}}, "failed", "is not the API"),
        ({"/health": WELL | {"version": "0.0.0"}}, "warning", "version 0.0.0"),
        ({"/health": WELL, "/me": {"kind": "dev"}}, "failed", "development mode"),
        ({"/health": WELL, "/me": {"error": {}}}, "ok", "The API answers"),
    ],
)
def test_an_api_is_judged_by_its_answers(answers: dict[str, Any], status: str, told: str) -> None:
    """Another program, a database that is away, another version and an open door are told apart."""
    with serve_json(answers, ELSEWHERE) as url:
        check = look(Deployment(Settings(), api_url=url), {})["api"]

    assert (check.status, told in check.message) == (status, True), check


@pytest.mark.parametrize(
    ("auth", "status", "told"),
    [
        ({"external": {"email": True, "phone": False, "github": True}}, "ok", "email, github"),
        ({"external": {"email": False}}, "failed", "no way to log in"),
        ({}, "failed", "Auth does not"),
    ],
)
def test_a_log_in_needs_a_way(auth: dict[str, Any], status: str, told: str) -> None:
    """A dashboard that leads to the log-in is as good as the ways that Auth has switched on."""
    with FakeDashboard().run() as fake:
        check = look(Deployment(Settings(), dashboard_url=fake.address), auth)["dashboard"]

    assert (check.status, told in check.message) == (status, True), check


def test_a_project_that_is_ill_is_told_from_another_site() -> None:
    """A 503 of the project's own is no wrong address: the line has the status."""
    with serve_json({}, otherwise=503) as url:
        checks = examine(
            {
                "SUPABASE_URL": url,
                "SUPABASE_PUBLISHABLE_KEY": "a key",
                "SUPABASE_JWT_SIGNING_KEY": json.dumps(make_signing_key()),
            }
        )

    project = next(check for check in checks if check.name == "project")
    assert (project.status, "status 503" in project.message) == ("failed", True)


@pytest.mark.parametrize(("host", "status"), [("127.0.0.1", "ok"), (ELSEWHERE, "warning")])
def test_a_dashboard_without_log_in_is_for_this_machine(host: str, status: str) -> None:
    """Where nobody logs in, whoever reaches it reads: a warning anywhere but here."""
    with FakeDashboard(has_login=False).run(host) as fake:
        check = look(Deployment(Settings(), dashboard_url=fake.address), {})["dashboard"]

    assert check.status == status


def test_the_page_lists_each_check() -> None:
    """docs/doctor.md has a row for each check of a project, in its order, and each of an app."""
    page = (REPOSITORY / "docs" / "doctor.md").read_text(encoding="utf-8")
    project, application = page.split("## Of an application")

    assert re.findall(r"^\| `(\w+)` \|", project, re.MULTILINE) == list(OPERATORS)
    assert [name for name in APPLICATIONS[:5] if f"`{name}`" not in application] == []
