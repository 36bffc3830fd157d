"""A tenant reads its own rows and no other's, by SQL; tests/isolation has the rest, over HTTP."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import (
    administer,
    call_function,
    connect_as,
    connect_as_owner,
    ingest,
    ingest_body,
    read_as,
    read_as_owner,
    refusal,
    set_limits,
)
from tests.database.support.catalogue import (
    Relation,
    read_columns,
    read_exposed_relations,
)
from tests.database.support.keys import create_key, digest
from tests.database.support.spans import NOON, call, failed_call, span_id, step, trace_id

ALPHA, BETA, NOBODY = "alpha", "beta", "nobody"
UNREAD = ["operators"]
"""No role of a request reads these tables: what they say, a function says of the one who asks."""
DENIED = "42501"


def make_traffic(word: str, usage: int) -> list[dict[str, Any]]:
    """Give spans with the same ids for each tenant and other values in every column that can."""
    own: dict[str, Any] = {"environment": word, "user_id": word, "input": word, "output": [word]}
    own |= {"tags": {word: word}, "previous_response_id": "the-same", "response_id": word}
    return [
        step(
            1,
            name=f"{word} agent",
            operation="invoke_agent",
            session_id=word,
            usage_uncounted="repeats_calls",
        ),
        call(2, model=f"{word}-1", input_tokens=usage, cost_usd=f"0.{usage}", **own),
        failed_call(3, error_type=f"{word}.Error"),
    ]


@pytest.fixture(scope="module", autouse=True)
def traffic(database: Database) -> None:
    """Two tenants that wrote spans with the same ids, and more of one's; keys and a member each."""
    for number, tenant in enumerate((ALPHA, BETA)):
        set_limits(database, tenant, spans_per_minute=1000 + number)
    ingest(database, ALPHA, make_traffic(ALPHA, 11))
    ingest(database, BETA, [*make_traffic(BETA, 23), call(9, trace=2)])
    for tenant in (ALPHA, BETA):
        evaluation = {"name": tenant, "trace_id": trace_id(1), "span_id": span_id(2), "score": 1}
        ingest_body(database, tenant, {"spans": [], "evaluations": [evaluation]})
        person = str(uuid.uuid5(uuid.NAMESPACE_DNS, tenant))
        administer(database, tenant, "set_membership", user_id=person, role="owner")
        rule = {"attribute": tenant, "field": "provider", "value": tenant}
        administer(database, tenant, "set_attribute_mappings", mappings=[rule])
        create_key(database, tenant, 1, name=tenant)
        administer(database, tenant, "set_retention", span_days=3650, content_days=None)
        ingest(database, tenant, [step(1, trace=8)])
        administer(database, tenant, "forget_trace", trace_id=trace_id(8))
        offer = {"invitation_id": f"{tenant:x<8}", "digest": digest(1), "role": "viewer"}
        administer(database, tenant, "create_invitation", email=f"{tenant}@example.test", **offer)
        asked: dict[str, Any] = {"ids": [trace_id(1)], "expected": 1, "asked_by": "ids"}
        administer(database, tenant, "request_deletion", **asked)
        # tests/isolation has those that only their maker sees.
        view = {"kind": "spans", "name": tenant, "shared": True, "filter": ""}
        with connect_as(database, "authenticated", tenant) as connection:
            call_function(connection, "create_view", view)
    with connect_as_owner(database) as owner:
        owner.execute("call app.expire_data()")
        owner.execute("call app.fold_data()")
        for tenant in (ALPHA, BETA):
            owner.execute("select app.mark_hours(%s, array[now()])", (tenant,))
            owner.execute(
                "insert into hour_terms (tenant_id, of_traces, hour, term) "
                "values (%s, false, now(), app.term_key('user', %s))",
                (tenant, tenant),
            )


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
    assert [one.name for one in relations if not one.readers] == UNREAD, "proven by nothing here"
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
        for tenant in (ALPHA, BETA, NOBODY)
    }
    assert [sums[one]["requests"] for one in (ALPHA, BETA, NOBODY)] == [2, 3, 0]
    assert [sums[one]["input_tokens"] for one in (ALPHA, BETA, NOBODY)] == [11, 123, 0]


@pytest.mark.parametrize("tenant", [None, "", "alpha,beta", "%", "ALPHA"])
@pytest.mark.parametrize("role", ["authenticated", "service_role"])
def test_metrics_are_refused_without_a_tenant(
    database: Database, role: str, tenant: str | None
) -> None:
    """Whoever has no tenant makes the database sum nothing."""
    query = "select public.query_metrics(%s::timestamptz, %s::timestamptz + interval '1 h', 'hour')"
    assert refusal(database, role, tenant, query, (NOON, NOON)) == "42501"


def test_metrics_name_their_tenant(database: Database) -> None:
    """Even for a role that passes over row level security the sums are of the claim's tenant."""
    query = (
        "select public.query_metrics(%s::timestamptz, %s::timestamptz + interval '1 h', 'hour') "
        "#> '{totals,requests}' as requests"
    )
    for tenant, requests in ((ALPHA, 2), (NOBODY, 0)):
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
