"""The runner of CI's steps: it stops at the first failure and prints the minutes either way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from infra.local.settings import REPOSITORY

MAKEFILE = "good:\n\t@echo good ran\nbad:\n\t@exit 3\nlate:\n\t@echo late ran\n"


def run_steps(folder: Path, *steps: str) -> subprocess.CompletedProcess[str]:
    """Run steps of a Makefile that has a good one, a bad one, and a late one."""
    (folder / "Makefile").write_text(MAKEFILE)
    command = [sys.executable, "-m", "infra.steps", "make", *steps]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def read_table(output: str) -> list[list[str]]:
    """Give the words of each line after the empty one."""
    return [line.split() for line in output.rpartition("\n\n")[2].splitlines()]


def test_every_step_is_run_and_has_its_minutes(tmp_path: Path) -> None:
    """All went well: exit code 0, a line for each step and one for the sum."""
    done = run_steps(tmp_path, "good", "late")

    assert done.returncode == 0
    assert "good ran\nlate ran" in done.stdout
    assert read_table(done.stdout) == [
        ["good", "0.0", "min"],
        ["late", "0.0", "min"],
        ["all", "0.0", "min"],
    ]


def test_a_failure_ends_the_run_and_still_has_its_minutes(tmp_path: Path) -> None:
    """Later steps are not run; make's exit code is the runner's."""
    done = run_steps(tmp_path, "good", "bad", "late")

    assert done.returncode == 2
    assert "late ran" not in done.stdout
    assert read_table(done.stdout)[1:] == [["bad", "0.0", "min", "failed"], ["all", "0.0", "min"]]


def test_a_process_of_make_keeps_the_bytecode_of_what_it_imports() -> None:
    """Also where the environment says otherwise, as many containers do."""
    probe = 'probe: ; @echo "[$$PYTHONDONTWRITEBYTECODE]"'
    done = subprocess.run(
        ["make", "--silent", f"--eval={probe}", "probe"],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"
