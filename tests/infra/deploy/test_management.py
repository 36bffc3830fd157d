"""The signing key is imported by Supabase's management API, which a fake stands for."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from infra.deploy.errors import DeployError
from infra.deploy.management import Management
from infra.local.keys import make_signing_key
from infra.local.ports import LOOPBACK
from tests.infra.deploy.fakes import TOKEN, FakeManagement, serve

PROJECT = "https://abcdefghijklmnopqrst.supabase.co"


@pytest.fixture
def api() -> Iterator[str]:
    """The address of a management API whose project has no key."""
    server = serve(FakeManagement)
    yield f"http://{LOOPBACK}:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_key_is_imported_once(api: str) -> None:
    """As the standby key; a second run finds it there."""
    key = json.dumps(make_signing_key())
    project = Management(PROJECT, TOKEN, api)

    assert (project.import_standby(key), project.import_standby(key)) == (True, False)
    [kept] = FakeManagement.keys
    assert (kept["status"], kept["id"]) == ("standby", json.loads(key)["kid"])


@pytest.mark.parametrize(
    ("project", "token", "status"),
    [(PROJECT, "another", 401), ("https://zyxwvutsrqponmlkjihg.supabase.co", TOKEN, 404)],
)
def test_a_refusal_says_what_to_look_at(api: str, project: str, token: str, status: int) -> None:
    """The status and the variable; no part of the key."""
    key = make_signing_key()
    with pytest.raises(DeployError) as told:
        Management(project, token, api).import_standby(json.dumps(key))

    assert f"answered {status}" in str(told.value)
    assert "SUPABASE_ACCESS_TOKEN" in str(told.value)
    assert key["d"] not in str(told.value)


def test_another_standby_key_stays(api: str) -> None:
    """A project has one; the refusal says so, and nothing is taken away."""
    project = Management(PROJECT, TOKEN, api)
    project.import_standby(json.dumps(make_signing_key()))

    with pytest.raises(DeployError, match="one standby"):
        project.import_standby(json.dumps(make_signing_key()))
    assert len(FakeManagement.keys) == 1
