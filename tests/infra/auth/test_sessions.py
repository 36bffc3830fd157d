"""Logging in, staying in and signing out, by Supabase's official client."""

from __future__ import annotations

from typing import Any

import httpx
import jwt
import psycopg
import pytest
from supabase import Client
from supabase_auth.errors import AuthApiError

from functions.common.auth.logins import UserTokens
from tests.infra.auth.target import PASSWORD, Target


def _log_in(target: Target, email: str) -> Client:
    client = target.connect()
    client.auth.sign_in_with_password({"email": email, "password": PASSWORD})
    return client


def _token(client: Client) -> str:
    session = client.auth.get_session()
    assert session is not None
    return session.access_token


def _session_id(client: Client) -> str:
    verified = client.auth.get_claims()
    assert verified is not None
    return str(dict(verified["claims"])["session_id"])


def _refresh_token(client: Client) -> str:
    session = client.auth.get_session()
    assert session is not None
    return session.refresh_token


def _ask_user(target: Target, token: str) -> httpx.Response:
    return target.ask("GET", "/user", headers={"Authorization": f"Bearer {token}"})


def test_password_logs_in(target: Target, email: str) -> None:
    """The right password gives a session of an hour, and the user with the e-mail identity."""
    answer = target.connect().auth.sign_in_with_password({"email": email, "password": PASSWORD})
    assert answer.session is not None
    assert answer.user is not None
    assert (answer.session.expires_in, answer.session.token_type) == (3600, "bearer")
    assert (answer.user.email, answer.user.role, answer.user.aud) == (
        email,
        "authenticated",
        "authenticated",
    )
    assert answer.user.app_metadata["providers"] == ["email"]
    assert [one.provider for one in answer.user.identities or []] == ["email"]


@pytest.mark.parametrize(
    "wrong", [{"password": "wrong password"}, {"email": "conformance-nobody@example.com"}]
)
def test_wrong_password_is_refused(target: Target, email: str, wrong: dict[str, Any]) -> None:
    """A wrong password and an unknown address are told apart by nothing."""
    with pytest.raises(AuthApiError) as refused:
        target.connect().auth.sign_in_with_password(
            {"email": email, "password": PASSWORD} | wrong  # type: ignore[arg-type]  # a TypedDict there
        )
    assert (refused.value.status, refused.value.code) == (400, "invalid_credentials")
    assert refused.value.message == "Invalid login credentials"


def test_claims(target: Target, client: Client, email: str) -> None:
    """An access token has Supabase's claims, and is signed by a key of the published set."""
    verified = client.auth.get_claims()
    assert verified is not None
    claims: dict[str, Any] = dict(verified["claims"])
    assert claims["iss"] == f"{target.url}/auth/v1"
    assert (claims["aud"], claims["role"], claims["aal"]) == (
        "authenticated",
        "authenticated",
        "aal1",
    )
    assert claims["email"] == email
    assert [one["method"] for one in claims["amr"]] == ["password"]
    assert claims["exp"] - claims["iat"] == 3600
    assert jwt.get_unverified_header(_token(client))["alg"] == "ES256"


def test_functions_take_the_token(target: Target, client: Client) -> None:
    """The API's own door reads the user out of a token, as it is."""
    user = client.auth.get_user()
    assert user is not None
    assert UserTokens(target.url).read_login(_token(client)).user_id == user.user.id


def test_refresh_rotates(client: Client) -> None:
    """A refresh gives another refresh token for the same session."""
    before = _refresh_token(client)
    session_id = _session_id(client)
    client.auth.refresh_session()
    assert _refresh_token(client) != before
    assert _session_id(client) == session_id


def test_refresh_that_was_lost_is_answered_again(target: Target, client: Client) -> None:
    """As long as the next token has not been used, the one before gives that next token again."""
    lost = _refresh_token(client)
    client.auth.refresh_session()
    again = target.connect().auth.refresh_session(lost)
    assert again.session is not None
    assert again.session.refresh_token == _refresh_token(client)


def test_used_refresh_token_ends_the_session(target: Target, client: Client) -> None:
    """A token that was used, and whose successor was used too, ends its session for everybody."""
    if target.database_url is None:
        pytest.skip("the interval of 10 seconds is moved in the database")
    stolen = _refresh_token(client)
    client.auth.refresh_session()
    client.auth.refresh_session()
    with psycopg.connect(target.database_url) as connection:
        connection.execute(
            "update auth.refresh_tokens set updated_at = updated_at - interval '11 seconds'"
        )
    with pytest.raises(AuthApiError) as refused:
        target.connect().auth.refresh_session(stolen)
    assert (refused.value.status, refused.value.code) == (400, "refresh_token_already_used")
    with pytest.raises(AuthApiError) as ended:
        target.connect().auth.refresh_session(_refresh_token(client))
    assert ended.value.status == 400


def test_unknown_refresh_token(target: Target) -> None:
    """A refresh token that nobody gave out is refused."""
    with pytest.raises(AuthApiError) as refused:
        target.connect().auth.refresh_session("nobodysgave1")
    assert (refused.value.status, refused.value.code) == (400, "refresh_token_not_found")


@pytest.mark.parametrize(
    ("scope", "own", "other"), [("global", 403, 403), ("local", 403, 200), ("others", 200, 403)]
)
def test_sign_out(target: Target, email: str, scope: Any, own: int, other: int) -> None:
    """Signing out ends this session, the others, or all of them, and their access tokens."""
    here, there = _log_in(target, email), _log_in(target, email)
    tokens = _token(here), _token(there)
    here.auth.sign_out({"scope": scope})
    answers = [_ask_user(target, token) for token in tokens]
    assert [answer.status_code for answer in answers] == [own, other]
    ended = next(answer for answer in answers if answer.status_code == 403)
    assert ended.json()["error_code"] == "session_not_found"


def test_a_users_token_is_nobody_to_the_data_api(target: Target, client: Client) -> None:
    """A user's token names no tenant, so the Data API shows no row of the product to it."""
    headers = {"apikey": target.publishable_key, "Authorization": f"Bearer {_token(client)}"}
    answer = httpx.get(f"{target.url}/rest/v1/spans", headers=headers)
    assert answer.status_code in {401, 403} or answer.json() == []
