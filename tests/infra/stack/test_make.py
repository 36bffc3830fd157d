"""Targets of the Makefile that are other names of a target."""

from __future__ import annotations

import subprocess

import pytest

from infra.local.settings import REPOSITORY


def plan(target: str) -> str:
    """Give the commands of a target, without running them."""
    command = ["make", "--dry-run", "--no-print-directory", target]
    made = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return made.stdout


def test_init_is_setup() -> None:
    """``make init`` installs what ``make setup`` does."""
    assert plan("init") == plan("setup") != ""


@pytest.mark.parametrize(("target", "without_ui"), [("dev", False), ("dev-backend", True)])
def test_the_backend_alone_reloads(target: str, *, without_ui: bool) -> None:
    """``make dev-backend`` is ``make dev`` without the dashboard, and installs no node."""
    commands = plan(target)
    assert "up --with-parent --dev" in commands
    assert ("--without-ui" in commands, "setup node" not in commands) == (without_ui, without_ui)
