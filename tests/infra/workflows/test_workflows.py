"""The workflows of GitHub: they run the documented commands, with no right and no key too many."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.deploy.questions import QUESTIONS
from infra.local.settings import REPOSITORY

FOLDER = REPOSITORY / ".github" / "workflows"
PAGE = REPOSITORY / "docs" / "deploying-from-github.md"
PINNED = re.compile(r"(?:actions|aws-actions)/[\w-]+@[0-9a-f]{40}")


def read(name: str) -> dict[str, Any]:
    """A workflow; YAML takes its key `on` for true."""
    document: dict[Any, Any] = yaml.safe_load((FOLDER / f"{name}.yml").read_text())
    return {"on" if key is True else str(key): value for key, value in document.items()}


CHECK, DEPLOY = read("check"), read("deploy")
JOBS = [
    (f"{file}.{name}", job)
    for file, workflow in (("check", CHECK), ("deploy", DEPLOY))
    for name, job in workflow["jobs"].items()
]
STEPS = [step for _, job in JOBS for step in job.get("steps", [])]


def test_there_are_just_these() -> None:
    """A workflow that joins has to join this file."""
    assert {path.name for path in FOLDER.iterdir()} == {"check.yml", "deploy.yml"}


def test_a_pull_request_is_checked_by_what_everybody_runs() -> None:
    """CI runs .ci/run, which is `make check`; and, beside it, Vercel's build."""
    runs = [step["run"] for job in CHECK["jobs"].values() for step in job["steps"] if "run" in step]

    assert CHECK["on"].keys() == {"pull_request", "push", "workflow_call"}
    assert runs == ["bash .ci/run", "make vercel-build"]
    assert "exec make check" in (REPOSITORY / ".ci" / "run").read_text()


def test_a_tag_is_deployed_after_its_check() -> None:
    """Only a tag begins it, the whole check stands before it, and one runs at a time."""
    deploy = DEPLOY["jobs"]["deploy"]

    assert DEPLOY["on"] == {"push": {"tags": ["v*"]}}
    assert DEPLOY["jobs"]["check"]["uses"] == "./.github/workflows/check.yml"
    assert (deploy["needs"], deploy["environment"]) == ("check", "production")
    assert DEPLOY["concurrency"]["cancel-in-progress"] is False


def test_it_deploys_by_the_documented_command() -> None:
    """`make deploy` asks nothing there, and gets what docs/deploying-from-github.md names."""
    run = DEPLOY["jobs"]["deploy"]["steps"][-1]["run"]
    [arguments] = re.findall(r'^make deploy ENV=production ARGS="(.*)"$', run, re.MULTILINE)
    deploy = (REPOSITORY / "Makefile").read_text()
    given = {name for question in QUESTIONS for name in question.variables}

    assert arguments.startswith("--yes ")
    assert re.search(r"^deploy:.*\n\t@\$\(VENV\) -m infra\.deploy ", deploy, re.MULTILINE)
    assert {"AWS_REGION", "AWS_RESOURCE_ROLE_ARN", "DATABASE_URL"} <= given
    assert "PermissionsBoundaryArn:" in (REPOSITORY / "template.yaml").read_text()


def test_its_variables_are_documented() -> None:
    """The page names each variable of the environment, and the secret that is read at AWS."""
    text, page = (FOLDER / "deploy.yml").read_text(), PAGE.read_text()
    variables = set(re.findall(r"vars\.(\w+)", text))
    [secret] = re.findall(r"--secret-id (\S+)", text)

    assert len(variables) == 4
    assert [name for name in variables if f"`{name}`" not in page] == []
    assert f"--name {secret} " in page


def test_no_key_is_stored_at_github() -> None:
    """No secret of GitHub's is read, not even its own token, and checkout leaves none behind."""
    for path in FOLDER.iterdir():
        assert re.findall(r"secrets\.|github\.token|GITHUB_TOKEN", path.read_text()) == []
    checkouts = [step for step in STEPS if step.get("uses", "").startswith("actions/checkout@")]

    assert len(checkouts) == 3
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_each_job_has_only_the_rights_it_needs() -> None:
    """Nothing by default; to read the code, and for the deployment alone a token for AWS."""
    assert CHECK["permissions"] == DEPLOY["permissions"] == {}
    for name, job in JOBS:
        wanted = {"contents": "read"} | ({"id-token": "write"} if name == "deploy.deploy" else {})
        assert job["permissions"] == wanted, name


def test_each_action_is_pinned_to_a_commit() -> None:
    """A tag of an action can be moved by who takes its repository; a commit cannot."""
    used = [step["uses"] for step in STEPS if "uses" in step]

    assert len(used) == 4
    assert [each for each in used if PINNED.fullmatch(each) is None] == []


def test_each_job_ends() -> None:
    """A job that hangs is ended before GitHub's six hours."""
    assert all(job["timeout-minutes"] <= 90 for _, job in JOBS if "uses" not in job)


def audit(folder: Path) -> set[str]:
    """The names of zizmor's findings, at its strictest, offline."""
    zizmor = Path(sys.executable).with_name("zizmor")
    command = [
        str(zizmor),
        "--offline",
        "--no-progress",
        "--pedantic",
        "--format=json",
        str(folder),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    findings: list[dict[str, Any]] = json.loads(done.stdout)
    return {finding["ident"] for finding in findings}


def test_an_audit_finds_nothing() -> None:
    """The auditor of workflows knows more traps than stand here."""
    assert audit(FOLDER) == set()


@pytest.mark.parametrize(
    ("wanted", "before", "after"),
    [
        ("unpinned-uses", re.compile(r"@[0-9a-f]{40} # v"), "@v"),
        (
            "excessive-permissions",
            re.compile(r"^permissions: \{\}", re.MULTILINE),
            "permissions: write-all",
        ),
        (
            "template-injection",
            re.compile("bash .ci/run"),
            "echo ${{ github.event.pull_request.title }}",
        ),
    ],
)
def test_the_audit_sees(tmp_path: Path, wanted: str, before: re.Pattern[str], after: str) -> None:
    """Each of these mistakes in our own workflow is a finding."""
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    text = before.sub(after, (FOLDER / "check.yml").read_text())
    (folder / "check.yml").write_text(text)

    assert wanted in audit(folder)
