"""What there is, asked of pg_catalog: a new table, view or function is in the tests by itself.

``read_…`` gives what there is, ``find_…`` gives what breaks a rule of CONVENTIONS.md. All take a
connection as the owner, so that they can be asked inside a transaction that broke one on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.database.callers import Connection

_OURS = "('public'::regnamespace, 'app'::regnamespace)"
_RELATIONS = f"""
select c.relname as name, c.relkind in ('v', 'm') as is_view, c.relispartition as is_partition,
  exists (
    select from pg_catalog.pg_attribute a
    where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
  ) as has_tenant,
  array(
    select role from unnest(array['authenticated', 'llm_admin']) role
    where has_any_column_privilege(role, c.oid, 'select')
  ) as readers
from pg_catalog.pg_class c
where c.relnamespace in {_OURS} and c.relkind in ('r', 'p', 'v', 'm', 'f')
order by c.relname
"""
_FUNCTIONS = f"""
select format('%I.%I', n.nspname, p.proname) as name, p.prokind = 'p' as is_procedure,
  array(select format_type(t, null) from unnest(p.proargtypes::oid[]) t) as argument_types,
  array(select n from unnest(p.proargnames[:p.pronargs]) n where n <> '') as argument_names
from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where p.pronamespace in {_OURS}
order by 1
"""
_READABLE_COLUMNS = """
select attname from pg_catalog.pg_attribute
where attrelid = format('public.%%I', %s::text)::regclass and attnum > 0 and not attisdropped
  and has_column_privilege(%s, attrelid, attnum, 'select')
order by attnum
"""


@dataclass(frozen=True, slots=True)
class Relation:
    """A table, partition or view of schema public; ``readers`` are the roles of requests."""

    name: str
    is_view: bool
    is_partition: bool
    has_tenant: bool
    readers: list[str]


@dataclass(frozen=True, slots=True)
class Function:
    """A function or procedure of schema public or app."""

    name: str
    is_procedure: bool
    argument_types: list[str]
    argument_names: list[str]

    @property
    def is_exposed(self) -> bool:
        """Whether the Data API offers it."""
        return self.name.startswith("public.")

    @property
    def body(self) -> dict[str, None]:
        """The body that calls it over HTTP with nothing but nulls."""
        return dict.fromkeys(self.argument_names)

    @property
    def call(self) -> str:
        """SQL that calls it with nothing but nulls."""
        verb = "call" if self.is_procedure else "select"
        return f"{verb} {self.name}({', '.join(f'null::{one}' for one in self.argument_types)})"


def read_relations(connection: Connection) -> list[Relation]:
    """Give every relation that rows can be read from."""
    found = [Relation(**row) for row in connection.execute(_RELATIONS.encode())]
    assert found, "the catalogue answers nothing: the tests would prove nothing"
    return found


def read_exposed_relations(connection: Connection) -> list[Relation]:
    """Give the relations that a tenant reads: all but partitions."""
    return [relation for relation in read_relations(connection) if not relation.is_partition]


def read_functions(connection: Connection) -> list[Function]:
    """Give every function of ours."""
    found = [Function(**row) for row in connection.execute(_FUNCTIONS.encode())]
    assert found, "the catalogue answers nothing: the tests would prove nothing"
    return found


def read_columns(connection: Connection, relation: Relation, role: str) -> list[str]:
    """Give the columns of a relation that a role may read."""
    rows = connection.execute(_READABLE_COLUMNS, (relation.name, role))
    return [row["attname"] for row in rows]


def find_tables_without_row_security(connection: Connection) -> set[str]:
    """Tables and partitions where it is not both enabled and forced."""
    query = f"""
        select relname from pg_class where relnamespace in {_OURS} and relkind in ('r', 'p', 'f')
          and not (relrowsecurity and relforcerowsecurity)"""
    return _names(connection, query)


def read_policies(connection: Connection) -> list[tuple[Any, ...]]:
    """Every policy: table, kind, command, roles, which rows are seen, which may be written."""
    query = """
        select tablename, permissive, cmd, roles::text[], qual, with_check
        from pg_policies order by tablename, policyname"""
    return _rows(connection, query)


def find_trust_in_headers(connection: Connection) -> set[str]:
    """Policies, functions and views that read what a caller can set without a signature."""
    query = f"""
        with text_of (name, definition) as (
          select policyname::text, concat(qual, with_check) from pg_policies
          union all select p.oid::regprocedure::text, pg_get_functiondef(p.oid)
            from pg_proc p where p.pronamespace in {_OURS}
          union all select c.oid::regclass::text, pg_get_viewdef(c.oid)
            from pg_class c where c.relnamespace in {_OURS} and c.relkind = 'v'
        )
        select name from text_of
        where definition ~* 'request\\.(header|cookie|method|path)|user_metadata'"""
    return _names(connection, query)


def find_indexes_without_tenant(connection: Connection) -> set[tuple[Any, ...]]:
    """Indexes of tenants' tables that do not begin with the tenant, and whether they are unique."""
    query = f"""
        select i.indexrelid::regclass::text, i.indisunique
        from pg_index i join pg_class c on c.oid = i.indrelid and c.relnamespace in {_OURS}
        join pg_attribute t on t.attrelid = c.oid and t.attname = 'tenant_id'
        where i.indkey[0] <> t.attnum"""
    return set(_rows(connection, query))


def find_foreign_keys_without_tenant(connection: Connection) -> set[str]:
    """Foreign keys that do not begin with the tenant on both sides."""
    query = f"""
        select f.conname from pg_constraint f
        join pg_class c on c.oid = f.conrelid and c.relnamespace in {_OURS}
        left join pg_attribute near on near.attrelid = f.conrelid and near.attnum = f.conkey[1]
        left join pg_attribute far on far.attrelid = f.confrelid and far.attnum = f.confkey[1]
        where f.contype = 'f' and (near.attname, far.attname) is distinct from
          ('tenant_id'::name, 'tenant_id'::name)"""
    return _names(connection, query)


def find_tables_without_key(connection: Connection) -> set[str]:
    """Tables without a primary key."""
    query = f"""
        select c.oid::regclass::text from pg_class c
        where c.relnamespace in {_OURS} and c.relkind in ('r', 'p') and not exists (
          select from pg_index i where i.indrelid = c.oid and i.indisprimary)"""
    return _names(connection, query)


def find_unchecked_tenants(connection: Connection) -> set[str]:
    """Tables whose ``tenant_id`` may be null or malformed."""
    query = f"""
        select c.oid::regclass::text from pg_class c
        join pg_attribute t on t.attrelid = c.oid and t.attname = 'tenant_id'
        where c.relnamespace in {_OURS} and c.relkind in ('r', 'p') and not (
          t.attnotnull and exists (
            select from pg_constraint k where k.conrelid = c.oid and k.contype = 'c'
              and k.convalidated
              and pg_get_constraintdef(k.oid) = 'CHECK (app.is_tenant_id(tenant_id))'))"""
    return _names(connection, query)


def find_views_of_their_owner(connection: Connection) -> set[str]:
    """Views without ``security_invoker``: their owner passes over row level security."""
    query = f"""
        select relname from pg_class where relnamespace in {_OURS} and relkind in ('v', 'm')
          and not coalesce('security_invoker=true' = any(reloptions), false)"""
    return _names(connection, query)


def find_open_search_paths(connection: Connection) -> set[str]:
    """Functions whose search path is not pinned to nothing."""
    query = f"""
        select oid::regprocedure::text from pg_proc where pronamespace in {_OURS}
          and not coalesce('search_path=""' = any(proconfig), false)"""
    return _names(connection, query)


def read_definers(connection: Connection) -> set[str]:
    """Functions that run with their owner's rights."""
    query = (
        f"select oid::regprocedure::text from pg_proc where pronamespace in {_OURS} and prosecdef"
    )
    return _names(connection, query)


def find_uncommented(connection: Connection) -> set[str]:
    """The schema, tables, views and functions without a comment; partitions need none."""
    query = f"""
        select oid::regclass::text from pg_class
        where relnamespace in {_OURS} and relkind in ('r', 'p', 'v', 'm') and not relispartition
          and obj_description(oid, 'pg_class') is null
        union all
        select oid::regprocedure::text from pg_proc
        where pronamespace in {_OURS} and obj_description(oid, 'pg_proc') is null
        union all
        select nspname from pg_namespace
        where nspname = 'app' and obj_description(oid, 'pg_namespace') is null"""
    return _names(connection, query)


def read_relation_grants(connection: Connection) -> dict[tuple[str, str], set[str]]:
    """The rights on whole relations, partitions too, of all but the owner, by role and name."""
    query = f"""
        select coalesce(r.rolname, 'public') as grantee, c.relname, array_agg(g.privilege_type)
        from pg_class c, aclexplode(c.relacl) g left join pg_roles r on r.oid = g.grantee
        where c.relnamespace in {_OURS} and g.grantee <> c.relowner
        group by 1, 2"""
    return {(role, name): set(rights) for role, name, rights in _rows(connection, query)}


def read_column_grants(connection: Connection) -> set[tuple[Any, ...]]:
    """The rights on single columns: role, relation, column, right."""
    query = f"""
        select coalesce(r.rolname, 'public') as grantee, c.relname, a.attname, g.privilege_type
        from pg_class c join pg_attribute a on a.attrelid = c.oid,
          aclexplode(a.attacl) g left join pg_roles r on r.oid = g.grantee
        where c.relnamespace in {_OURS}"""
    return set(_rows(connection, query))


def read_executable(connection: Connection, role: str) -> set[str]:
    """What a role may execute, whether granted to it, to PUBLIC or by membership."""
    query = f"""
        select oid::regprocedure::text from pg_proc
        where pronamespace in {_OURS} and has_function_privilege(%s, oid, 'execute')"""
    return {name.removeprefix("public.") for name in _names(connection, query, role)}


def find_public_functions(connection: Connection) -> set[str]:
    """Functions that everybody may execute, as Postgres lets them by default."""
    query = f"""
        select p.oid::regprocedure::text
        from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g
        where p.pronamespace in {_OURS} and g.grantee = 0"""
    return _names(connection, query)


def find_inheriting_roles(connection: Connection) -> set[str]:
    """The API's roles that are members of another role, and so have that role's rights."""
    query = """
        select r.rolname from pg_auth_members m join pg_roles r on r.oid = m.member
        where r.rolname in ('anon', 'authenticated', 'service_role')
          or r.rolname like 'llm\\_%%'"""
    return _names(connection, query)


def _rows(connection: Connection, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in connection.execute(query.encode(), parameters or None)]


def _names(connection: Connection, query: str, *parameters: Any) -> set[str]:
    return {row[0] for row in _rows(connection, query, *parameters)}
