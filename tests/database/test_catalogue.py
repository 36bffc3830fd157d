"""The rules of CONVENTIONS.md, checked on what the migrations really made."""

from __future__ import annotations

from typing import Any

import pytest

from infra.local.throwaway import Database
from tests.database.callers import read_as_owner
from tests.database.catalogue import read_relations

OURS = "('public'::regnamespace, 'app'::regnamespace)"
TABLES = {"model_prices", "processes", "span_contents", "spans", "tenants", "traces"}
VIEWS = {
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
READ, WRITE = {"SELECT"}, {"SELECT", "INSERT", "UPDATE", "DELETE"}
RELATION_GRANTS = (
    {("authenticated", name): READ for name in (TABLES - {"tenants"}) | VIEWS}
    | {("service_role", name): READ for name in VIEWS}
    | {("service_role", name): WRITE for name in TABLES}
    | {("llm_admin", "model_prices"): READ}
)
COLUMN_GRANTS = {
    ("authenticated", "tenants", column, "SELECT")
    for column in ("tenant_id", "generated", "created_at")
}
_PRE_REQUEST = {"app.check_request()"}
_TENANT = {"app.tenant_id()", "app.is_tenant_id(text)"}
EXECUTE_GRANTS = {
    "anon": _PRE_REQUEST,
    "authenticated": _PRE_REQUEST
    | {
        "app.tenant_id()",
        "app.check_window(timestamp with time zone,timestamp with time zone,text)",
        "app.metrics_of(bigint,bigint,bigint,numeric,numeric,numeric,numeric,double precision[])",
        "query_metrics(timestamp with time zone,timestamp with time zone,text)",
    },
    "llm_ingest": _PRE_REQUEST | _TENANT | {"ingest_spans(jsonb)"},
    "llm_admin": _PRE_REQUEST | _TENANT,
    "llm_gate": _PRE_REQUEST | {"ping()"},
}
TENANT_POLICY = "(tenant_id = ( SELECT app.tenant_id() AS tenant_id))"


def names(database: Database, query: str, *parameters: Any) -> set[str]:
    """Give the first column of a query as a set."""
    return {next(iter(row.values())) for row in read_as_owner(database, query, parameters or None)}


def test_there_is_what_is_reviewed_here(database: Database) -> None:
    """A new table or view has to be added to this file, and so to be thought about."""
    relations = [one for one in read_relations(database) if not one.is_partition]
    assert {one.name for one in relations if not one.is_view} == TABLES
    assert {one.name for one in relations if one.is_view} == VIEWS
    assert {one.name for one in relations if not one.has_tenant} == REFERENCE_TABLES


def test_every_table_has_row_level_security(database: Database) -> None:
    """Enabled and forced, partitions included."""
    query = f"""
        select relname from pg_class where relnamespace in {OURS} and relkind in ('r', 'p', 'f')
          and not (relrowsecurity and relforcerowsecurity)"""
    assert names(database, query) == set()


def test_policies_have_the_one_form(database: Database) -> None:
    """One permissive read policy a table, by the token's tenant, to named roles, none elsewhere."""
    query = """
        select tablename, permissive, cmd, roles::text[], qual, with_check
        from pg_policies order by tablename"""
    found = [tuple(row.values()) for row in read_as_owner(database, query)]
    assert found == [
        (
            table,
            "PERMISSIVE",
            "SELECT",
            ["authenticated", "llm_admin"] if table in REFERENCE_TABLES else ["authenticated"],
            "true" if table in REFERENCE_TABLES else TENANT_POLICY,
            None,
        )
        for table in sorted(TABLES)
    ]


def test_nothing_trusts_a_header(database: Database) -> None:
    """No policy, function or view reads what a caller can set without a signature."""
    query = f"""
        with text_of (name, definition) as (
          select policyname::text, concat(qual, with_check) from pg_policies
          union all select p.oid::regprocedure::text, pg_get_functiondef(p.oid)
            from pg_proc p where p.pronamespace in {OURS}
          union all select c.oid::regclass::text, pg_get_viewdef(c.oid)
            from pg_class c where c.relnamespace in {OURS} and c.relkind = 'v'
        )
        select name from text_of
        where definition ~* 'request\\.(header|cookie|method|path)|user_metadata'"""
    assert names(database, query) == set()


def test_every_index_begins_with_the_tenant(database: Database) -> None:
    """Primary keys, unique keys and plain indexes, partitions included."""
    query = f"""
        select i.indexrelid::regclass::text
        from pg_index i join pg_class c on c.oid = i.indrelid and c.relnamespace in {OURS}
        join pg_attribute t on t.attrelid = c.oid and t.attname = 'tenant_id'
        where i.indkey[0] <> t.attnum"""
    assert names(database, query) == set()


def test_every_foreign_key_begins_with_the_tenant(database: Database) -> None:
    """On both sides, so that no row can point into another tenant."""
    query = f"""
        select f.conname from pg_constraint f
        join pg_class c on c.oid = f.conrelid and c.relnamespace in {OURS}
        left join pg_attribute near on near.attrelid = f.conrelid and near.attnum = f.conkey[1]
        left join pg_attribute far on far.attrelid = f.confrelid and far.attnum = f.confkey[1]
        where f.contype = 'f' and (near.attname, far.attname) is distinct from
          ('tenant_id'::name, 'tenant_id'::name)"""
    assert names(database, query) == set()


def test_every_table_has_a_key_and_a_checked_tenant(database: Database) -> None:
    """A primary key everywhere; ``tenant_id`` is never null and always well formed."""
    keyless = f"""
        select c.oid::regclass::text from pg_class c
        where c.relnamespace in {OURS} and c.relkind in ('r', 'p') and not exists (
          select from pg_index i where i.indrelid = c.oid and i.indisprimary)"""
    assert names(database, keyless) == set()
    unchecked = f"""
        select c.oid::regclass::text from pg_class c
        join pg_attribute t on t.attrelid = c.oid and t.attname = 'tenant_id'
        where c.relnamespace in {OURS} and c.relkind in ('r', 'p') and not (
          t.attnotnull and exists (
            select from pg_constraint k where k.conrelid = c.oid and k.contype = 'c'
              and k.convalidated
              and pg_get_constraintdef(k.oid) = 'CHECK (app.is_tenant_id(tenant_id))'))"""
    assert names(database, unchecked) == set()


def test_views_run_as_their_caller(database: Database) -> None:
    """``security_invoker`` on every view, or its owner would pass over row level security."""
    query = f"""
        select relname from pg_class where relnamespace in {OURS} and relkind in ('v', 'm')
          and not coalesce('security_invoker=true' = any(reloptions), false)"""
    assert names(database, query) == set()


def test_functions_pin_their_search_path(database: Database) -> None:
    """To nothing, so that no caller's schema can stand in for ours."""
    query = f"""
        select oid::regprocedure::text from pg_proc where pronamespace in {OURS}
          and not coalesce('search_path=""' = any(proconfig), false)"""
    assert names(database, query) == set()


def test_only_ingestion_runs_as_its_definer(database: Database) -> None:
    """Every other function has its caller's rights."""
    query = (
        f"select oid::regprocedure::text from pg_proc where pronamespace in {OURS} and prosecdef"
    )
    assert names(database, query) == {"ingest_spans(jsonb)"}


def test_everything_is_commented(database: Database) -> None:
    """The schema, tables, views and functions say what they are; partitions need not."""
    query = f"""
        select oid::regclass::text from pg_class
        where relnamespace in {OURS} and relkind in ('r', 'p', 'v', 'm') and not relispartition
          and obj_description(oid, 'pg_class') is null
        union all
        select oid::regprocedure::text from pg_proc
        where pronamespace in {OURS} and obj_description(oid, 'pg_proc') is null
        union all
        select nspname from pg_namespace
        where nspname = 'app' and obj_description(oid, 'pg_namespace') is null"""
    assert names(database, query) == set()


def test_grants_on_relations_are_exactly_these(database: Database) -> None:
    """Nobody but the owner has another right on any table, view or partition."""
    query = f"""
        select coalesce(r.rolname, 'public') as grantee, c.relname, array_agg(g.privilege_type)
        from pg_class c, aclexplode(c.relacl) g left join pg_roles r on r.oid = g.grantee
        where c.relnamespace in {OURS} and g.grantee <> c.relowner
        group by 1, 2"""
    rows = [tuple(row.values()) for row in read_as_owner(database, query)]
    assert {(role, name): set(rights) for role, name, rights in rows} == RELATION_GRANTS


def test_grants_on_columns_are_exactly_these(database: Database) -> None:
    """A tenant's row is readable without its digest key and salt."""
    query = f"""
        select coalesce(r.rolname, 'public') as grantee, c.relname, a.attname, g.privilege_type
        from pg_class c join pg_attribute a on a.attrelid = c.oid,
          aclexplode(a.attacl) g left join pg_roles r on r.oid = g.grantee
        where c.relnamespace in {OURS}"""
    assert {tuple(row.values()) for row in read_as_owner(database, query)} == COLUMN_GRANTS


@pytest.mark.parametrize(("role", "functions"), EXECUTE_GRANTS.items())
def test_roles_execute_exactly_these(database: Database, role: str, functions: set[str]) -> None:
    """What a role may execute, whether granted to it, to PUBLIC or by membership."""
    query = f"""
        select oid::regprocedure::text from pg_proc
        where pronamespace in {OURS} and has_function_privilege(%s, oid, 'execute')"""
    assert {name.removeprefix("public.") for name in names(database, query, role)} == functions


def test_public_executes_nothing(database: Database) -> None:
    """Postgres lets everybody execute a new function; each of ours has that taken back."""
    query = f"""
        select p.oid::regprocedure::text
        from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g
        where p.pronamespace in {OURS} and g.grantee = 0"""
    assert names(database, query) == set()


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


def test_roles_inherit_from_nobody(database: Database) -> None:
    """No API role is a member of another role, which would hand it that role's rights."""
    query = """
        select r.rolname from pg_auth_members m join pg_roles r on r.oid = m.member
        where r.rolname in ('anon', 'authenticated', 'service_role')
          or r.rolname like 'llm\\_%'"""
    assert names(database, query) == set()


def test_the_pre_request_function_is_set(database: Database) -> None:
    """The Data API calls it before every request."""
    query = """
        select setting from pg_roles, unnest(rolconfig) setting
        where rolname = 'authenticator' and setting like 'pgrst.db_pre_request=%'"""
    assert names(database, query) == {"pgrst.db_pre_request=app.check_request"}
