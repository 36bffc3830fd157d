"""What proves who somebody is, and what does not."""

from __future__ import annotations

import hmac
import json
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt import PyJWK

from functions.common.auth.api_keys import read_api_key, sum_up
from infra.local.keys import StackKeys, make_signing_key
from infra.local.throwaway import Database
from llm_observe.supabase.tokens import TokenMinter
from tests.functions.credentials import bearer, log_in, make_key, make_user

Forge = Callable[[StackKeys, str, str], str]


@pytest.fixture(scope="module")
def client(deployed: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=deployed, timeout=60) as made:
        yield made


@pytest.fixture(scope="module")
def key(api: str) -> str:
    """A key that may read tenant `keyed`."""
    return str(make_key(api, "keyed", "read")["key"])


def swap(text: str, position: int) -> str:
    """The same text with another character at a position."""
    other = "A" if text[position] != "A" else "B"
    return text[:position] + other + text[position + 1 :]


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Basic dXNlcjpwYXNz",
        "Bearer lo_live_abc",
        "Bearer lo_live_00000000_" + "x" * 43 + "000000",
        "Bearer not.a.token",
        "Bearer " + "a" * 5000,
    ],
)
def test_a_malformed_credential_is_401(client: httpx.Client, header: str) -> None:
    """Malformed, oversized or of another kind: one clear 401 that repeats nothing of it."""
    answer = client.get("/spans", headers={"authorization": header, "x-tenant-id": "keyed"})

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unauthenticated"
    assert len(answer.text) < 300


def test_two_credentials_are_none(client: httpx.Client, key: str) -> None:
    """A good key twice, or beside another, is 401: nobody guesses which one is meant."""
    headers = [("authorization", f"Bearer {key}"), ("authorization", f"Bearer {key}")]

    assert client.get("/spans", headers=headers).status_code == 401


@pytest.mark.parametrize("position", [4, 10, 20, -1])
def test_a_changed_key_is_401(client: httpx.Client, key: str, position: int) -> None:
    """One other character, in whichever part, and the key is none."""
    assert client.get("/spans", headers=bearer(swap(key, position))).status_code == 401
    assert client.get("/spans", headers=bearer(key)).status_code == 200


def test_another_secret_under_a_known_id_is_401(client: httpx.Client, api: str, key: str) -> None:
    """The id is public; only the secret counts, and its checksum can be computed by anybody."""
    other = str(make_key(api, "keyed", "read")["key"])
    head, tail = key.split("_")[:3], other.split("_", 3)[3]
    text = "_".join([*head, tail[:-6]])
    forged = text + sum_up(text)

    assert read_api_key(forged) is not None
    assert client.get("/spans", headers=bearer(forged)).status_code == 401


@pytest.mark.parametrize("tenant", ["another", "never-seen"])
def test_a_tenant_that_contradicts_the_key_is_403(
    client: httpx.Client, key: str, tenant: str
) -> None:
    """Never ignored, and the same whether or not there is such a tenant."""
    answer = client.get("/spans", headers=bearer(key, tenant))

    assert answer.status_code == 403
    assert tenant not in answer.text
    assert client.get("/spans", headers=bearer(key, "keyed")).status_code == 200


@pytest.mark.parametrize("tenant", ["*", "keyed,another", "Keyed", "", "a" * 64])
def test_a_list_or_a_star_is_400(client: httpx.Client, key: str, tenant: str) -> None:
    """The header names one tenant or it is malformed."""
    assert client.get("/spans", headers=bearer(key, tenant)).status_code == 400


def test_a_user_of_one_tenant_need_not_name_it(
    client: httpx.Client, keys: StackKeys, data_api: str, database: Database
) -> None:
    """Exactly one membership: that one. None or several: 400 that asks which."""
    one = make_user(database.owner_url, {"only": "viewer"})
    two = make_user(database.owner_url, {"first": "viewer", "second": "owner"})
    none = make_user(database.owner_url, {})
    answers = {
        name: client.get("/metrics", headers=bearer(log_in(keys, data_api, user)))
        for name, user in {"one": one, "two": two, "none": none}.items()
    }

    assert answers["one"].json()["tenant_id"] == "only"
    assert answers["two"].status_code == 400
    assert answers["none"].status_code == 400
    assert "x-tenant-id" in answers["two"].json()["error"]["message"]


def test_a_user_selects_among_their_tenants(
    client: httpx.Client, keys: StackKeys, data_api: str, database: Database
) -> None:
    """The header selects; the role is the one in that tenant; any other tenant is 403."""
    user = make_user(database.owner_url, {"chosen": "viewer", "owned": "owner"})
    token = log_in(keys, data_api, user)

    assert client.get("/metrics", headers=bearer(token, "chosen")).json()["tenant_id"] == "chosen"
    assert client.get("/keys", headers=bearer(token, "chosen")).status_code == 403
    assert client.get("/keys", headers=bearer(token, "owned")).status_code == 200
    assert client.get("/metrics", headers=bearer(token, "keyed")).status_code == 403


def test_me_tells_what_a_credential_opens(
    client: httpx.Client, api: str, keys: StackKeys, data_api: str, database: Database
) -> None:
    """A user's roles by tenant; a key's own tenant and scopes."""
    user = make_user(database.owner_url, {"b-tenant": "admin", "a-tenant": "viewer"})
    made = make_key(api, "keyed", "read", "ingest")

    assert client.get("/me", headers=bearer(log_in(keys, data_api, user))).json() == {
        "kind": "user",
        "id": f"user:{user}",
        "tenants": [
            {"tenant_id": "a-tenant", "role": "viewer", "scopes": None},
            {"tenant_id": "b-tenant", "role": "admin", "scopes": None},
        ],
        "demo": True,
        "email": "someone@example.com",
        "may_create_tenants": False,
    }
    assert client.get("/me", headers=bearer(made["key"])).json() == {
        "kind": "api_key",
        "id": made["key_id"],
        "tenants": [{"tenant_id": "keyed", "role": None, "scopes": ["ingest", "read"]}],
        "demo": True,
        "email": None,
        "may_create_tenants": False,
    }


def _claim(data_api: str, user: str) -> dict[str, object]:
    """What a user's token says, for those who sign it in another way."""
    return {
        "iss": f"{data_api}/auth/v1",
        "aud": "authenticated",
        "role": "authenticated",
        "sub": user,
        "exp": int(time.time()) + 60,
    }


def _forge_signature(keys: StackKeys, data_api: str, user: str) -> str:
    key, header = ec.generate_private_key(ec.SECP256R1()), {"kid": keys.signing_key["kid"]}
    return jwt.encode(_claim(data_api, user), key, algorithm="ES256", headers=header)


def _forge_with_the_public_key(keys: StackKeys, data_api: str, user: str) -> str:
    """The classic confusion: the published key as a shared secret. By hand, since PyJWT won't."""
    public = PyJWK(json.loads(keys.jwks_path.read_text())["keys"][0]).key.public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    header = {"alg": "HS256", "typ": "JWT", "kid": keys.signing_key["kid"]}
    parts = [json.dumps(part).encode() for part in (header, _claim(data_api, user))]
    text = b".".join(urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    mac = urlsafe_b64encode(hmac.digest(public, text, "sha256")).rstrip(b"=")
    return (text + b"." + mac).decode()


def _leave_unsigned(keys: StackKeys, data_api: str, user: str) -> str:
    header = {"kid": keys.signing_key["kid"]}
    return jwt.encode(_claim(data_api, user), "", algorithm="none", headers=header)


def _take_a_minted_token(keys: StackKeys, data_api: str, _user: str) -> str:
    minter = TokenMinter(json.dumps(keys.signing_key), issuer=f"{data_api}/auth/v1")
    return minter.mint("authenticated", "keyed", "user:someone")


FORGERIES: dict[str, Forge] = {
    "signed by another": _forge_signature,
    "public key as secret": _forge_with_the_public_key,
    "unsigned": _leave_unsigned,
    "one of our own": _take_a_minted_token,
    "expired": lambda k, g, u: log_in(k, g, u, exp=int(time.time()) - 60),
    "for ever": lambda k, g, u: log_in(k, g, u, exp=None),
    "of nobody": lambda k, g, u: log_in(k, g, u, sub=None),
    "of no user": lambda k, g, _: log_in(k, g, "llm_admin"),
    "for others": lambda k, g, u: log_in(k, g, u, aud="another"),
    "for nobody": lambda k, g, u: log_in(k, g, u, aud=None),
    "from elsewhere": lambda k, g, u: log_in(k, g, u, iss="https://evil.example/auth/v1"),
    "anonymous role": lambda k, g, u: log_in(k, g, u, role="anon"),
    "service role": lambda k, g, u: log_in(k, g, u, role="service_role"),
    "by an unknown key": lambda k, g, u: log_in(replace(k, signing_key=make_signing_key()), g, u),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_token_that_is_not_the_users_is_401(
    client: httpx.Client, keys: StackKeys, data_api: str, database: Database, forgery: str
) -> None:
    """Whatever is wrong with it, it opens nothing; the right one does."""
    user = make_user(database.owner_url, {f"forged-{uuid.uuid4().hex[:8]}": "owner"})
    answer = client.get("/metrics", headers=bearer(FORGERIES[forgery](keys, data_api, user)))

    assert answer.status_code == 401, answer.text
    assert client.get("/metrics", headers=bearer(log_in(keys, data_api, user))).status_code == 200
