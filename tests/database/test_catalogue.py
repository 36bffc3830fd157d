"""The rules of CONVENTIONS.md, checked on what the migrations really made."""

from __future__ import annotations

import pytest

from infra.local.throwaway import Database
from tests.database import catalogue
from tests.database.callers import Connection, read_as_owner

TABLES = {
    "api_keys",
    "audit_events",
    "memberships",
    "model_prices",
    "processes",
    "span_contents",
    "spans",
    "tenants",
    "traces",
}
VIEWS = {
    "api_key_summaries",
    "delivery_ledger",
    "error_summaries",
    "metrics_by_day",
    "metrics_by_hour",
    "metrics_by_model",
    "metrics_by_user",
    "span_details",
    "span_summaries",
    "trace_summaries",
}
REFERENCE_TABLES = {"model_prices"}
ADMIN_ONLY = {"api_keys", "api_key_summaries", "audit_events"}
SHARED_WITH_ADMINS = {"memberships", "model_prices", "tenants"}
BY_COLUMN = {"api_keys", "tenants"}
READ, WRITE = {"SELECT"}, {"SELECT", "INSERT", "UPDATE", "DELETE"}
RELATION_GRANTS = (
    {("authenticated", name): READ for name in (TABLES | VIEWS) - BY_COLUMN - ADMIN_ONLY}
    | {("llm_admin", name): READ for name in (ADMIN_ONLY | SHARED_WITH_ADMINS) - BY_COLUMN}
    | {("service_role", name): READ for name in VIEWS | {"audit_events"}}
    | {("service_role", name): WRITE for name in TABLES - {"audit_events", "api_keys"}}
)
_KEY_COLUMNS = [
    "tenant_id",
    "key_id",
    "kind",
    "name",
    "environment",
    "scopes",
    "created_at",
    "created_by",
    "expires_at",
    "revoked_at",
    "last_used_at",
    "replaced_by",
]
COLUMN_GRANTS = (
    {
        (role, "tenants", column, "SELECT")
        for role in ("authenticated", "llm_admin")
        for column in ("tenant_id", "generated", "span_days", "content_days", "created_at")
    }
    | {
        (role, "api_keys", column, "SELECT")
        for role in ("llm_admin", "service_role")
        for column in _KEY_COLUMNS
    }
    | {
        ("service_role", "api_keys", column, "UPDATE")
        for column in ("name", "expires_at", "revoked_at")
    }
)
_PRE_REQUEST = {"app.check_request()"}
_ADMIN_FUNCTIONS = {
    f"{name}(jsonb)"
    for name in [
        "create_api_key",
        "rotate_api_key",
        "revoke_api_key",
        "create_ingest_token",
        "set_membership",
        "remove_membership",
        "forget_trace",
        "forget_user",
        "forget_tenant",
        "set_retention",
    ]
} | {"shred_digests()"}
_GATE_FUNCTIONS = {"authenticate_key(jsonb)", "find_memberships(jsonb)"}
EXECUTE_GRANTS = {
    "anon": _PRE_REQUEST,
    "authenticated": _PRE_REQUEST
    | {
        "app.tenant_id()",
        "app.check_window(timestamp with time zone,timestamp with time zone,text)",
        "app.metrics_of(bigint,bigint,bigint,numeric,numeric,numeric,numeric,double precision[])",
        "query_metrics(timestamp with time zone,timestamp with time zone,text)",
    },
    "llm_ingest": _PRE_REQUEST | {"ingest_spans(jsonb)"},
    "llm_admin": _PRE_REQUEST | {"app.tenant_id()"} | _ADMIN_FUNCTIONS,
    "llm_gate": _PRE_REQUEST | {"ping()"} | _GATE_FUNCTIONS,
}
TENANT_POLICY = "(tenant_id = ( SELECT app.tenant_id() AS tenant_id))"


def readers_of(table: str) -> list[str]:
    """Give the roles that a table's policy names."""
    if table in ADMIN_ONLY:
        return ["llm_admin"]
    return ["authenticated", *(["llm_admin"] if table in SHARED_WITH_ADMINS else [])]


def test_there_is_what_is_reviewed_here(owner: Connection) -> None:
    """A new table or view has to be added to this file, and so to be thought about."""
    relations = catalogue.read_exposed_relations(owner)
    assert {one.name for one in relations if not one.is_view} == TABLES
    assert {one.name for one in relations if one.is_view} == VIEWS
    assert {one.name for one in relations if not one.has_tenant} == REFERENCE_TABLES


def test_every_table_has_row_level_security(owner: Connection) -> None:
    """Enabled and forced, partitions included."""
    assert catalogue.find_tables_without_row_security(owner) == set()


def test_policies_have_the_one_form(owner: Connection) -> None:
    """One permissive read policy a table, by the token's tenant, to named roles, none elsewhere."""
    assert catalogue.read_policies(owner) == [
        (
            table,
            "PERMISSIVE",
            "SELECT",
            readers_of(table),
            "true" if table in REFERENCE_TABLES else TENANT_POLICY,
            None,
        )
        for table in sorted(TABLES)
    ]


def test_nothing_trusts_a_header(owner: Connection) -> None:
    """No policy, function or view reads what a caller can set without a signature."""
    assert catalogue.find_trust_in_headers(owner) == set()


def test_every_index_begins_with_the_tenant(owner: Connection) -> None:
    """Primary keys, unique keys and plain indexes, but for the two that look a tenant up."""
    assert catalogue.find_indexes_without_tenant(owner) == {
        ("api_keys_by_id", False),
        ("memberships_by_user", False),
    }


def test_every_foreign_key_begins_with_the_tenant(owner: Connection) -> None:
    """On both sides, so that no row can point into another tenant."""
    assert catalogue.find_foreign_keys_without_tenant(owner) == set()


def test_every_table_has_a_key_and_a_checked_tenant(owner: Connection) -> None:
    """A primary key everywhere; ``tenant_id`` is never null and always well formed."""
    assert catalogue.find_tables_without_key(owner) == set()
    assert catalogue.find_unchecked_tenants(owner) == set()


def test_views_run_as_their_caller(owner: Connection) -> None:
    """``security_invoker`` on every view, or its owner would pass over row level security."""
    assert catalogue.find_views_of_their_owner(owner) == set()


def test_functions_pin_their_search_path(owner: Connection) -> None:
    """To nothing, but for the owner's one procedure, which could not commit with one."""
    assert catalogue.find_open_search_paths(owner) == {"app.expire_data(integer)"}


def test_only_doors_run_as_their_definer(owner: Connection) -> None:
    """What a role calls and could not do itself, and the audit; nothing else."""
    assert catalogue.read_definers(owner) == (
        {"ingest_spans(jsonb)", "app.audit_change()"}
        | _PRE_REQUEST
        | _ADMIN_FUNCTIONS
        | _GATE_FUNCTIONS
    )


def test_everything_is_commented(owner: Connection) -> None:
    """The schema, tables, views and functions say what they are; partitions need not."""
    assert catalogue.find_uncommented(owner) == set()


def test_grants_on_relations_are_exactly_these(owner: Connection) -> None:
    """Nobody but the owner has another right on any table, view or partition."""
    assert catalogue.read_relation_grants(owner) == RELATION_GRANTS


def test_grants_on_columns_are_exactly_these(owner: Connection) -> None:
    """A tenant is readable without its salt, a key without its digest."""
    assert catalogue.read_column_grants(owner) == COLUMN_GRANTS


@pytest.mark.parametrize(("role", "functions"), EXECUTE_GRANTS.items())
def test_roles_execute_exactly_these(owner: Connection, role: str, functions: set[str]) -> None:
    """What a role may execute, whether granted to it, to PUBLIC or by membership."""
    assert catalogue.read_executable(owner, role) == functions


def test_public_executes_nothing(owner: Connection) -> None:
    """Postgres lets everybody execute a new function; each of ours has that taken back."""
    assert catalogue.find_public_functions(owner) == set()


def test_roles_are_what_they_should_be(database: Database) -> None:
    """None logs in or is a superuser, one passes over policies, and authenticator may be each."""
    wanted = ["anon", "authenticated", "llm_admin", "llm_gate", "llm_ingest", "service_role"]
    query = """
        select rolname, rolcanlogin, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls,
          pg_has_role('authenticator', oid, 'member')
        from pg_roles where rolname = any(%s) order by 1"""
    found = [tuple(row.values()) for row in read_as_owner(database, query, (wanted,))]
    assert found == [
        (role, False, False, False, False, role == "service_role", True) for role in wanted
    ]


def test_roles_inherit_from_nobody(owner: Connection) -> None:
    """No API role is a member of another role, which would hand it that role's rights."""
    assert catalogue.find_inheriting_roles(owner) == set()


def test_the_pre_request_function_is_set(database: Database) -> None:
    """The Data API calls it before every request."""
    query = """
        select setting from pg_roles, unnest(rolconfig) setting
        where rolname = 'authenticator' and setting like 'pgrst.db_pre_request=%'"""
    assert read_as_owner(database, query) == [{"setting": "pgrst.db_pre_request=app.check_request"}]
