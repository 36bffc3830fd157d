"""Forgetting a trace, a user, a tenant: all of it, nothing else, with a receipt."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import (
    Connection,
    administer,
    administer_without,
    call_function,
    connect_as,
    connect_as_owner,
    ingest,
    ingest_body,
    read_as,
    refused_call,
    set_limits,
)
from tests.database.support.catalogue import read_exposed_relations
from tests.database.support.consistency import check_consistency, read_summaries
from tests.database.support.keys import authenticate, create_key, digest, from_now
from tests.database.support.spans import call, failed_call, span_id, step, trace_id

PERSON = "00000000-0000-0000-0000-000000000001"


def fill(database: Database, tenant: str) -> None:
    """Give a tenant at least one row in every table there is."""
    set_limits(database, tenant, spans_per_minute=1000)
    ingest(
        database,
        tenant,
        [step(1, input="in"), call(2, output="out", previous_response_id="r1"), call(3, trace=2)],
    )
    found = {"name": "relevance", "trace_id": trace_id(1), "score": 1}
    ingest_body(database, tenant, {"spans": [], "evaluations": [found]})
    create_key(database, tenant, 1)
    administer(database, tenant, "set_membership", user_id=PERSON, role="owner")
    invitation = {"invitation_id": "invite01", "digest": digest(1), "role": "viewer"}
    administer(database, tenant, "create_invitation", **invitation)
    administer(database, tenant, "forget_user", user_id="nobody")
    rule = {"attribute": "my.model", "field": "request_model"}
    administer(database, tenant, "set_attribute_mappings", mappings=[rule])
    administer(database, tenant, "set_retention", span_days=3650, content_days=None)
    view = {"kind": "spans", "name": "a view", "shared": True, "filter": ""}
    with connect_as(database, "authenticated", tenant) as connection:
        call_function(connection, "create_view", view)
    with connect_as_owner(database) as connection:
        connection.execute("call app.expire_data()")
        connection.execute("select app.fold_some(%s, gen_random_uuid(), 1000)", (tenant,))
        # Of so few spans no hour has terms.
        connection.execute(
            "insert into hour_terms (tenant_id, of_traces, hour, term) values (%s, true, now(), 1)",
            (tenant,),
        )
    ingest(database, tenant, [step(4)])
    asked: dict[str, Any] = {"ids": [trace_id(2)], "expected": 1, "asked_by": "ids"}
    administer(database, tenant, "request_deletion", **asked)


def count_rows(owner: Connection, tenant: str) -> dict[str, int]:
    """Count a tenant's rows in every table with a ``tenant_id``, found in the catalogue."""
    tables = [one for one in read_exposed_relations(owner) if one.has_tenant and not one.is_view]
    counts = {}
    for table in tables:
        query = f"select count(*) as count from public.{table.name} where tenant_id = %s"
        row = owner.execute(query.encode(), (tenant,)).fetchone()
        assert row is not None
        counts[table.name] = row["count"]
    return counts


def read_spans(database: Database, tenant: str) -> list[tuple[str, str]]:
    query = "select trace_id, span_id from public.spans order by 1, 2"
    rows = read_as(database, "authenticated", tenant, query)
    return [(row["trace_id"], row["span_id"]) for row in rows]


def assert_is_receipt(database: Database, tenant: str, receipt: dict[str, Any]) -> None:
    """The receipt is the audit event, word for word."""
    query = "select * from public.audit_events where event_id = %s"
    (event,) = read_as(database, "llm_admin", tenant, query, (receipt["receipt_id"],))
    assert uuid.UUID(receipt["receipt_id"]) == event["event_id"]
    assert (receipt["action"], receipt["target"]) == (event["action"], event["target"])
    assert (receipt["by"], {"deleted": receipt["deleted"]}) == (event["actor"], event["details"])
    assert receipt["at"].startswith(event["created_at"].strftime("%Y-%m-%dT%H:%M:%S"))


def test_a_trace_is_forgotten(database: Database, another_tenant: Callable[[], str]) -> None:
    """With its content; the tenant's other traces and another tenant's same trace stay."""
    mine, theirs = another_tenant(), another_tenant()
    for tenant in (mine, theirs):
        ingest(database, tenant, [step(1, input="in"), call(2, input="in"), call(3, trace=2)])
    before = read_summaries(database, theirs)

    receipt = administer(database, mine, "forget_trace", by="dev", trace_id=trace_id(1))

    assert receipt["deleted"] == {"spans": 2, "contents": 2, "traces": 1}
    assert (receipt["action"], receipt["target"]) == ("trace.forgotten", trace_id(1))
    assert receipt["by"] == "dev"
    assert_is_receipt(database, mine, receipt)
    assert read_spans(database, mine) == [(trace_id(2), span_id(3))]
    check_consistency(database, mine)
    assert read_summaries(database, theirs) == before


def test_a_trace_of_nobody_is_not_found(
    database: Database, another_tenant: Callable[[], str]
) -> None:
    """Another tenant's, a forgotten one and an unknown one are the same 404, without an event."""
    mine, theirs = another_tenant(), another_tenant()
    ingest(database, theirs, [step(1)])
    body = {"trace_id": trace_id(1)}
    assert refused_call(database, "llm_admin", mine, "forget_trace", body) == (
        "PT404",
        "This tenant has no such trace.",
    )
    administer(database, theirs, "forget_trace", **body)
    assert refused_call(database, "llm_admin", theirs, "forget_trace", body)[0] == "PT404"
    assert read_as(database, "llm_admin", mine, "select * from public.audit_events") == []


def test_a_user_is_forgotten(database: Database, another_tenant: Callable[[], str]) -> None:
    """Spans that name the user, and in their traces those that name nobody; others' spans stay."""
    mine, theirs = another_tenant(), another_tenant()
    for tenant in (mine, theirs):
        ingest(
            database,
            tenant,
            [
                step(1, trace=1, user_id="ann", input="in"),
                call(2, trace=1, input="in"),
                step(1, trace=2, user_id="bob", input="in"),
                failed_call(2, trace=2, user_id="ann", input="in"),
                call(3, trace=2, input="in"),
                call(4, trace=2, user_id="bob"),
                step(1, trace=3),
                step(1, trace=4, user_id="bob"),
            ],
        )
    before = read_summaries(database, theirs)

    receipt = administer(database, mine, "forget_user", user_id="ann")

    assert receipt["deleted"] == {"spans": 4, "contents": 4, "traces": 1}
    assert_is_receipt(database, mine, receipt)
    assert read_spans(database, mine) == [
        (trace_id(2), span_id(1)),
        (trace_id(2), span_id(4)),
        (trace_id(3), span_id(1)),
        (trace_id(4), span_id(1)),
    ]
    summary = next(one for one in read_summaries(database, mine) if one["trace_id"] == trace_id(2))
    assert [summary[one] for one in ("span_count", "error_count", "requests")] == [2, 0, 1]
    assert (summary["user_id"], summary["total_tokens"]) == ("bob", 110)
    check_consistency(database, mine)
    assert read_summaries(database, theirs) == before


def test_a_receipt_names_no_person(database: Database, another_tenant: Callable[[], str]) -> None:
    """A user stands in it as a digest: the same one each time, another one in another tenant."""
    mine, theirs = another_tenant(), another_tenant()
    for tenant in (mine, theirs):
        ingest(database, tenant, [step(1, user_id="ann@example.org")])
    forget = {"user_id": "ann@example.org"}
    first, again = (administer(database, mine, "forget_user", **forget) for _ in range(2))
    other = administer(database, theirs, "forget_user", **forget)

    assert first["target"] == again["target"] != other["target"]
    assert again["deleted"] == {"spans": 0, "contents": 0, "traces": 0}
    events = read_as(database, "llm_admin", mine, "select to_jsonb(e) as row from audit_events e")
    assert "ann" not in json.dumps(events)


def test_a_tenant_is_forgotten(
    database: Database, owner: Connection, another_tenant: Callable[[], str]
) -> None:
    """Left are its audit and an empty row, whatever tables there are; others' rows stay."""
    mine, theirs = another_tenant(), another_tenant()
    for tenant in (mine, theirs):
        fill(database, tenant)
    before = {tenant: count_rows(owner, tenant) for tenant in (mine, theirs)}
    assert all(before[mine].values()), f"a table without rows proves nothing: {before[mine]}"

    receipt = administer(database, mine, "forget_tenant", by="dev", tenant_id=mine)

    left = {table for table, rows in count_rows(owner, mine).items() if rows}
    assert left == {"audit_events", "tenants"}
    assert_is_empty(owner, mine)
    assert count_rows(owner, theirs) == before[theirs]
    told = {
        "contents" if table == "span_contents" else table: n for table, n in before[mine].items()
    }
    # The audit stays; marks are no data.
    assert receipt["deleted"] == {
        table: n for table, n in told.items() if table not in {"audit_events", "roll_up_changes"}
    }
    assert (receipt["action"], receipt["target"]) == ("tenant.forgotten", mine)
    assert_is_receipt(database, mine, receipt)


def assert_is_empty(owner: Connection, tenant: str) -> None:
    """What a deleted tenant's row holds is what any other's would: its name and when."""
    query = "select to_jsonb(t) as row from public.tenants t where tenant_id = %s"
    found = owner.execute(query, (tenant,)).fetchone()
    assert found is not None
    assert found["row"].pop("deleted_at") == found["row"].pop("created_at")
    empty: list[Any] = [None, 0, False, [], ["simple"], "follow", tenant]
    assert [value for value in found["row"].values() if value not in empty] == []


def test_a_forgotten_tenants_salt_and_keys_are_gone(
    database: Database, owner: Connection, tenant: str
) -> None:
    """Its key opens nothing any more; should it come back, its digests have another key."""
    create_key(database, tenant, 50)
    old = ingest(database, tenant, [step(1)])["digest"]
    administer(database, tenant, "forget_tenant", tenant_id=tenant)
    assert authenticate(database, 50) is None
    administer_without(database, tenant, "restore_tenant")
    new = ingest(database, tenant, [step(1)])["digest"]
    assert new["salt"] != old["salt"]
    assert new["kid"] != old["kid"]


@pytest.mark.parametrize("confirmation", [{}, {"tenant_id": "tenant-x"}, {"tenant_id": None}, []])
def test_forgetting_a_tenant_is_confirmed(
    database: Database, tenant: str, confirmation: Any
) -> None:
    """Without the tenant's id once more, or with another's, nothing happens."""
    ingest(database, tenant, [step(1)])
    refused = refused_call(database, "llm_admin", tenant, "forget_tenant", confirmation)
    assert refused == ("22023", "tenant_id does not repeat the tenant of the token.")
    assert read_spans(database, tenant) == [(trace_id(1), span_id(1))]


@pytest.mark.parametrize(
    ("function", "body", "sentence"),
    [
        ("forget_trace", {}, "trace_id is not 32 hex digits in lower case."),
        ("forget_trace", {"trace_id": "A" * 32}, "trace_id is not 32 hex digits in lower case."),
        ("forget_user", {}, "user_id is not a user's id."),
        ("forget_user", {"user_id": ""}, "user_id is not a user's id."),
        ("forget_user", {"user_id": None}, "user_id is not a user's id."),
    ],
)
def test_malformed_wishes_are_refused(
    database: Database, tenant: str, function: str, body: Any, sentence: str
) -> None:
    """With a class 22 error and a sentence; a missing id is never everybody's."""
    refused = refused_call(database, "llm_admin", tenant, function, body)
    assert refused == ("22023", sentence)


def test_digests_are_shredded(database: Database, tenant: str) -> None:
    """Salt and key id are new, spans stay, and it is said whose derived keys live on."""
    before = ingest(database, tenant, [step(1)])["digest"]
    body = {"key_id": "atoken00", "name": "billing", "expires_at": from_now(days=1)}
    administer(database, tenant, "create_ingest_token", **body)
    with connect_as(database, "llm_admin", tenant) as connection:
        row = connection.execute("select public.shred_digests() as answer").fetchone()
    after = ingest(database, tenant, [step(1)])
    told = {"digest_key_id": after["digest"]["kid"], "ingest_tokens": ["atoken00"]}
    assert row == {"answer": told}
    assert after["stored"] == 0
    assert before["kid"] != after["digest"]["kid"]
    assert before["salt"] != after["digest"]["salt"]


def test_summaries_are_those_of_ingestion(database: Database, tenant: str) -> None:
    """Made anew from the spans they are what ingestion kept delivery by delivery."""
    batches: list[list[dict[str, Any]]] = [
        [call(3, model="b-1", provider="b", service_name="z", session_id="s2", user_id="u2")],
        [step(1, operation="invoke_agent", status="error"), failed_call(4)],
        [call(2, cost_usd="0.25", price_id="p", model="a-1", environment="live")],
        [step(5, start_ns=7), step(6, trace=2), call(7, trace=2, usage_status="unknown")],
        [step(8, parent_span_id=span_id(99), trace=3, service_name="a", user_id="u1")],
    ]
    with connect_as(database, "llm_ingest", tenant) as connection:
        for batch in [*batches, *batches]:
            call_function(connection, "ingest_spans", {"spans": batch})
    assert len(read_summaries(database, tenant)) == 3
    check_consistency(database, tenant)
