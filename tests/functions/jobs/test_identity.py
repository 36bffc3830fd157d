"""Jobs alone act as ``llm_operator``, and import nothing of people or requests."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module

import pytest

from infra.local.aws.schedule import read_schedule
from infra.local.settings import REPOSITORY
from tests.functions.jobs.conftest import EVENTS, JOBS

NEVER = {
    "boto3",
    "fastapi",
    "functions.common.auth",
    "functions.common.database",
    "infra",
    "mangum",
    "openai",
    "psycopg",
}


def find_files(text: str, *folders: str) -> set[str]:
    """Give the Python files that hold a text."""
    return {
        str(path.relative_to(REPOSITORY))
        for folder in folders
        for path in (REPOSITORY / folder).rglob("*.py")
        if "node_modules" not in path.parts and text in path.read_text(encoding="utf-8")
    }


def test_only_jobs_act_as_the_operator() -> None:
    """Of all functions: one module asks for the role, and only jobs import that module."""
    assert find_files('"llm_operator"', "src", "functions", "infra") == {
        "functions/common/job.py",
        "infra/access/project.py",
        "src/llm_observe/supabase/tokens.py",
    }
    assert find_files("functions.common.job", "src", "functions", "infra") == {
        f"functions/jobs/{name}/handler.py" for name in JOBS
    }


def test_every_job_is_on_a_schedule() -> None:
    """A folder under ``functions/jobs`` has its function in the template, and an event."""
    folders = {path.parent.name for path in (REPOSITORY / "functions/jobs").glob("*/handler.py")}
    assert folders == set(JOBS)
    assert all((EVENTS / f"jobs_{name}.json").is_file() for name in folders)


@pytest.mark.parametrize("name", JOBS)
def test_a_job_says_how_often_it_runs(name: str) -> None:
    """The interval that the next run is told from is that of its schedule."""
    (expression,) = JOBS[name].schedules
    handler = import_module(f"functions.jobs.{name}.handler")
    assert read_schedule(expression).every == handler.EVERY


@pytest.mark.parametrize("name", JOBS)
def test_a_job_imports_nothing_of_a_request(name: str) -> None:
    """No web framework, no auth of people, no model client, no AWS SDK."""
    code = f"import sys; import functions.jobs.{name}.handler; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        cwd=REPOSITORY,
        env={**os.environ, "LLM_OBSERVE_EXPORTERS": "console"},
        capture_output=True,
        text=True,
    )
    assert set(done.stdout.split()) & NEVER == set()
