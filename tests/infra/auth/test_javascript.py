"""The same by Supabase's JavaScript clients, in the versions that the dashboard has."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.local.settings import REPOSITORY
from tests.infra.auth.target import PASSWORD, Mailbox, Target

Run = Callable[[str], dict[str, Any]]


@pytest.fixture
def run(target: Target, email: str) -> Run:
    """Runs a scenario of client.mjs as a person of this test's own."""
    environment = {
        "PATH": os.environ["PATH"],
        "UI_PACKAGE": str(REPOSITORY / "ui" / "package.json"),
        "TARGET_URL": target.url,
        "TARGET_PUBLISHABLE_KEY": target.publishable_key,
        "TARGET_SECRET_KEY": target.secret_key,
        "PERSON_EMAIL": email,
        "PERSON_PASSWORD": PASSWORD,
    }

    def run(scenario: str) -> dict[str, Any]:
        script = str(Path(__file__).with_name("client.mjs"))
        done = subprocess.run(
            ["node", script, scenario],
            check=False,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return told

    return run


def test_password(run: Run, email: str) -> None:
    """A password logs in, a wrong one does not, and a refresh rotates the token."""
    assert run("password") == {
        "wrong": {"code": "invalid_credentials", "status": 400},
        "email": email,
        "identities": 1,
        "method": "password",
        "algorithm": "ES256",
        "rotated": True,
    }


def test_sign_out(run: Run) -> None:
    """Each scope ends the sessions that it names, here and there."""
    assert run("signOut") == {
        "local": [False, True],
        "others": [True, False],
        "global": [False, False],
    }


def test_server_by_cookies(run: Run, email: str) -> None:
    """A server that keeps its session in cookies logs in, refreshes and signs out."""
    assert run("server") == {
        "named": True,
        "email": email,
        "claimed": email,
        "refreshed": email,
        "left": 0,
    }


def test_server_by_link(run: Run, email: str, mailbox: Mailbox) -> None:
    """A mailed link logs in the browser that asked for it, once, and no other."""
    assert run("serverLink") == {
        "back": "http://127.0.0.1:3999/api/auth/confirm",
        "stolen": True,
        "email": email,
        "again": True,
    }


def test_server_by_hash(run: Run, email: str) -> None:
    """The hash of a link, in a mail of one's own, logs in once."""
    assert run("hash") == {
        "verified": None,
        "email": email,
        "again": {"code": "otp_expired", "status": 403},
    }


def test_admin(run: Run) -> None:
    """The secret key makes, lists page by page and deletes; the publishable one does not."""
    assert run("admin") == {
        "listed": 1,
        "more": True,
        "twice": {"code": "email_exists", "status": 422},
        "refused": {"code": "not_admin", "status": 403},
        "gone": {"code": "user_not_found", "status": 404},
    }
