"""A login by another provider: there to its page and back with a code, at the local Auth alone."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg
import pytest
from supabase import Client
from supabase_auth.errors import AuthApiError

from tests.infra.auth.target import PASSWORD, Target, make_email

BACK = "http://127.0.0.1:3999/api/auth/callback?next=%2Ftraces"


@pytest.fixture
def local(local_target: Target) -> Target:
    """The provider is the local Auth's, so a hosted project is not asked."""
    return local_target


def begin(local: Target, client: Client) -> str:
    """Ask the official client for the way, follow it to the provider's page; gives the state."""
    params: Any = {"provider": "keycloak", "options": {"redirect_to": BACK}}
    # The Python client knows the names of real providers only.
    url = client.auth.sign_in_with_oauth(params).url.replace("keycloak", "fake")
    led = local.http.get(url, follow_redirects=False)
    assert led.status_code == 302, led.text
    page = local.http.get(led.headers["location"])
    assert "This page is a fake" in page.text
    return parse_qs(urlsplit(str(page.url)).query)["state"][0]


def come_back(local: Target, state: str, **told: str) -> httpx.Response:
    """Answer as the page does."""
    url = f"{local.url}/auth/v1/callback"
    return local.http.get(url, params={"state": state} | told, follow_redirects=False)


def read_query(answer: httpx.Response) -> dict[str, str]:
    """The query of the page that an answer leads to."""
    assert answer.status_code == 302, answer.text
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    return {name: values[0] for name, values in query.items()}


def exchange(client: Client, code: str) -> Any:
    params: Any = {"auth_code": code}
    return client.auth.exchange_code_for_session(params)


def connect(local: Target) -> Client:
    client = local.connect()
    client.auth._flow_type = "pkce"
    return client


def test_somebody_new_comes_in(local: Target) -> None:
    """The code makes a session in the client that began and in no other, once."""
    client, email = connect(local), make_email()
    query = read_query(come_back(local, begin(local, client), code=email))
    stranger = connect(local)
    begin(local, stranger)
    with pytest.raises(AuthApiError) as refused:
        exchange(stranger, query["code"])
    answer = exchange(client, query["code"])
    assert query["next"] == "/traces"
    assert refused.value.code == "bad_code_verifier"
    assert answer.user.email == email
    assert answer.user.email_confirmed_at is not None
    assert answer.user.app_metadata == {"provider": "fake", "providers": ["fake"]}
    assert [one.provider for one in answer.user.identities] == ["fake"]


def test_somebody_known_is_the_same_person(local: Target) -> None:
    """The address is linked; a password that nobody confirmed ends with it."""
    email = make_email()
    made = local.connect().auth.sign_up({"email": email, "password": PASSWORD}).user
    client = connect(local)
    query = read_query(come_back(local, begin(local, client), code=email))
    found = exchange(client, query["code"]).user
    with pytest.raises(AuthApiError) as refused:
        local.connect().auth.sign_in_with_password({"email": email, "password": PASSWORD})

    assert made is not None
    assert found.id == made.id
    assert found.app_metadata["providers"] == ["email", "fake"]
    assert refused.value.code == "invalid_credentials"


def test_a_refusal_leads_back(local: Target) -> None:
    """With OAuth's own error, to the page that was to come, and the state is spent."""
    state = begin(local, connect(local))
    refused = read_query(come_back(local, state, error="access_denied"))
    again = read_query(come_back(local, state, code=make_email()))

    assert (refused["error"], refused["next"]) == ("access_denied", "/traces")
    assert again["error_code"] == "bad_oauth_state"


def test_a_banned_user_is_led_back(local: Target) -> None:
    """The provider vouches for the address, not for the right to come in."""
    email = make_email()
    admin = local.admin().auth.admin
    user = admin.create_user({"email": email, "email_confirm": True}).user
    admin.update_user_by_id(user.id, {"ban_duration": "1h"})
    query = read_query(come_back(local, begin(local, connect(local)), code=email))

    assert (query["error"], query["error_code"]) == ("access_denied", "user_banned")


@pytest.mark.parametrize("state", ["", "x", "00000000-0000-4000-8000-000000000009"])
def test_a_state_of_nobodys_is_refused(local: Target, state: str) -> None:
    """No code comes of it, and it leads to the site and nowhere else."""
    answer = come_back(local, state, code=make_email())

    assert read_query(answer)["error_code"] == "bad_oauth_state"


def test_an_old_state_is_refused(local: Target) -> None:
    """Ten minutes are the most that somebody stays at the provider."""
    state = begin(local, connect(local))
    with psycopg.connect(str(local.database_url)) as connection:
        connection.execute(
            "update auth.flow_state set created_at = now() - interval '11 minutes' where id = %s",
            (state,),
        )
    assert read_query(come_back(local, state, code=make_email()))["error_code"] == "bad_oauth_state"


@pytest.mark.parametrize("path", ["/authorize?provider=fake", "/fake_provider", "/callback"])
def test_a_page_from_elsewhere_reads_nothing(local: Target, path: str) -> None:
    """Whoever reads these pages can log in as anybody here: another Host is refused."""
    url = f"{local.url}/auth/v1{path}"
    answer = local.http.get(url, headers={"host": "evil.example"}, follow_redirects=False)

    assert answer.status_code == 403


@pytest.mark.parametrize("challenge", ["", "&code_challenge=short&code_challenge_method=s256"])
def test_a_login_without_a_challenge_is_refused(local: Target, challenge: str) -> None:
    """A session never comes in an address: without PKCE it would."""
    url = f"{local.url}/auth/v1/authorize?provider=fake&redirect_to={BACK}{challenge}"

    assert local.http.get(url, follow_redirects=False).status_code == 400
