"""Who is let in: the publishable key, tokens, roles and schemas."""

from __future__ import annotations

import time
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.infra.conformance.target import Target

CONTEXT = "/rest/v1/rpc/conformance_context"


def _ask(http: httpx.Client, token: str) -> httpx.Response:
    return http.post(CONTEXT, headers={"Authorization": f"Bearer {token}"})


def _refused(response: httpx.Response, code: str) -> bool:
    assert response.headers["www-authenticate"].startswith('Bearer error="invalid_token"')
    return (response.status_code, response.json()["code"]) == (401, code)


def test_no_key(target: Target) -> None:
    """Without or with a wrong publishable key the edge answers 401, whatever the token."""
    headers = {"Authorization": f"Bearer {target.mint('conformance')}"}
    with httpx.Client(base_url=target.url, headers=headers) as client:
        assert client.post(CONTEXT).status_code == 401
        wrong = {"apikey": "sb_publishable_wrong"}
        assert client.post(CONTEXT, headers=wrong).status_code == 401


def test_anonymous(http: httpx.Client, target: Target) -> None:
    """No token, or the publishable key in its place, is anon, which may do nothing here."""
    bare = http.get("/rest/v1/conformance_items")
    assert (bare.status_code, bare.json()["code"]) == (401, "42501")
    same = _ask(http, target.publishable_key)
    assert (same.status_code, same.json()["code"]) == (401, "42501")


def test_keys_are_published(http: httpx.Client, target: Target) -> None:
    """The JWKS holds the signing key's public half and nothing private."""
    keys = http.get("/auth/v1/.well-known/jwks.json").json()["keys"]
    ours = next(key for key in keys if key["kid"] == target.signing_key["kid"])
    assert ours["x"] == target.signing_key["x"]
    assert not any("d" in key for key in keys)


@pytest.mark.parametrize(
    "claims", [{"exp": -40}, {"nbf": 40}, {"iat": 40}, {"exp": "soon"}, {"iat": []}]
)
def test_claims_in_time(
    http: httpx.Client, target: Target, tenant: str, claims: dict[str, Any]
) -> None:
    """Expired, not yet valid or malformed times are PGRST303."""
    now = int(time.time())
    shifted = {k: now + v if isinstance(v, int) else v for k, v in claims.items()}
    assert _refused(_ask(http, target.mint(tenant, **shifted)), "PGRST303")


@pytest.mark.parametrize("claims", [{"exp": -20}, {"nbf": 20}, {"iat": 20}])
def test_leeway(http: httpx.Client, target: Target, tenant: str, claims: dict[str, int]) -> None:
    """Clocks may differ by 30 seconds."""
    shifted = {name: int(time.time()) + seconds for name, seconds in claims.items()}
    assert _ask(http, target.mint(tenant, **shifted)).status_code == 200


def test_forged_tokens(http: httpx.Client, target: Target, tenant: str) -> None:
    """A foreign key under our kid, an unknown kid, none, HS256 with the public key: PGRST301."""
    claims = jwt.decode(target.mint(tenant), options={"verify_signature": False})
    kid = {"kid": target.signing_key["kid"]}
    foreign = ec.generate_private_key(ec.SECP256R1())
    good = target.mint(tenant)
    forged = [
        jwt.encode(claims, foreign, algorithm="ES256", headers=kid),
        jwt.encode(claims, foreign, algorithm="ES256"),
        jwt.encode(claims, jwt.PyJWK(target.signing_key).key, "ES256", headers={"kid": "other"}),
        jwt.encode(claims, "", algorithm="none", headers=kid),
        jwt.encode(claims, target.signing_key["x"].ljust(32, "x"), "HS256", headers=kid),
        good[:-6] + ("AAAAAA" if not good.endswith("AAAAAA") else "BBBBBB"),
        "not.a.token",
        "neither",
    ]
    for token in forged:
        assert _refused(_ask(http, token), "PGRST301"), token


@pytest.mark.parametrize(
    ("role", "status", "code"),
    [
        ("no_such_role", 401, "22023"),
        ("pg_read_all_data", 403, "42501"),
        ("postgres", 403, "42501"),
    ],
)
def test_roles(
    http: httpx.Client, target: Target, tenant: str, role: str, status: int, code: str
) -> None:
    """A role that authenticator may not become is refused by Postgres itself."""
    response = _ask(http, target.mint(tenant, role))
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_no_role_is_anonymous(http: httpx.Client, target: Target, tenant: str) -> None:
    """A token without a role claim is anon."""
    response = http.get(
        "/rest/v1/conformance_items",
        headers={"Authorization": f"Bearer {target.mint(tenant, role=None)}"},
    )
    assert (response.status_code, response.json()["code"]) == (401, "42501")


def test_schemas(http: httpx.Client, bearer: dict[str, str]) -> None:
    """Only public is exposed; asking for it by name is answered with its name."""
    url = "/rest/v1/conformance_items"
    read = http.get(url, headers={**bearer, "Accept-Profile": "app"})
    assert (read.status_code, read.json()["code"]) == (406, "PGRST106")
    write = http.post(url, json={"name": "x"}, headers={**bearer, "Content-Profile": "auth"})
    assert (write.status_code, write.json()["code"]) == (406, "PGRST106")
    named = http.get(url, headers={**bearer, "Accept-Profile": "public"})
    assert named.headers["content-profile"] == "public"
