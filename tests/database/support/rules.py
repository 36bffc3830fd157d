"""The rules of CONVENTIONS.md: each asks the catalogue and gives what breaks it, normally nothing.

Two write as two tenants and look: what a function's statements do is in no catalogue.

They run on the migrated database, and on broken copies of it, which they must not let pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from tests.database.support import reviewed
from tests.database.support.callers import Connection
from tests.database.support.catalogue import (
    OURS,
    read_authenticator_settings,
    read_bodies,
    read_column_grants,
    read_definers,
    read_executable,
    read_exposed_relations,
    read_names,
    read_policies,
    read_relation_grants,
    read_roles,
    read_rows,
    read_schema_grants,
    read_triggers,
)
from tests.database.support.neighbours import find_mixed_tenants
from tests.database.support.sums import find_sums_of_strangers
from tests.database.support.widths import find_indexes_too_wide

Findings = set[str]
Rule = Callable[[Connection], Findings]


def find_unreviewed_relations(connection: Connection) -> Findings:
    """A new table or view has to be added to ``reviewed``, and so to be thought about."""
    relations = read_exposed_relations(connection)
    kinds = {(one.name, one.is_view, one.has_tenant) for one in relations}
    tables = {(name, False, name not in reviewed.REFERENCE_TABLES) for name in reviewed.TABLES}
    return _compare(kinds, tables | {(name, True, True) for name in reviewed.VIEWS})


def find_tables_without_row_security(connection: Connection) -> Findings:
    """Enabled and forced on every table, partitions included."""
    query = f"""
        select relname from pg_class where relnamespace in {OURS} and relkind in ('r', 'p', 'f')
          and not (relrowsecurity and relforcerowsecurity)"""
    return read_names(connection, query)


def find_other_policies(connection: Connection) -> Findings:
    """One permissive read policy a table, by the token's tenant, to named roles, none elsewhere."""
    wanted = [
        (
            table,
            "PERMISSIVE",
            "SELECT",
            reviewed.readers_of(table),
            reviewed.POLICIES[table],
            None,
        )
        for table in sorted(reviewed.TABLES - reviewed.UNREADABLE)
    ]
    return _compare(map(repr, read_policies(connection)), map(repr, wanted))


def find_another_tenant_rule(connection: Connection) -> Findings:
    """``app.tenant_id`` is the token's claim and nothing else, with the caller's rights."""
    found = {" ".join(body.split()) for body in read_bodies(connection, "app.tenant_id")}
    return _compare(found, {reviewed.TENANT_RULE})


def find_trust_in_headers(connection: Connection) -> Findings:
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
    return read_names(connection, query)


def find_indexes_without_tenant(connection: Connection) -> Findings:
    """Primary keys, unique keys and plain indexes, but for those that look a tenant up.

    Of the words of contents the tenant is in each hash.
    """
    query = f"""
        select i.indexrelid::regclass::text, i.indisunique
        from pg_index i join pg_class c on c.oid = i.indrelid and c.relnamespace in {OURS}
        join pg_attribute t on t.attrelid = c.oid and t.attname = 'tenant_id'
        where i.indkey[0] <> t.attnum
          and pg_get_indexdef(i.indexrelid) not like '%USING gin (app.content_words(tenant_id,%'"""
    return _compare(read_rows(connection, query), reviewed.LOOKUP_INDEXES)


def find_foreign_keys_without_tenant(connection: Connection) -> Findings:
    """The tenant comes first on both sides, so that no row can point into another tenant."""
    query = f"""
        select f.conname from pg_constraint f
        join pg_class c on c.oid = f.conrelid and c.relnamespace in {OURS}
        left join pg_attribute near on near.attrelid = f.conrelid and near.attnum = f.conkey[1]
        left join pg_attribute far on far.attrelid = f.confrelid and far.attnum = f.confkey[1]
        where f.contype = 'f' and (near.attname, far.attname) is distinct from
          ('tenant_id'::name, 'tenant_id'::name)"""
    return read_names(connection, query)


def find_tables_without_key(connection: Connection) -> Findings:
    """A primary key everywhere, but for rows of which nobody asks for one: roll-ups."""
    query = f"""
        select c.oid::regclass::text from pg_class c
        where c.relnamespace in {OURS} and c.relkind in ('r', 'p') and not exists (
          select from pg_index i where i.indrelid = c.oid and i.indisprimary)"""
    return read_names(connection, query) - {"roll_ups"}


def find_unchecked_tenants(connection: Connection) -> Findings:
    """``tenant_id`` is never null and always well formed."""
    query = f"""
        select c.oid::regclass::text from pg_class c
        join pg_attribute t on t.attrelid = c.oid and t.attname = 'tenant_id'
        where c.relnamespace in {OURS} and c.relkind in ('r', 'p') and not (
          t.attnotnull and exists (
            select from pg_constraint k where k.conrelid = c.oid and k.contype = 'c'
              and k.convalidated
              and pg_get_constraintdef(k.oid) = 'CHECK (app.is_tenant_id(tenant_id))'))"""
    return read_names(connection, query)


def find_views_of_their_owner(connection: Connection) -> Findings:
    """``security_invoker`` on every view, or its owner would pass over row level security."""
    query = f"""
        select relname from pg_class where relnamespace in {OURS} and relkind in ('v', 'm')
          and not coalesce('security_invoker=true' = any(reloptions), false)"""
    return read_names(connection, query)


def find_open_search_paths(connection: Connection) -> Findings:
    """Functions pin their search path to nothing, or were parsed once, but for one procedure."""
    query = f"""
        select oid::regprocedure::text from pg_proc where pronamespace in {OURS}
          and prosqlbody is null and not coalesce('search_path=""' = any(proconfig), false)"""
    return _compare(read_names(connection, query), reviewed.UNPINNED)


def find_names_of_two(connection: Connection) -> Findings:
    """A name is one function's, but where a shorter form gives a longer one its default."""
    query = f"""
        select pronamespace::regnamespace || '.' || proname from pg_proc
        where pronamespace in {OURS} group by 1 having count(*) > 1"""
    return _compare(read_names(connection, query), reviewed.SHORTENED)


def find_other_definers(connection: Connection) -> Findings:
    """What a role calls and could not do itself, and the audit; nothing else."""
    return _compare(read_definers(connection), reviewed.DEFINERS)


def find_definers_without_tenant(connection: Connection) -> Findings:
    """A door that runs as its owner takes its tenant from the token, before anything else."""
    doors = reviewed.ADMIN_FUNCTIONS | reviewed.JOIN_FUNCTIONS | reviewed.VIEW_FUNCTIONS
    doors = doors | {"ingest_spans(jsonb)"}
    head = re.compile(r"tenant text := app\.(share_tenant|hold_tenant|hold_access)\(")
    held = {
        name
        for name in doors
        for body in read_bodies(connection, name.partition("(")[0])
        if head.search(body)
    }
    return _compare(held, doors)


_ASKS_FOR_TENANT = re.compile(
    r"\btenant text := app\.(?:(?:require|share|hold)_tenant|hold_access)\((?:'\w+')?\);"
)


_ASKS_FOR_PERSON = re.compile(r"\bdeclare\s+(?:--.*\s+)?person uuid := app\.require_person\(\);")
_NAMES_SOMEBODY = re.compile(r"\b(?:user_id|tenant)_argument\(|'(?:user_id|tenant_id)'")


def find_sums_of_others(connection: Connection) -> Findings:
    """What sums over tenants asks its token who the person is, first, and takes no name of one."""
    return {
        name
        for name in reviewed.SUMS_FUNCTIONS
        for body in read_bodies(connection, name.partition("(")[0])
        if not _ASKS_FOR_PERSON.search(body) or _NAMES_SOMEBODY.search(body)
    }


def find_calls_without_tenant(connection: Connection) -> Findings:
    """What a tenant's role may call asks for the tenant before anything else, or refuses."""
    roles = reviewed.EXECUTE_GRANTS.keys() - reviewed.TENANTLESS_ROLES
    doors = {
        name
        for role in roles
        for name in read_executable(connection, role)
        if not name.startswith("app.")
    }
    return {
        name
        for name in doors
        for body in read_bodies(connection, name.partition("(")[0])
        if not _ASKS_FOR_TENANT.search(body)
    }


def find_admins_unasked(connection: Connection) -> Findings:
    """What administers asks again, in its own transaction, for the right that was reviewed."""
    asks = re.compile(
        r"tenant text := app\.(?:share_tenant|hold_tenant|hold_access)\('(\w+)'\);"
        r"|begin\s+perform app\.require_right\(tenant, '(\w+)'\);"
    )
    found = {
        (name, *filter(None, asked.groups()))
        for name in read_executable(connection, "llm_admin") & read_definers(connection)
        for body in read_bodies(connection, name.partition("(")[0])
        if (asked := asks.search(body)) is not None
    }
    return _compare(found, reviewed.RIGHTS.items())


def find_uncommented(connection: Connection) -> Findings:
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
    return read_names(connection, query)


def find_other_relation_grants(connection: Connection) -> Findings:
    """Nobody but the owner has another right on any table, view or partition."""
    found = read_relation_grants(connection)
    return _compare(_spread(found), _spread(reviewed.RELATION_GRANTS))


def find_other_column_grants(connection: Connection) -> Findings:
    """A tenant is readable without its salt, a key without its digest."""
    return _compare(read_column_grants(connection), reviewed.COLUMN_GRANTS)


def find_other_execute_grants(connection: Connection) -> Findings:
    """What a role may execute, whether granted to it, to PUBLIC or by membership."""
    found = {
        (role, name)
        for role in reviewed.EXECUTE_GRANTS
        for name in read_executable(connection, role)
    }
    return _compare(
        found, {(role, name) for role, names in reviewed.EXECUTE_GRANTS.items() for name in names}
    )


def find_public_functions(connection: Connection) -> Findings:
    """Postgres lets everybody execute a new function; each of ours has that taken back."""
    query = f"""
        select p.oid::regprocedure::text
        from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g
        where p.pronamespace in {OURS} and g.grantee = 0"""
    return read_names(connection, query)


def find_other_schema_grants(connection: Connection) -> Findings:
    """The API's roles use the two schemas, and none makes anything in them."""
    return _compare(read_schema_grants(connection), reviewed.SCHEMA_GRANTS)


def find_stronger_roles(connection: Connection) -> Findings:
    """None logs in or is a superuser, one passes over policies, and authenticator may be each."""
    wanted = {
        (role, False, False, False, False, role == "service_role", True)
        for role in [*reviewed.EXECUTE_GRANTS, "service_role"]
    }
    return _compare(read_roles(connection, [row[0] for row in wanted]), wanted)


def find_inheriting_roles(connection: Connection) -> Findings:
    """No API role is a member of another role, which would hand it that role's rights."""
    query = """
        select r.rolname from pg_auth_members m join pg_roles r on r.oid = m.member
        where r.rolname in ('anon', 'authenticated', 'service_role')
          or r.rolname like 'llm\\_%%'"""
    return read_names(connection, query)


def find_other_settings(connection: Connection) -> Findings:
    """The Data API calls our function before every request, and exposes no other schema."""
    return _compare(read_authenticator_settings(connection), reviewed.AUTHENTICATOR_SETTINGS)


def find_unaudited_settings(connection: Connection) -> Findings:
    """Tables of settings write their changes to the audit, spans mark hours; no other trigger."""
    return _compare(
        read_triggers(connection),
        {(table, "app.audit_change()", "O") for table in reviewed.AUDITED}
        | {(table, function, "O") for table, function in reviewed.MARKED.items()}
        | {(table, function, "O") for table, function in reviewed.VIEWS_KEPT},
    )


RULES: tuple[Rule, ...] = (
    find_unreviewed_relations,
    find_tables_without_row_security,
    find_other_policies,
    find_another_tenant_rule,
    find_trust_in_headers,
    find_indexes_without_tenant,
    find_foreign_keys_without_tenant,
    find_tables_without_key,
    find_unchecked_tenants,
    find_views_of_their_owner,
    find_open_search_paths,
    find_names_of_two,
    find_other_definers,
    find_definers_without_tenant,
    find_calls_without_tenant,
    find_sums_of_others,
    find_admins_unasked,
    find_uncommented,
    find_other_relation_grants,
    find_other_column_grants,
    find_other_execute_grants,
    find_public_functions,
    find_other_schema_grants,
    find_stronger_roles,
    find_inheriting_roles,
    find_other_settings,
    find_unaudited_settings,
    find_mixed_tenants,
    find_sums_of_strangers,
    find_indexes_too_wide,
)


def _spread(grants: dict[tuple[str, str], set[str]]) -> set[tuple[str, str, str]]:
    return {(*pair, right) for pair, rights in grants.items() for right in rights}


def _compare(found: Iterable[object], wanted: Iterable[object]) -> Findings:
    there, due = set(found), set(wanted)
    return {f"not reviewed: {one}" for one in there - due} | {
        f"missing: {one}" for one in due - there
    }
