"""What the conformance suite runs against: the Data API, or a hosted Supabase project.

Without configuration it is the Data API on a throwaway Postgres. With ``CONFORMANCE_URL`` it is
that project, which needs:

- ``CONFORMANCE_PUBLISHABLE_KEY``: its ``sb_publishable_...`` key;
- ``CONFORMANCE_SIGNING_JWK``: a private ES256 JWK with its ``kid``, as JSON, whose public half is
  a trusted signing key of the project (``supabase gen signing-key --algorithm ES256``, imported
  and rotated in);
- the product's migrations (``supabase db push``) and ``schema.sql`` beside this applied.
  With ``CONFORMANCE_DATABASE_URL`` (the owner's) the suite applies the latter and takes it away.

Every test writes under a tenant of its own, so runs neither see nor disturb each other's rows.
Rows of conformance_items go with drop_schema.sql; spans of product tests stay, under tenants
named ``conformance-...``.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest
from postgrest.types import ReturnMethod
from supabase import Client, ClientOptions, create_client

from infra.local.keys import StackKeys
from infra.local.throwaway import Database
from tests.infra.conformance.target import Target

_HERE = Path(__file__).parent
_REQUIRED = ("CONFORMANCE_PUBLISHABLE_KEY", "CONFORMANCE_SIGNING_JWK")


@contextmanager
def _schema_applied(owner_url: str | None) -> Iterator[None]:
    """Apply the schema as the owner; without a way in, it is taken to be there."""
    if owner_url is None:
        yield
        return
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute((_HERE / "schema.sql").read_bytes())
    try:
        yield
    finally:
        with psycopg.connect(owner_url, autocommit=True) as connection:
            connection.execute((_HERE / "drop_schema.sql").read_bytes())


@pytest.fixture(scope="module")
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """The API under test, with the conformance schema in place."""
    if url := os.environ.get("CONFORMANCE_URL"):
        missing = [name for name in _REQUIRED if not os.environ.get(name)]
        if missing:
            pytest.fail(f"CONFORMANCE_URL is set; {', '.join(missing)} must be too")
        key, jwk = (os.environ[name] for name in _REQUIRED)
        with _schema_applied(os.environ.get("CONFORMANCE_DATABASE_URL")):
            yield Target(url.rstrip("/"), key, json.loads(jwk))
        return
    keys: StackKeys = request.getfixturevalue("keys")
    database: Database = request.getfixturevalue("database")
    with _schema_applied(database.owner_url):
        url = request.getfixturevalue("data_api")
        yield Target(url, keys.publishable_key, keys.signing_key)


@pytest.fixture
def tenant() -> str:
    """A tenant nobody else writes under."""
    return f"conformance-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def http(target: Target) -> Iterator[httpx.Client]:
    """Bare HTTP to the target with the publishable key and no token."""
    with httpx.Client(base_url=target.url, headers={"apikey": target.publishable_key}) as client:
        yield client


@pytest.fixture
def bearer(target: Target, tenant: str) -> dict[str, str]:
    """This test's tenant as a header, for bare HTTP."""
    return {"Authorization": f"Bearer {target.mint(tenant)}"}


@pytest.fixture
def connect(target: Target, http: httpx.Client) -> Callable[..., Client]:
    """Make a ``supabase`` client: ``connect(tenant, role="authenticated")``."""

    def make(tenant: str, role: str = "authenticated") -> Client:
        headers = {"Authorization": f"Bearer {target.mint(tenant, role)}"}
        options = ClientOptions(
            headers=headers, httpx_client=http, postgrest_client_retry=False, persist_session=False
        )
        return create_client(target.url, target.publishable_key, options)

    return make


@pytest.fixture
def client(connect: Callable[..., Client], tenant: str) -> Client:
    """The official client, as this test's tenant."""
    return connect(tenant)


@pytest.fixture
def items(client: Client) -> Client:
    """The client again, with ten items of this tenant: n0..n9, quantity 0..9, price half of it."""
    rows = [
        {
            "name": f"n{i}",
            "quantity": i,
            "price": i / 2 if i % 3 else None,
            "tags": [f"t{i % 2}", f"u{i}"],
            "attributes": {"even": i % 2 == 0},
            "active": [True, False, None][i % 3],
        }
        for i in range(10)
    ]
    client.table("conformance_items").insert(rows, returning=ReturnMethod.minimal).execute()
    return client
