"""Everybody, with everything there is in the exposed schema, over real HTTP with real tokens."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from psycopg.sql import SQL, Identifier

from infra.local.keys import StackKeys
from infra.local.throwaway import Database
from tests.database.support.callers import Connection, administer, connect_as_owner
from tests.database.support.catalogue import Relation, read_functions, read_relations
from tests.database.support.reviewed import (
    EXECUTE_GRANTS,
    REFERENCE_FUNCTIONS,
    TENANTLESS_ROLES,
    may_execute,
)
from tests.isolation.attacks import Attack, reads_of, writes_of
from tests.isolation.calls import CALLS
from tests.isolation.clients import CallerClient, Guard, plan
from tests.isolation.counters import Counters
from tests.isolation.data_api_credentials import BEARERS, OPERATOR, Bearer
from tests.isolation.outcomes import expect, expect_call, read_outcome, tells_of_others
from tests.isolation.tenants import (
    ALPHA,
    BETA,
    SHARED_KEY,
    TENANTS,
    Tenant,
    settle,
    take_fingerprint,
)

UNMARKED = (
    "_id",
    "_at",
    "_time",
    "_day",
    "_by",
    "kind",
    "status",
    "state",
    "content_capture",
    "text_config",
    "text_configs",
    "digest",
    "role",
    "scopes",
    "price_source",
    "action",
    "outcome",
    "field",
    "actor",
    "replaced_by",
    "digest_salt",
    "misdated",
    "subject",
    "_start",
    "hour",
    "_since",
    "_run",
    "_next",
    "dimension",
    "latency",
    "first_token",
)
"""Ends of the names of columns with ids, times, histograms, secrets or one of a few fixed words."""
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def relations(database: Database) -> list[Relation]:
    """Every table, view and partition there is, with two tenants' rows in them."""
    for tenant in TENANTS:
        settle(database, tenant)
    administer(database, BETA.name, "revoke_api_key", key_id=SHARED_KEY)
    with connect_as_owner(database) as owner:
        return read_relations(owner)


@pytest.fixture(scope="module")
def owner(database: Database) -> Iterator[Connection]:
    """The owner, who sees what is really there."""
    with connect_as_owner(database) as connection:
        yield connection


def read_truth(owner: Connection, relations: list[Relation], tenant: Tenant) -> Rows:
    """Give a tenant's rows by relation, as the owner sees them."""
    query = SQL("select to_jsonb(r) as row from public.{} r where tenant_id = %s")
    return {
        one.name: [
            found["row"]
            for found in owner.execute(query.format(Identifier(one.name)), (tenant.name,))
        ]
        for one in relations
        if one.has_tenant and not one.is_partition
    }


def leave_out_private(truth: Rows, bearer: Bearer) -> Rows:
    """Give what a caller may see of its tenant's rows: of others' private views none."""
    maker = (bearer.claims or {}).get("key_id", "dev")
    seen = [row for row in truth["saved_views"] if row["shared"] or row["created_by"] == maker]
    assert len(truth["saved_views"]) == 4
    assert bearer.role != "authenticated" or len(seen) == 2
    return truth | {"saved_views": seen}


@pytest.fixture
def caller(
    request: pytest.FixtureRequest, data_api: str, keys: StackKeys, token: Callable[..., str]
) -> Iterator[CallerClient]:
    """The caller that the test is parametrized with, on kept-alive connections."""
    bearer: Bearer = request.param
    headers = bearer.identify(keys, token)
    base = f"{data_api}/rest/v1/"
    # Reading the system's certificates takes longer than most requests, and there is no TLS here.
    with httpx.Client(base_url=base, headers=headers, timeout=30, verify=False) as client:
        yield CallerClient(bearer, client)


@pytest.fixture
def guard(caller: CallerClient, relations: list[Relation], owner: Connection) -> Guard:
    """Remembers the rows as they are before the caller comes."""
    others = [tenant for tenant in TENANTS if tenant != caller.bearer.tenant]
    return Guard(owner, {tenant: take_fingerprint(owner, tenant) for tenant in others})


everybody = pytest.mark.parametrize("caller", BEARERS, ids=lambda one: one.name, indirect=True)


def show(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def is_exact(answer: httpx.Response, attack: Attack, due: list[dict[str, Any]]) -> bool:
    """Say whether a read that was let in found these rows and no others."""
    if attack.counted and int(answer.headers["Content-Range"].rpartition("/")[2]) != len(due):
        return False
    if attack.method == "HEAD":
        return True
    rows = answer.json()
    names = list(rows[0]) if rows else []
    return show(rows) == show([{name: row[name] for name in names} for row in due])


@everybody
def test_reads(
    caller: CallerClient, relations: list[Relation], owner: Connection, counters: Counters
) -> None:
    """Every read comes to exactly what was reviewed: the caller's own rows, none, or a refusal."""
    wrong = []
    is_open = caller.bearer.tenant is not None and not caller.bearer.is_refused
    truth = (
        leave_out_private(read_truth(owner, relations, caller.own), caller.bearer)
        if is_open
        else {}
    )
    planned = plan(caller, relations, reads_of)
    for (relation, attack), answer in zip(planned, caller.send_all(planned), strict=True):
        own = truth.get(relation.name, []) if attack.rows == "own" else []
        outcome = read_outcome(answer)
        leaked = tells_of_others(caller.bearer, answer)
        if answer.is_success and relation.has_tenant:
            leaked = leaked or not is_exact(answer, attack, own)
        counters.reads += 1
        counters.rows_read += leaked
        if leaked or outcome != expect(caller.bearer, relation, attack):
            wrong.append((attack.name, relation.name, outcome))
    assert wrong == []


@everybody
def test_writes(
    caller: CallerClient, relations: list[Relation], guard: Guard, counters: Counters
) -> None:
    """Every write is refused as reviewed, and the other tenants' rows are what they were."""
    planned = plan(caller, relations, writes_of)
    answers = caller.send_all(planned)
    wrong = [
        (attack.name, relation.name, outcome)
        for (relation, attack), answer in zip(planned, answers, strict=True)
        if (outcome := read_outcome(answer)) != expect(caller.bearer, relation, attack)
    ]
    changed = guard.find_changes()
    counters.writes += len(planned)
    counters.rows_written += len(changed)
    assert changed == []
    assert wrong == []


def write_params(body: dict[str, Any]) -> dict[str, str]:
    """Give a function's arguments as they stand in a URL."""
    return {
        name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()
    }


@everybody
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_calls(caller: CallerClient, guard: Guard, counters: Counters, method: str) -> None:
    """Every function does to the caller's own tenant what was reviewed, and to no other's."""
    wrong = []
    for name, call in CALLS.items():
        body = call.make_body(caller.victim, caller.own)
        params = write_params(body) if method == "GET" and not call.writes else {}
        content = body if method == "POST" else None
        answer = caller.client.request(method, f"rpc/{name}", params=params, json=content)
        leaked = tells_of_others(caller.bearer, answer)
        counters.reads += 1
        counters.rows_read += leaked
        outcome = read_outcome(answer)
        if leaked or outcome != expect_call(caller.bearer, name, method):
            wrong.append((name, outcome))
    changed = guard.find_changes()
    counters.writes += len(CALLS)
    counters.rows_written += len(changed)
    assert changed == []
    assert wrong == []


def test_every_function_is_called_here(owner: Connection) -> None:
    """A new function of the exposed schema has to say how one would reach for another's with it."""
    exposed = {one.name.removeprefix("public.") for one in read_functions(owner) if one.is_exposed}
    assert set(CALLS) == exposed


def test_a_role_that_bypasses_policies_sees_every_tenant(
    relations: list[Relation], data_api: str, keys: StackKeys, token: Callable[..., str]
) -> None:
    """The positive control: the same requests find every tenant's rows where no policy holds."""
    headers = OPERATOR.identify(keys, token)
    with httpx.Client(base_url=f"{data_api}/rest/v1/", headers=headers) as client:
        for relation in relations:
            if relation.has_tenant and not relation.is_partition:
                rows = client.get(relation.name, params={"select": "tenant_id"}).json()
                names = {row["tenant_id"] for row in rows}
                assert names >= {tenant.name for tenant in TENANTS}, relation.name


def test_there_is_something_to_leak(relations: list[Relation], owner: Connection) -> None:
    """Every relation has rows of both tenants."""
    for tenant in TENANTS:
        assert [
            name for name, rows in read_truth(owner, relations, tenant).items() if not rows
        ] == []


def test_texts_are_marked(relations: list[Relation], owner: Connection) -> None:
    """Every column that can hold a tenant's word holds it, but for ids and fixed words."""
    tables = [one for one in relations if not one.is_view]
    unmarked = {
        f"{name}.{column}"
        for name, rows in read_truth(owner, tables, ALPHA).items()
        for column, value in rows[0].items()
        if isinstance(value, str | list | dict)
        and not any(ALPHA.name in str(row[column]) for row in rows)
    }
    assert {name for name in unmarked if not name.endswith(UNMARKED)} == set()


_ACTING = {
    **dict.fromkeys(("llm_join", "llm_sums"), f"user:{uuid.UUID(int=5)}"),
    **dict.fromkeys(("add_operator", "remove_operator"), "command"),
}
"""What a token has to stand for, by role or by function."""


def test_the_same_calls_work_on_ones_own(
    database: Database, owner: Connection, data_api: str, keys: StackKeys, token: Callable[..., str]
) -> None:
    """The positive control: what is refused or without effect on others' things changes ours."""
    tenant = Tenant("chalcedony", 3)
    settle(database, tenant)
    for name, call in CALLS.items():
        if name in REFERENCE_FUNCTIONS:
            continue
        role = next(role for role in EXECUTE_GRANTS if may_execute(role, name))
        acting = Tenant("dolerite", 5) if name == "create_tenant" else tenant
        claims = {"key_id": _ACTING.get(name, _ACTING.get(role))}
        before = take_fingerprint(owner, acting)
        bearer = Bearer("own", role, None if role in TENANTLESS_ROLES else acting, claims)
        headers = bearer.identify(keys, token)
        body = call.make_body(tenant, tenant)
        answer = httpx.post(f"{data_api}/rest/v1/rpc/{name}", headers=headers, json=body)
        assert answer.status_code == 200, (name, answer.text)
        assert (take_fingerprint(owner, acting) != before) == call.writes, name
