"""A tenant reads its own rows and no other's, by SQL and over HTTP, in everything there is."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psycopg
import pytest

from infra.local.keys import StackKeys
from infra.local.throwaway import Database
from tests.database.callers import (
    Connection,
    administer,
    connect_as,
    connect_as_owner,
    ingest,
    read_as,
    read_as_owner,
    refusal,
)
from tests.database.catalogue import (
    Relation,
    read_columns,
    read_exposed_relations,
    read_functions,
    read_relations,
)
from tests.database.keys import create_key
from tests.database.spans import NOON, call, failed_call, step

ALPHA, BETA, NOBODY = "alpha", "beta", "nobody"
DENIED = "42501"
NOT_UPDATABLE = "55000"
"""A view that aggregates takes no write from anyone; Postgres says so before it looks at rights."""
ADMINISTRATION = {
    "create_api_key",
    "create_ingest_token",
    "forget_tenant",
    "forget_trace",
    "forget_user",
    "remove_membership",
    "revoke_api_key",
    "rotate_api_key",
    "set_membership",
    "set_retention",
    "shred_digests",
}
ROLES = ("anon", "authenticated", "llm_ingest", "llm_admin", "llm_gate")
_VERBS = {
    "select": "select 1 from public.{name} limit 0",
    "insert": "insert into public.{name} default values",
    "update": "update public.{name} set {column} = null",
    "delete": "delete from public.{name}",
}


def make_traffic(word: str, usage: int) -> list[dict[str, Any]]:
    """Give spans with the same ids for each tenant and other values in every column that can."""
    own: dict[str, Any] = {"environment": word, "user_id": word, "input": word, "output": [word]}
    return [
        step(1, name=f"{word} agent", operation="invoke_agent", session_id=word),
        call(2, model=f"{word}-1", input_tokens=usage, cost_usd=f"0.{usage}", **own),
        failed_call(3, error_type=f"{word}.Error"),
    ]


@pytest.fixture(scope="module", autouse=True)
def traffic(database: Database) -> None:
    """Two tenants that wrote spans with the same ids, and more of one's; keys and a member each."""
    ingest(database, ALPHA, make_traffic(ALPHA, 11))
    ingest(database, BETA, [*make_traffic(BETA, 23), call(9, trace=2)])
    for tenant in (ALPHA, BETA):
        person = str(uuid.uuid5(uuid.NAMESPACE_DNS, tenant))
        administer(database, tenant, "set_membership", user_id=person, role="owner")
        create_key(database, tenant, 1, name=tenant)


@pytest.fixture(scope="module")
def http(gateway: str, keys: StackKeys) -> Iterator[httpx.Client]:
    """The Data API with the publishable key and no token."""
    headers = {"apikey": keys.publishable_key}
    with httpx.Client(base_url=f"{gateway}/rest/v1/", headers=headers) as client:
        yield client


def as_json(rows: list[Any]) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def select_json(database: Database, relation: Relation, role: str, where: str = "true") -> str:
    with connect_as_owner(database) as owner:
        columns = ", ".join(read_columns(owner, relation, role))
    return (
        f"select to_jsonb(r) as row from (select {columns} from public.{relation.name}) r "
        f"where {where}"
    )


def readable_relations(database: Database) -> list[tuple[Relation, str]]:
    """Give each relation with each role that reads it."""
    with connect_as_owner(database) as owner:
        relations = read_exposed_relations(owner)
    assert all(one.readers for one in relations), "what nobody reads is proven by nothing here"
    return [(one, role) for one in relations for role in one.readers]


def tenant_relations(database: Database) -> list[tuple[Relation, str]]:
    return [(one, role) for one, role in readable_relations(database) if one.has_tenant]


def read_truth(database: Database, relation: Relation, role: str, tenant: str) -> list[str]:
    """Give a tenant's rows as the owner sees them, in the columns that a role may read."""
    where = "tenant_id = %s" if relation.has_tenant else "%s::text is not null"
    rows = read_as_owner(database, select_json(database, relation, role, where), (tenant,))
    return as_json([row["row"] for row in rows])


def test_by_sql_each_sees_exactly_its_rows(database: Database) -> None:
    """In every table and view a tenant's rows are all there, and nothing else is."""
    for relation, role in readable_relations(database):
        for tenant in (ALPHA, BETA):
            truth = read_truth(database, relation, role, tenant)
            assert truth, f"{relation.name} has no row of {tenant}: nothing would be proven"
            seen = read_as(database, role, tenant, select_json(database, relation, role))
            assert as_json([row["row"] for row in seen]) == truth, relation.name


def test_over_http_each_sees_exactly_its_rows(
    database: Database, owner: Connection, http: httpx.Client, token: Callable[..., str]
) -> None:
    """The Data API answers the same rows, and no header changes whose."""
    for relation, role in tenant_relations(database):
        columns = ",".join(read_columns(owner, relation, role))
        for tenant, other in ((ALPHA, BETA), (BETA, ALPHA)):
            answer = http.get(
                relation.name,
                params={"select": columns},
                headers={"Authorization": f"Bearer {token(tenant, role)}", "x-tenant-id": other},
            )
            truth = read_truth(database, relation, role, tenant)
            assert as_json(answer.json()) == truth, relation.name


def test_asking_for_another_tenant_finds_nothing(
    database: Database, http: httpx.Client, token: Callable[..., str]
) -> None:
    """A filter on another's tenant_id is an empty answer, as if that tenant did not exist."""
    for relation, role in tenant_relations(database):
        for asked in (ALPHA, NOBODY):
            query = select_json(database, relation, role, "tenant_id = %s")
            assert read_as(database, role, BETA, query, (asked,)) == []
            answer = http.get(
                relation.name,
                params={"select": "tenant_id", "tenant_id": f"eq.{asked}"},
                headers={"Authorization": f"Bearer {token(BETA, role)}"},
            )
            assert (answer.status_code, answer.json()) == (200, []), relation.name


@pytest.mark.parametrize("tenant", [None, NOBODY, "", "alpha,beta", "%", "ALPHA"])
def test_without_a_tenant_of_rows_there_are_none(database: Database, tenant: str | None) -> None:
    """No claim, an unknown tenant or a malformed one sees no row of anybody."""
    for relation, role in tenant_relations(database):
        rows = read_as(database, role, tenant, select_json(database, relation, role))
        assert rows == [], relation.name


def test_metrics_are_of_one_tenant(database: Database) -> None:
    """query_metrics sums the caller's calls and nobody else's."""
    query = (
        "select public.query_metrics(%s::timestamptz, %s::timestamptz + interval '1 h', 'hour') "
        "#> '{totals}' as totals"
    )
    sums = {
        tenant: read_as(database, "authenticated", tenant, query, (NOON, NOON))[0]["totals"]
        for tenant in (ALPHA, BETA, NOBODY, None)
    }
    assert [sums[one]["requests"] for one in (ALPHA, BETA, NOBODY, None)] == [2, 3, 0, 0]
    assert [sums[one]["input_tokens"] for one in (ALPHA, BETA, NOBODY, None)] == [11, 123, 0, 0]


def test_metrics_name_their_tenant(database: Database) -> None:
    """Even for a role that passes over row level security the sums are of the claim's tenant."""
    query = (
        "select public.query_metrics(%s::timestamptz, %s::timestamptz + interval '1 h', 'hour') "
        "#> '{totals,requests}' as requests"
    )
    for tenant, requests in ((ALPHA, 2), (None, 0)):
        rows = read_as(database, "service_role", tenant, query, (NOON, NOON))
        assert rows == [{"requests": requests}]


def test_the_same_ids_live_side_by_side(database: Database) -> None:
    """Another tenant's write under the same trace and span ids touches no row of mine."""
    relations = tenant_relations(database)
    everything = [read_truth(database, one, role, ALPHA) for one, role in relations]
    intruder = make_traffic(BETA, 99)
    ingest(database, BETA, intruder)
    ingest(database, "gamma", [span | {"tenant_id": ALPHA} for span in intruder])
    assert [read_truth(database, one, role, ALPHA) for one, role in relations] == everything
    own = "select tenant_id, span_count from public.traces"
    assert read_as(database, "authenticated", "gamma", own) == [
        {"tenant_id": "gamma", "span_count": 3}
    ]


def attempt(connection: psycopg.Connection[Any], query: str) -> str | None:
    """Give the SQLSTATE a query is refused with, None where it is let in; undo it."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(query.encode())
    except psycopg.Error as error:
        return error.sqlstate
    return None


def test_roles_reach_only_these_relations(database: Database, owner: Connection) -> None:
    """Each role, verb and relation, partitions too: tenants read, nobody writes, all else 42501."""
    relations = read_relations(owner)
    let_in: set[tuple[str, str, str]] = set()
    refused: set[tuple[str, str, str, str]] = set()
    for role in ROLES:
        with connect_as(database, role, ALPHA) as connection:
            for relation in relations:
                column = "tenant_id" if relation.has_tenant else "price_id"
                for verb, template in _VERBS.items():
                    query = template.format(name=relation.name, column=column)
                    if code := attempt(connection, query):
                        refused.add((role, verb, relation.name, code))
                    else:
                        let_in.add((role, verb, relation.name))
    everything = {one.name for one in relations if not one.is_partition}
    keys_and_audit = {"api_keys", "api_key_summaries", "audit_events"}
    settings = {"memberships", "model_prices", "tenants"}
    assert let_in == {("authenticated", "select", name) for name in everything - keys_and_audit} | {
        ("llm_admin", "select", name) for name in keys_and_audit | settings
    }
    views = {one.name for one in relations if one.is_view}
    for role, verb, name, code in refused:
        allowed = {DENIED, NOT_UPDATABLE} if name in views and verb != "select" else {DENIED}
        assert code in allowed, (role, verb, name, code)


def test_roles_reach_only_these_functions(database: Database, owner: Connection) -> None:
    """Each role and function, called: beyond the pre-request function, each has its own door."""
    let_in: dict[str, set[str]] = {role: set() for role in ROLES}
    for role in ROLES:
        with connect_as(database, role, ALPHA) as connection:
            for function in read_functions(owner):
                if attempt(connection, function.call) != DENIED:
                    let_in[role].add(function.name)
    everybody = {"app.check_request"}
    metrics = {"app.tenant_id", "app.check_window", "app.metrics_of", "public.query_metrics"}
    assert let_in == {
        "anon": everybody,
        "authenticated": everybody | metrics,
        "llm_ingest": everybody | {"public.ingest_spans"},
        "llm_admin": everybody | {"app.tenant_id"} | {f"public.{name}" for name in ADMINISTRATION},
        "llm_gate": everybody
        | {"public.ping", "public.authenticate_key", "public.find_memberships"},
    }


def test_the_publishable_key_alone_opens_nothing(owner: Connection, http: httpx.Client) -> None:
    """Without a token all answers are 401 and 42501; partitions are not even known."""
    for relation in read_relations(owner):
        answer = http.get(relation.name)
        expected = (404, "PGRST205") if relation.is_partition else (401, DENIED)
        assert (answer.status_code, answer.json()["code"]) == expected, relation.name
    for function in read_functions(owner):
        if function.is_exposed:
            name = function.name.removeprefix("public.")
            answer = http.post(f"rpc/{name}", json=function.body)
            assert (answer.status_code, answer.json()["code"]) == (401, DENIED), name


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        ("llm_gate", "rpc/ping", 200),
        ("llm_gate", "rpc/ingest_spans", 403),
        ("llm_ingest", "rpc/ingest_spans", 200),
        ("llm_ingest", "rpc/ping", 403),
        ("authenticated", "rpc/ingest_spans", 403),
        ("authenticated", "rpc/ping", 403),
    ],
)
def test_roles_over_http(
    http: httpx.Client, token: Callable[..., str], role: str, path: str, status: int
) -> None:
    """The Data API's pre-request function lets each role through to its own door only."""
    tenant = None if role == "llm_gate" else "delta"
    headers = {"Authorization": f"Bearer {token(tenant, role)}"}
    body: dict[str, Any] = {"spans": []} if path.endswith("spans") else {}
    answer = http.post(path, json=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert status == 200 or answer.json()["code"] == DENIED


@pytest.mark.parametrize("tenant", [None, "", "NOT A TENANT"])
def test_a_writer_without_a_tenant_is_turned_away(
    http: httpx.Client, token: Callable[..., str], tenant: str | None
) -> None:
    """Before any function runs, with a message that says what its token lacks."""
    headers = {"Authorization": f"Bearer {token(tenant, 'llm_ingest')}"}
    answer = http.post("rpc/ingest_spans", json={"spans": []}, headers=headers)
    assert (answer.status_code, answer.json()["message"]) == (403, "This token names no tenant.")
    assert answer.json()["hint"] == "Mint it with a tenant_id claim."


@pytest.mark.parametrize("columns", ["digest_salt", "digest_key_id", "*"])
def test_a_digest_salt_is_not_readable(
    database: Database, http: httpx.Client, token: Callable[..., str], columns: str
) -> None:
    """Not even one's own: whoever has it could guess prompts."""
    query = f"select {columns} from public.tenants"
    assert refusal(database, "authenticated", ALPHA, query) == DENIED
    headers = {"Authorization": f"Bearer {token(ALPHA)}"}
    answer = http.get("tenants", params={"select": columns}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, DENIED)
