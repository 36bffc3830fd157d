"""Every route of the template with every kind of credential, against the one table."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from functions.common.auth.access import ACCESS, ROLES, SCOPES
from infra.local.aws.template import read_functions
from infra.local.keys import StackKeys
from infra.local.settings import REPOSITORY
from infra.local.throwaway import Database
from tests.functions.credentials import bearer, log_in, make_key, make_user
from tests.functions.nothing import name_nothing

ROUTES = sorted(
    route.documented
    for function in read_functions(REPOSITORY / "template.yaml")
    for route in function.routes
    if not route.takes_every_path
)
LET_IN = {200, 201, 400, 404, 502}
"""What a route answers to somebody it serves: here some ask for things that are not there."""
# The demos would call a model once for each credential.
BODIES = {
    "POST /demo/run": {"question": 7},
    "POST /keys": {},
    "PUT /members/{user_id}": {},
    "POST /invitations": {},
    "POST /invitations/accept": {"token": "nobody's"},
    "POST /tenants": {},
    "PUT /retention": {},
    "PUT /content-capture": {},
    "PUT /tag-keys": {},
    "POST /users/forget": {"user_id": "nobody"},
    "PUT /mappings": {},
    "POST /v1/traces": {},
    "POST /v1/logs": {},
    "POST /v1/metrics": {},
}


@pytest.fixture(scope="module")
def tokens(api: str, data_api: str, keys: StackKeys, database: Database) -> dict[str, str]:
    """A key with each scope and a user with each role, all of tenant `walked`."""
    by_scope = {f"key {scope}": make_key(api, "walked", scope)["key"] for scope in SCOPES}
    by_role = {
        f"user {role}": log_in(keys, data_api, make_user(database.owner_url, {"walked": role}))
        for role in ROLES
    }
    return by_scope | by_role


@pytest.fixture(scope="module")
def client(deployed: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=deployed, timeout=60) as made:
        yield made


def ask(client: httpx.Client, route: str, headers: dict[str, str]) -> httpx.Response:
    """Call a route about things that do not exist."""
    method, path = name_nothing(route)
    return client.request(method, path, headers=headers, json=BODIES.get(route))


def read_message(answer: httpx.Response) -> str:
    """Give an error's text; OTLP has a shape of its own."""
    body = answer.json()
    return str(body.get("error", body)["message"])


def test_the_table_has_every_route_and_no_other() -> None:
    """A route that joins the template has to say who may call it."""
    assert sorted(ACCESS) == ROUTES


@pytest.mark.parametrize("route", ROUTES)
def test_nobody_comes_in_without_a_credential(client: httpx.Client, route: str) -> None:
    """401 and what to send, even with a tenant in the header; only /health asks nobody."""
    answer = ask(client, route, {"x-tenant-id": "walked"})

    if ACCESS[route].public:
        assert answer.status_code == 200
    else:
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "Authorization: Bearer" in read_message(answer)


@pytest.mark.parametrize("route", [route for route in ROUTES if route != "POST /demo/fake_app"])
def test_each_credential_meets_the_table(
    client: httpx.Client, tokens: dict[str, str], route: str
) -> None:
    """A scope or role that the table names is served, any other gets 403 and what it would need."""
    rule = ACCESS[route]
    allowed = {f"key {scope}" for scope in rule.scopes} | {f"user {role}" for role in rule.roles}
    if rule.public:
        allowed = set(tokens)
    for kind, token in tokens.items():
        answer = ask(client, route, bearer(token))
        if kind in allowed:
            assert answer.status_code in LET_IN, (kind, answer.text)
        else:
            assert answer.status_code == 403, (kind, answer.text)
            assert "needs" in read_message(answer)


def test_no_answer_may_be_kept(client: httpx.Client, tokens: dict[str, str]) -> None:
    """Answers and errors alike are private to the credential and the tenant."""
    for headers in (bearer(tokens["key read"]), {}):
        answer = ask(client, "GET /spans", headers)

        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["vary"] == "Authorization, x-tenant-id"


@pytest.mark.parametrize("route", ROUTES)
def test_no_answer_is_a_page(client: httpx.Client, route: str) -> None:
    """Whatever is asked, a browser that gets the answer runs, frames and sniffs nothing of it."""
    answer = ask(client, route, {})

    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["referrer-policy"] == "no-referrer"
