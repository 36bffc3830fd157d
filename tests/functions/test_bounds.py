"""How long a credential that has ended is let in: each route, within the bound that it states."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psycopg
import pytest

from functions.common.auth import credentials
from functions.common.auth.access import ACCESS, MEMORY_SECONDS, ROLES, SCOPES, Rule
from functions.common.auth.api_keys import read_api_key
from functions.common.expiring import ExpiringCache
from infra.local.keys import StackKeys
from infra.local.settings import REPOSITORY
from infra.local.throwaway import Database
from tests.database.support.callers import administer
from tests.functions.credentials import bearer, log_in, make_key, make_user
from tests.functions.nothing import name_nothing

TENANT = "bounded"
_SPAN = {"traceId": "a" * 32, "spanId": "b" * 16, "name": "x", "startTimeUnixNano": "1"}
_SPANS = {"resourceSpans": [{"scopeSpans": [{"spans": [_SPAN]}]}]}
_TRIAL = {"span": {"traceId": "a" * 32, "spanId": "b" * 16, "attributes": []}, "mappings": []}
BODIES: dict[str, Any] = {
    "POST /v1/traces": _SPANS,
    "POST /v1/logs": {},
    "POST /v1/metrics": {},
    "POST /keys": {"name": "late", "scopes": ["admin"]},
    "POST /invitations": {"role": "viewer"},
    "PUT /members/{user_id}": {"role": "viewer"},
    "POST /users/forget": {"user_id": "nobody"},
    "PUT /retention": {"span_days": None, "content_days": None},
    "PUT /content-capture": {"content_capture": "follow"},
    "PUT /tag-keys": {"keys": []},
    "PUT /mappings": {"mappings": []},
    "POST /search": {"prompt": "hello"},
    "POST /deletions": {"kind": "traces", "filter": "is:failed"},
    "POST /views": {"kind": "traces", "name": "late"},
    "PUT /views/{view_id}": {"kind": "traces", "name": "late"},
    # With rules of its own, which asks the database nothing.
    "POST /mappings/test": _TRIAL,
}
GUARDED = sorted(
    route
    for route, rule in ACCESS.items()
    if not rule.public and (rule.scopes or not rule.tenantless)
)
"""All but those which anybody who logs in may ask for: they open no tenant's things."""
SPENDING = {"POST /demo/run", "POST /demo/fake_app"}
LEAVING = {"DELETE /members/me"}
PARAMS = {
    "DELETE /members/me": {"keys": "keep"},
    "GET /export": {"kind": "traces", "format": "csv"},
}
ENDS = ("revoked key", "expired key", "removed member", "demoted member")


@pytest.fixture(scope="module")
def client(deployed: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=deployed, timeout=60) as made:
        yield made


@pytest.fixture
def end(
    request: pytest.FixtureRequest, api: str, database: Database, keys: StackKeys, data_api: str
) -> tuple[str, Callable[[], None]]:
    """A credential that may do everything on a route, and what takes that away."""
    if request.param.endswith("key"):
        made = make_key(api, TENANT, "admin")
        change = "revoked_at" if request.param.startswith("revoked") else "expires_at"
        query = f"update api_keys set {change} = now() where key_id = '{made['key_id']}'"

        def end_key() -> None:
            with psycopg.connect(database.owner_url) as connection:
                connection.execute(query.encode())

        return str(made["key"]), end_key
    user = make_user(database.owner_url, {TENANT: "owner", f"{TENANT}-2": "viewer"})

    def end_membership() -> None:
        if request.param.startswith("removed"):
            administer(database, TENANT, "remove_membership", user_id=user)
        else:
            administer(database, TENANT, "set_membership", user_id=user, role="viewer")

    return log_in(keys, data_api, user), end_membership


@pytest.fixture(scope="module", autouse=True)
def somebody_stays(database: Database) -> None:
    """So that nobody who leaves is the last owner."""
    make_user(database.owner_url, {TENANT: "owner"})


def ask(client: httpx.Client, route: str, token: str) -> httpx.Response:
    """Ask for what the tenant itself may have, so that only the credential is in the way."""
    method, path = name_nothing(route)
    headers, params, body = bearer(token, TENANT), PARAMS.get(route), BODIES.get(route)
    return client.request(method, path, headers=headers, params=params, json=body)


@pytest.mark.parametrize("end", ENDS, indirect=True, ids=str)
def test_each_route_refuses_what_has_ended(
    client: httpx.Client,
    end: tuple[str, Callable[[], None]],
    request: pytest.FixtureRequest,
) -> None:
    """Known to each route as good, then ended: the next request is refused, whatever it costs."""
    token, take_away = end
    kind = request.node.callspec.params["end"]
    routes = [route for route in GUARDED if ACCESS[route].scopes or not kind.endswith("key")]
    if kind == "demoted member":
        routes = [route for route in routes if "viewer" not in ACCESS[route].roles]
    tried = [route for route in routes if route not in SPENDING | LEAVING]
    before = {route: ask(client, route, token).status_code for route in tried}
    take_away()
    after = {route: ask(client, route, token) for route in routes}

    assert not {400, 401, 403} & set(before.values()), before
    if kind == "removed member":
        # A login is nobody's tenant's: it tells who somebody is, no longer of this one.
        me = after.pop("GET /me").json()
        assert [one["tenant_id"] for one in me["tenants"]] == [f"{TENANT}-2"]
    late = {route: one.text for route, one in after.items() if one.status_code not in {401, 403}}
    assert late == {}


def test_nothing_was_spent_or_written(database: Database) -> None:
    """After all of the above: no run of the demo was counted, no key of theirs was made after."""
    query = "select demo_runs from tenants where tenant_id = %s"
    with psycopg.connect(database.owner_url) as connection:
        assert connection.execute(query, (TENANT,)).fetchone() == (0,)
        found = connection.execute("select 1 from spans where operation is not null").fetchall()
    assert found == []


def test_the_memory_is_as_long_as_the_table_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is asked for a request, what has ended is forgotten after the longest bound."""
    now = [0.0]
    answers: list[Any] = [{"tenant_id": "a", "scopes": ["read"]}, None]
    monkeypatch.setattr(credentials, "_keys", ExpiringCache(lambda: now[0]))
    monkeypatch.setattr(credentials, "load_peppers", lambda: ("pepper",))
    monkeypatch.setattr(credentials, "ask_gate", lambda *_: answers.pop(0))
    key = read_api_key(_KEY)
    assert key is not None

    found = []
    for moment in (0.0, MEMORY_SECONDS - 0.1, MEMORY_SECONDS + 0.1):
        now[0] = moment
        found.append(credentials._look_up(key, fresh=False) is not None)

    assert found == [True, True, False]
    assert max(rule.bound for rule in ACCESS.values()) == MEMORY_SECONDS


_KEY = "lo_live_00000000_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA0RGuKM"


def test_the_page_has_the_table() -> None:
    """docs/security.md says for each route who may call it, and how soon an end is seen."""
    text = (REPOSITORY / "docs" / "security.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| `((?:GET|POST|PUT|DELETE) \S+)` \| (.*) \| (.*) \| (.*) \|$", text, re.MULTILINE
    )

    assert {route: tuple(cells) for route, *cells in rows} == {
        route: describe(rule) for route, rule in ACCESS.items()
    }


def describe(rule: Rule) -> tuple[str, str, str]:
    """Give a route's cells: keys, people, seconds."""
    if rule.public:
        return "everybody", "everybody", "nobody is asked"
    scopes = [scope for scope in SCOPES if scope in rule.scopes]
    roles = [role for role in ROLES if role in rule.roles]
    bound = f"within {rule.bound} s" if rule.bound else "at once"
    return ", ".join(scopes) or "none", ", ".join(roles), bound
