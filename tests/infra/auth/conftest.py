"""What Auth's suite runs against: the local Auth, or a hosted Supabase project.

Without configuration it is the local one, behind the Data API, on a throwaway Postgres. With
``CONFORMANCE_URL`` it is that project, which needs ``CONFORMANCE_PUBLISHABLE_KEY`` and
``CONFORMANCE_SECRET_KEY`` (``sb_secret_...``). Its people are named ``conformance-...`` and are
deleted again; tests that read mails, or move a token's time, are for the local one alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import httpx
import pytest
from supabase import Client

from infra.local.children import Leashes
from infra.local.keys import StackKeys
from infra.local.ports import free_port
from infra.local.services import auth_child, data_api_child, local_url
from infra.local.settings import Settings
from infra.local.throwaway import Database
from tests.infra.auth.target import PASSWORD, Mailbox, Target, make_email

_REQUIRED = ("CONFORMANCE_PUBLISHABLE_KEY", "CONFORMANCE_SECRET_KEY")


@pytest.fixture(scope="module")
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """The Auth under test."""
    if url := os.environ.get("CONFORMANCE_URL"):
        missing = [name for name in _REQUIRED if not os.environ.get(name)]
        if missing:
            pytest.fail(f"CONFORMANCE_URL is set; {', '.join(missing)} must be too")
        publishable_key, secret_key = (os.environ[name] for name in _REQUIRED)
        with httpx.Client() as http:
            hosted = Target(url.rstrip("/"), publishable_key, secret_key, http)
            yield hosted
            _delete_people(hosted)
        return
    yield request.getfixturevalue("local_target")


def _delete_people(target: Target) -> None:
    """Delete the people of this suite, and nobody else."""
    admin = target.admin().auth.admin
    for user in admin.list_users(page=1, per_page=1000):
        if (user.email or "").startswith("conformance-"):
            admin.delete_user(user.id)


@pytest.fixture(scope="module")
def local_target(
    settings: Settings, database: Database, keys: StackKeys, leashes: Leashes
) -> Iterator[Target]:
    """The local Auth and the edge in front of it, each a process of its own."""
    port, auth_port = free_port(), free_port()
    dsn, base_url = database.auth_admin_url, local_url(port)
    children = [
        leashes.start(child)
        for child in (
            auth_child(settings, keys, dsn, port=auth_port, base_url=base_url),
            data_api_child(settings, keys, database.authenticator_url, port, auth_port),
        )
    ]
    try:
        for child in children:
            child.wait_until_ready()
        with httpx.Client() as http:
            database_url = database.superuser_url
            yield Target(base_url, keys.publishable_key, keys.secret_key, http, database_url)
    finally:
        for child in children:
            child.stop()


@pytest.fixture
def make_person(target: Target) -> Callable[[], str]:
    """Makes people with the password PASSWORD and gives their addresses."""
    admin = target.admin().auth.admin

    def make() -> str:
        email = make_email()
        admin.create_user({"email": email, "password": PASSWORD, "email_confirm": True})
        return email

    return make


@pytest.fixture
def email(make_person: Callable[[], str]) -> str:
    """The address of a person of this test's own."""
    return make_person()


@pytest.fixture
def client(target: Target, email: str) -> Client:
    """The official client, logged in as that person."""
    client = target.connect()
    client.auth.sign_in_with_password({"email": email, "password": PASSWORD})
    return client


@pytest.fixture
def mailbox(target: Target) -> Mailbox:
    """The local mailbox; a hosted project sends its mails."""
    if target.database_url is None:
        pytest.skip("a hosted project sends its mails")
    return Mailbox(target)
