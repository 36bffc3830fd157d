"""Credentials for tests: keys made through the API, and users whose tokens are really signed."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any

import httpx
import jwt
from jwt import PyJWK

from infra.local.keys import StackKeys
from tests.database.support import idle


def make_key(api: str, tenant: str, *scopes: str, **more: object) -> dict[str, Any]:
    """Make a key through an API in development mode; the answer, with the key itself in it."""
    body = {"name": "a test's", "scopes": scopes, **more}
    answer = httpx.post(f"{api}/keys", headers={"x-tenant-id": tenant}, json=body, timeout=30)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def make_user(owner_url: str, roles: Mapping[str, str]) -> str:
    """Give a new user these roles by tenant, as somebody does in Studio; the user's id."""
    user = str(uuid.uuid4())
    with idle.lease(owner_url) as connection:
        for tenant, role in roles.items():
            connection.execute(
                "insert into memberships (tenant_id, user_id, role) values (%s, %s, %s)",
                (tenant, user, role),
            )
    return user


def log_in(keys: StackKeys, data_api: str, user: str, **changes: Any) -> str:
    """Sign a user's access token as Supabase Auth does; a claim changed to None is left out."""
    claims = {
        "iss": f"{data_api}/auth/v1",
        "aud": "authenticated",
        "role": "authenticated",
        "sub": user,
        "exp": int(time.time()) + 3600,
        "email": "someone@example.com",
    } | changes
    given = {name: value for name, value in claims.items() if value is not None}
    key = PyJWK(keys.signing_key).key
    return jwt.encode(given, key, algorithm="ES256", headers={"kid": keys.signing_key["kid"]})


def bearer(token: str, tenant: str | None = None) -> dict[str, str]:
    """Headers with a credential, and a tenant where one is to be selected."""
    selected = {"x-tenant-id": tenant} if tenant is not None else {}
    return {"authorization": f"Bearer {token}", **selected}
