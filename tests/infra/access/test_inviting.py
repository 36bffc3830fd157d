"""``make access ARGS=invite`` against the local Auth: an account, a mail and a membership."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from infra.local.keys import StackKeys
from infra.local.throwaway import Database
from tests.infra.auth.target import PASSWORD, Mailbox, Target, make_email

Invite = Callable[..., subprocess.CompletedProcess[str]]
DASHBOARD = "http://127.0.0.1:3999"


@pytest.fixture
def variables(keys: StackKeys, local_target: Target) -> dict[str, str]:
    """The operator's settings of this project."""
    return {
        "SUPABASE_URL": local_target.url,
        "SUPABASE_PUBLISHABLE_KEY": keys.publishable_key,
        "SUPABASE_SECRET_KEY": keys.secret_key,
        "SUPABASE_JWT_SIGNING_KEY": json.dumps(keys.signing_key),
        "LLM_OBSERVE_KEY_PEPPER": keys.key_pepper,
    }


@pytest.fixture
def invite(variables: dict[str, str]) -> Invite:
    """Runs the command."""

    def run(email: str, *options: str, tenant: str = "asked") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "infra.access", "invite", "--email", email]
        return subprocess.run(
            [*command, "--tenant", tenant, *options],
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def read_roles(database: Database, email: str) -> list[tuple[str, str]]:
    """The memberships of an address, with whoever gave them."""
    with psycopg.connect(database.superuser_url) as connection:
        return connection.execute(
            "select m.role, m.created_by from public.memberships m"
            " join auth.users u on u.id = m.user_id where u.email = %s",
            (email,),
        ).fetchall()


def test_somebody_new_is_mailed_and_logs_in(
    invite: Invite, local_target: Target, database: Database
) -> None:
    """The mail leads back to the dashboard, its token is a login, and the role is there."""
    email = make_email()
    done = invite(email, "--role", "admin", "--dashboard", f"{DASHBOARD}/")
    (mail,) = Mailbox(local_target).read(email)
    session = (
        local_target.connect()
        .auth.verify_otp({"token_hash": mail["token_hash"], "type": "invite"})
        .session
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "mailed an invitation" in done.stdout
    assert (mail["type"], mail["redirect_to"]) == ("invite", DASHBOARD)
    assert session is not None
    assert read_roles(database, email) == [("admin", "command")]


def test_somebody_with_an_account_gets_the_role_alone(
    invite: Invite, local_target: Target, database: Database
) -> None:
    """No mail; an invitation into less than they have changes nothing."""
    email = make_email()
    local_target.admin().auth.admin.create_user(
        {"email": email, "password": PASSWORD, "email_confirm": True}
    )
    first = invite(email.upper())
    again = invite(email, "--role", "viewer")

    assert "no mail was sent" in first.stdout
    assert "is owner of asked" in again.stdout
    assert Mailbox(local_target).read(email) == []
    assert read_roles(database, email) == [("owner", "command")]


def test_a_link_is_shown_where_no_mail_goes(invite: Invite, local_target: Target) -> None:
    """It opens the dashboard's page, and what it carries is a login."""
    email = make_email()
    done = invite(email, "--show-link", "--dashboard", DASHBOARD)
    link = urlsplit(done.stdout.splitlines()[-1])
    query = parse_qs(link.query)
    session = (
        local_target.connect()
        .auth.verify_otp({"token_hash": query["token_hash"][0], "type": "invite"})
        .session
    )

    assert f"{link.scheme}://{link.netloc}{link.path}" == f"{DASHBOARD}/auth/confirm"
    assert session is not None
    assert Mailbox(local_target).read(email) == []


@pytest.mark.parametrize(
    ("change", "options", "reason"),
    [
        ({"SUPABASE_SECRET_KEY": ""}, (), "Set SUPABASE_SECRET_KEY"),
        ({"SUPABASE_SECRET_KEY": "sb_secret_x"}, (), "Supabase Auth refused: Invalid API key"),
        ({}, ("--show-link",), "Name the dashboard that the link leads to"),
        ({}, ("--show-link", "--dashboard", "javascript:x"), "The dashboard's address is not"),
        ({}, ("--tenant", "Not A Tenant"), "tenant"),
        ({}, ("--email", "nobody"), "Unable to validate email address"),
    ],
)
def test_a_mistake_invites_nobody(
    invite: Invite,
    variables: dict[str, str],
    local_target: Target,
    change: dict[str, str],
    options: tuple[str, ...],
    reason: str,
) -> None:
    """One line with the reason, never the key; no mail goes, no account is made."""
    email, secret = make_email(), variables["SUPABASE_SECRET_KEY"]
    variables.update(change)
    done = invite(email, *options)

    assert (done.returncode, done.stdout) == (1, "")
    assert reason in done.stderr
    assert "Traceback" not in done.stderr
    assert secret not in done.stderr
    assert Mailbox(local_target).read(email) == []
    users = local_target.admin().auth.admin.list_users()
    assert email not in {user.email for user in users}
