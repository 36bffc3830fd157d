"""What Auth refuses, in which words, and what its answers look like."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from supabase import Client

from infra.local.children import Leashes
from infra.local.keys import StackKeys
from tests.infra.auth.target import PASSWORD, Target

NEW = {"X-Supabase-Api-Version": "2024-01-01"}


def _forge(target: Target, **changes: Any) -> dict[str, Any]:
    claims = {
        "iss": f"{target.url}/auth/v1",
        "sub": "00000000-0000-4000-8000-000000000000",
        "aud": "authenticated",
        "role": "authenticated",
        "session_id": "00000000-0000-4000-8000-000000000000",
        "exp": int(time.time()) + 60,
    }
    return claims | changes


def test_key_is_asked_for(target: Target) -> None:
    """Without a key of the project, or with a wrong one, the edge answers 401."""
    for headers in ({}, {"apikey": "sb_publishable_wrong"}):
        answer = httpx.get(f"{target.url}/auth/v1/settings", headers=headers)
        assert answer.status_code == 401


def test_settings(target: Target) -> None:
    """The settings say that people come in by e-mail, and by which providers else."""
    settings = target.ask("GET", "/settings").json()
    assert settings["external"]["email"] is True
    assert isinstance(settings["external"]["github"], bool)
    assert settings["disable_signup"] is False


def test_health(target: Target) -> None:
    """The health route names the server."""
    assert target.ask("GET", "/health").json()["name"] == "GoTrue"


def test_other_providers_are_refused(target: Target) -> None:
    """A login by a provider that is not on is refused before anybody is led away."""
    if target.ask("GET", "/settings").json()["external"]["gitlab"]:
        pytest.skip("this project has the provider")
    url = f"{target.url}/auth/v1/authorize?provider=gitlab"
    answer = target.http.get(url, follow_redirects=False)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "validation_failed")


@pytest.mark.parametrize("version", ["", "2023-01-01", "nonsense", "2024-01-01", "2026-05-05"])
def test_errors_by_version(target: Target, version: str) -> None:
    """From 2024-01-01 on the error's name is its code; before, the status was."""
    headers = {"X-Supabase-Api-Version": version} if version else {}
    answer = target.ask(
        "POST",
        "/token?grant_type=password",
        headers=headers,
        json={"email": "conformance-nobody@example.com", "password": PASSWORD},
    )
    assert answer.status_code == 400
    assert answer.headers["x-sb-error-code"] == "invalid_credentials"
    if version.startswith(("2024", "2026")):
        assert answer.json() == {
            "code": "invalid_credentials",
            "message": "Invalid login credentials",
        }
        assert answer.headers["x-supabase-api-version"] == "2024-01-01"
    else:
        assert answer.json() == {
            "code": 400,
            "error_code": "invalid_credentials",
            "msg": "Invalid login credentials",
        }


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/token?grant_type=other", {}, 400, "invalid_credentials"),
        ("/token?grant_type=password", {"password": "x"}, 400, "validation_failed"),
        ("/token?grant_type=pkce", {"auth_code": "x"}, 400, "validation_failed"),
        (
            "/token?grant_type=pkce",
            {"auth_code": "x", "code_verifier": "y"},
            404,
            "flow_state_not_found",
        ),
        ("/signup", {"password": PASSWORD}, 422, "anonymous_provider_disabled"),
        ("/signup", {"email": "a b@example.com", "password": PASSWORD}, 400, "validation_failed"),
        ("/signup", {"email": "a@example.com", "password": "short"}, 422, "weak_password"),
        ("/recover", {}, 400, "validation_failed"),
        ("/verify", {"type": "email"}, 400, "validation_failed"),
        ("/verify", {"type": "sms", "token_hash": "x"}, 400, "validation_failed"),
        ("/otp", {"email": ["a"]}, 400, "bad_json"),
    ],
)
def test_malformed_requests(
    target: Target, path: str, body: dict[str, Any], status: int, code: str
) -> None:
    """A request that lacks something is refused in Auth's words."""
    answer = target.ask("POST", path, headers=NEW, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'{"email": NaN}', b"[" * 100_000])
def test_no_json(target: Target, body: bytes) -> None:
    """A body that is no JSON object is refused."""
    answer = target.ask("POST", "/token?grant_type=password", headers=NEW, content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_json")


def test_large_body(target: Target) -> None:
    """A body over a megabyte is refused, and not read to its end."""
    answer = target.ask("POST", "/otp", content=b" " * (1 << 20) + b"{}")
    assert answer.status_code == 413


@pytest.mark.parametrize("scope", ["", "everything"])
def test_sign_out_of_nowhere(target: Target, client: Client, scope: str) -> None:
    """A scope that there is not is refused; so is a sign-out without a token."""
    session = client.auth.get_session()
    assert session is not None
    headers = NEW | {"Authorization": f"Bearer {session.access_token}"} if scope else NEW
    answer = target.ask("POST", f"/logout?scope={scope}", headers=headers)
    expected = (400, "validation_failed") if scope else (401, "no_authorization")
    assert (answer.status_code, answer.json()["code"]) == expected


def test_forged_tokens(target: Target, client: Client, keys: StackKeys) -> None:
    """Tokens of other keys, of the functions' key, expired or of another project are refused."""
    session = client.auth.get_session()
    assert session is not None
    kid = {"kid": jwt.get_unverified_header(session.access_token)["kid"]}
    foreign = ec.generate_private_key(ec.SECP256R1())
    forged = [
        "nonsense",
        session.access_token[:-8] + "AAAAAAAA",
        jwt.encode(_forge(target), foreign, "ES256", headers=kid),
        jwt.encode(_forge(target), "s" * 32, "HS256", headers=kid),
        jwt.encode(_forge(target), "", "none", headers=kid),
    ]
    if target.database_url is not None:
        functions = jwt.PyJWK(keys.signing_key)
        own = jwt.PyJWK(json.loads(keys.auth_signing_key_path.read_text()))
        forged += [
            jwt.encode(_forge(target), functions.key, "ES256", headers={"kid": functions.key_id}),
            jwt.encode(_forge(target, exp=1), own.key, "ES256", headers=kid),
            jwt.encode(_forge(target, iss="https://other"), own.key, "ES256", headers=kid),
        ]
    for token in forged:
        answer = target.ask("GET", "/user", headers=NEW | {"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json()["code"]) == (403, "bad_jwt"), token


def test_log_holds_no_secret(
    target: Target, client: Client, email: str, leashes: Leashes, state_dir: Path
) -> None:
    """Whatever happens, neither an address nor a token is written to a log."""
    if target.database_url is None:
        pytest.skip("the log is the local one")
    token = target.admin().auth.admin.generate_link({"type": "magiclink", "email": email})
    target.http.get(token.properties.action_link, follow_redirects=False)
    target.ask("PUT", "/user", json={"email": email})
    # Postgres cannot keep this character, and its complaint would quote the value.
    refused = target.ask(
        "POST",
        "/signup",
        json={"email": "a@example.com", "password": PASSWORD, "data": {"a": "\0"}},
    )
    assert refused.status_code == 400
    for name in ("auth", "data_api"):
        log = (state_dir / "children" / "logs" / f"{name}.log").read_text()
        assert email not in log
        assert token.properties.hashed_token not in log
        assert PASSWORD not in log
