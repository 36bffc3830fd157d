"""Each role has its own door and no other, by SQL and over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest

from infra.local.throwaway import Database
from tests.database.support.asking import ASKING, COSTING
from tests.database.support.callers import Connection, connect_as
from tests.database.support.catalogue import read_functions, read_relations
from tests.database.support.conversing import CONVERSING
from tests.database.support.reviewed import REFERENCE_KEYS
from tests.database.support.summing import SUMS_READING

TENANT = "alpha"
DENIED = "42501"
NOT_UPDATABLE = "55000"
"""A view that aggregates takes no write from anyone; Postgres says so before it looks at rights."""
ADMINISTRATION = {
    "change_membership",
    "create_api_key",
    "create_ingest_token",
    "create_invitation",
    "forget_tenant",
    "request_deletion",
    "forget_trace",
    "forget_user",
    "list_members",
    "read_setup",
    "remove_membership",
    "restore_tenant",
    "revoke_api_key",
    "revoke_invitation",
    "rotate_api_key",
    "set_attribute_mappings",
    "set_content_capture",
    "set_membership",
    "set_retention",
    "set_tag_dimensions",
    "set_text_config",
    "shred_digests",
    "start_demo_run",
}
GATES = {
    "ping",
    "authenticate_key",
    "find_digest_source",
    "find_invitation",
    "find_memberships",
}
ROLES = (
    "anon",
    "authenticated",
    "llm_ingest",
    "llm_admin",
    "llm_join",
    "llm_gate",
    "llm_operator",
    "llm_sums",
)
_VERBS = {
    "select": "select 1 from public.{name} limit 0",
    "insert": "insert into public.{name} default values",
    "update": "update public.{name} set {column} = null",
    "delete": "delete from public.{name}",
}


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
        with connect_as(database, role, TENANT) as connection:
            for relation in relations:
                column = REFERENCE_KEYS.get(relation.name, "tenant_id")
                for verb, template in _VERBS.items():
                    query = template.format(name=relation.name, column=column)
                    if code := attempt(connection, query):
                        refused.add((role, verb, relation.name, code))
                    else:
                        let_in.add((role, verb, relation.name))
    readable = {one.name for one in relations if not one.is_partition} - {"operators"}
    for_admins = {
        "api_keys",
        "api_key_summaries",
        "audit_events",
        "deletion_traces",
        "deletions",
        "forgotten",
        "invitations",
        "job_runs",
        "response_chains",
        "retention_runs",
        "retention_status",
        "roll_up_progress",
    }
    settings = {"attribute_mappings", "memberships", "model_prices", "tenants"}
    assert let_in == {("authenticated", "select", name) for name in readable - for_admins} | {
        ("llm_admin", "select", name) for name in for_admins | settings
    }
    views = {one.name for one in relations if one.is_view}
    for role, verb, name, code in refused:
        allowed = {DENIED, NOT_UPDATABLE} if name in views and verb != "select" else {DENIED}
        assert code in allowed, (role, verb, name, code)


def test_roles_reach_only_these_functions(database: Database, owner: Connection) -> None:
    """Each role and function, called: beyond the pre-request function, each has its own door."""
    let_in: dict[str, set[str]] = {role: set() for role in ROLES}
    for role in ROLES:
        with connect_as(database, role, TENANT) as connection:
            for function in read_functions(owner):
                if attempt(connection, function.call) != DENIED:
                    let_in[role].add(function.name)
    everybody = {"app.check_request"}
    metrics = {
        "app.tenant_id",
        "app.argument",
        "app.integer_argument",
        "app.is_tenant_id",
        "app.require_tenant",
        "app.check_window",
        "app.is_unmeasured",
        "app.is_unpriced",
        "app.metrics_of",
        "app.percentiles",
        "app.to_entry",
        "app.merge_histogram",
        "app.merge_histograms",
        "app.value_of",
        "app.fine_dimensions",
        "app.relative_error",
        "app.quantiles",
        "app.list_dimensions",
        "app.list_marked",
        "app.detail_dimensions",
        "app.sum_details",
        "app.sum_plainly",
        "app.sum_values",
        "app.sum_spans",
        "app.count_left_out",
        "app.find_topmost",
        "public.query_metrics",
        "app.actor",
        "app.caller",
        *(function.partition("(")[0] for function in CONVERSING),
        "app.spans_argument",
        "public.read_contents",
        "public.read_span_details",
        "public.create_view",
        "public.replace_view",
        "public.delete_view",
        *(function.partition("(")[0] for function in SUMS_READING | ASKING | COSTING),
        "public.read_trace",
        "app.most_deleted",
        "public.match_traces",
        "public.read_span",
        "public.list_facets",
        "public.list_spans",
        "public.list_traces",
        "public.count_spans",
        "public.count_traces",
        "public.list_sessions",
        "public.read_session",
        "public.list_users",
        "public.read_user",
    }
    assert let_in == {
        "anon": everybody,
        "authenticated": everybody | metrics,
        "llm_ingest": everybody | {"public.ingest_spans"},
        "llm_admin": everybody
        | {"app.tenant_id", "app.key_status"}
        | {f"public.{name}" for name in ADMINISTRATION},
        "llm_join": everybody
        | {"public.accept_invitation", "public.create_tenant", "public.leave_tenant"},
        "llm_gate": everybody | {f"public.{name}" for name in GATES},
        "llm_operator": everybody
        | {"public.start_job", "public.finish_job", "public.run_partitions", "public.run_expiry"}
        | {"public.run_roll_ups", "public.run_verification", "public.run_deletions"}
        | {"public.add_operator", "public.remove_operator"},
        "llm_sums": everybody | {"public.sum_tenants"},
    }


@pytest.mark.parametrize("tenant", [None, "", "NOT A TENANT"])
def test_a_writer_without_a_tenant_is_turned_away(
    http: httpx.Client, token: Callable[..., str], tenant: str | None
) -> None:
    """Before any function runs, with a message that says what its token lacks."""
    headers = {"Authorization": f"Bearer {token(tenant, 'llm_ingest')}"}
    answer = http.post("rpc/ingest_spans", json={"spans": []}, headers=headers)
    assert (answer.status_code, answer.json()["message"]) == (403, "This token names no tenant.")
    assert answer.json()["hint"] == "Mint it with a tenant_id claim."
