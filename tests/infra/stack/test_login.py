"""``up --login``: the stack as it is deployed, with people who log in."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import httpx
import psycopg
import pytest
from supabase import Client, ClientOptions, create_client

from infra.local.settings import REPOSITORY, Settings
from tests.infra.stack.demo import COMMAND, Demo, make_environment


@pytest.fixture(scope="module")
def demo(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo with login, without the dashboard."""
    state_dir = tmp_path_factory.mktemp("login") / "state"
    demo = Demo(state_dir, make_environment(settings) | {"LLM_OBSERVE_STATE_DIR": str(state_dir)})
    demo.start("--login", "--without-ui")
    yield demo
    if demo.process is not None and demo.process.poll() is None:
        demo.end()
    assert demo.run("reset").returncode == 0


def _log_in(demo: Demo, http: httpx.Client, name: str) -> str:
    person = next(one for one in demo.stack["login"] if one["email"].startswith(name))
    options = ClientOptions(persist_session=False, auto_refresh_token=False, httpx_client=http)
    client: Client = create_client(
        demo.stack["data_api_url"], demo.stack["publishable_key"], options
    )
    answer = client.auth.sign_in_with_password(
        {"email": person["email"], "password": person["password"]}
    )
    assert answer.session is not None
    return answer.session.access_token


def _ask(demo: Demo, path: str, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{demo.stack['api_url']}{path}", headers=headers, timeout=30)


def test_people_are_printed(demo: Demo) -> None:
    """The ready block and stack.json name four people, their passwords and their mailbox."""
    block = demo.output.split("Ready in", 1)[1]
    people = {one["email"]: one for one in demo.stack["login"]}
    roles = {email: one["role"] for email, one in people.items()}
    assert roles == {
        "owner@example.test": "owner",
        "member@example.test": "member",
        "viewer@example.test": "viewer",
        "nobody@example.test": None,
    }
    for email, person in people.items():
        assert f"{email} " in block
        assert person["password"] in block
    assert f"{demo.stack['data_api_url']}/mails" in block
    assert demo.stack["secret_key"].startswith("sb_secret_")
    assert demo.stack["secret_key"] not in demo.output


def test_api_asks_who_calls(demo: Demo) -> None:
    """Without a credential the API answers 401, as deployed; health is everybody's."""
    for path, status in (("/traces", 401), ("/me", 401), ("/health", 200)):
        answer = httpx.get(f"{demo.stack['api_url']}{path}", headers={"x-tenant-id": "sample"})
        assert answer.status_code == status


@pytest.mark.parametrize(
    ("name", "traces", "keys"),
    [("owner", 200, 200), ("member", 200, 403), ("viewer", 200, 403), ("nobody", 400, 400)],
)
def test_roles(demo: Demo, name: str, traces: int, keys: int) -> None:
    """Each of the four may do what their role may, in tenant sample and nowhere else."""
    with httpx.Client() as http:
        token = _log_in(demo, http, name)
    role = None if name == "nobody" else name
    tenants = _ask(demo, "/me", token).json()["tenants"]
    assert [one["role"] for one in tenants] == ([role] if role else [])
    assert _ask(demo, "/traces", token).status_code == traces
    assert _ask(demo, "/keys", token).status_code == keys
    headers = {"Authorization": f"Bearer {token}", "x-tenant-id": "tenant-123"}
    elsewhere = httpx.get(f"{demo.stack['api_url']}/traces", headers=headers)
    assert elsewhere.status_code == 403


def test_second_start_keeps_people(demo: Demo) -> None:
    """A restart has the same people with the same passwords, and their sessions."""
    with httpx.Client() as http:
        token = _log_in(demo, http, "owner")
        before = demo.stack["login"]
        demo.end()
        demo.start("--login", "--without-ui")
        assert demo.stack["login"] == before
        assert _ask(demo, "/traces", token).status_code == 200
        assert _log_in(demo, http, "owner")


def test_auth_is_gone_without_the_flag(demo: Demo) -> None:
    """The same data without --login: development mode, and nobody logs in."""
    person = demo.stack["login"][0]
    demo.end()
    demo.start("--without-ui")
    headers = {"x-tenant-id": "sample"}
    assert httpx.get(f"{demo.stack['api_url']}/traces", headers=headers).status_code == 200
    assert "login" not in demo.stack
    headers = {"apikey": demo.stack["publishable_key"]}
    login = f"{demo.stack['data_api_url']}/auth/v1/token?grant_type=password"
    body = {"email": person["email"], "password": person["password"]}
    assert httpx.post(login, headers=headers, json=body).status_code == 404
    with psycopg.connect(demo.stack["database_url"]) as connection:
        assert connection.execute("select count(*) from auth.users").fetchone() == (4,)


def test_given_database_is_refused(settings: Settings) -> None:
    """A server that was given has an Auth of its own, which is not ours to write into."""
    environment = make_environment(settings) | {"DATABASE_URL": "postgresql://localhost/x"}
    refused = subprocess.run(
        [*COMMAND, "up", "--login"],
        check=False,
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert refused.returncode == 1
    assert "unset DATABASE_URL" in refused.stderr
