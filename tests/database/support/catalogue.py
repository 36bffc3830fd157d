"""What there is, asked of pg_catalog: a new table, view or function is in the tests by itself.

All take a connection as the owner, so that they can be asked inside a transaction that broke a
rule on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.database.support.callers import Connection

OURS = "('public'::regnamespace, 'app'::regnamespace)"
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
where c.relnamespace in {OURS} and c.relkind in ('r', 'p', 'v', 'm', 'f')
order by c.relname
"""
_FUNCTIONS = f"""
select format('%I.%I', n.nspname, p.proname) as name, p.prokind = 'p' as is_procedure,
  array(select format_type(t, null) from unnest(p.proargtypes::oid[]) t) as argument_types,
  array(select n from unnest(p.proargnames[:p.pronargs]) n where n <> '') as argument_names
from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where p.pronamespace in {OURS}
order by 1, 3
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


def read_policies(connection: Connection) -> list[tuple[Any, ...]]:
    """Every policy: table, kind, command, roles, which rows are seen, which may be written."""
    query = """
        select tablename, permissive, cmd, roles::text[], qual, with_check
        from pg_policies order by tablename, policyname"""
    return read_rows(connection, query)


def read_definers(connection: Connection) -> set[str]:
    """Functions that run with their owner's rights."""
    query = (
        f"select oid::regprocedure::text from pg_proc where pronamespace in {OURS} and prosecdef"
    )
    return read_names(connection, query)


def read_relation_grants(connection: Connection) -> dict[tuple[str, str], set[str]]:
    """The rights on whole relations, partitions too, of all but the owner, by role and name."""
    query = f"""
        select coalesce(r.rolname, 'public') as grantee, c.relname, array_agg(g.privilege_type)
        from pg_class c, aclexplode(c.relacl) g left join pg_roles r on r.oid = g.grantee
        where c.relnamespace in {OURS} and g.grantee <> c.relowner
        group by 1, 2"""
    return {(role, name): set(rights) for role, name, rights in read_rows(connection, query)}


def read_column_grants(connection: Connection) -> set[tuple[Any, ...]]:
    """The rights on single columns: role, relation, column, right."""
    query = f"""
        select coalesce(r.rolname, 'public') as grantee, c.relname, a.attname, g.privilege_type
        from pg_class c join pg_attribute a on a.attrelid = c.oid,
          aclexplode(a.attacl) g left join pg_roles r on r.oid = g.grantee
        where c.relnamespace in {OURS}"""
    return set(read_rows(connection, query))


def read_executable(connection: Connection, role: str) -> set[str]:
    """What a role may execute, whether granted to it, to PUBLIC or by membership."""
    query = f"""
        select oid::regprocedure::text from pg_proc
        where pronamespace in {OURS} and has_function_privilege(%s, oid, 'execute')"""
    return {name.removeprefix("public.") for name in read_names(connection, query, role)}


def read_bodies(connection: Connection, name: str) -> set[str]:
    """The bodies of a function, of its overloads too."""
    query = f"""
        select coalesce(pg_get_function_sqlbody(oid), prosrc) from pg_proc
        where pronamespace in {OURS} and oid::regproc::text = %s"""
    return read_names(connection, query, name)


def read_schema_grants(connection: Connection) -> set[tuple[Any, ...]]:
    """The rights on our two schemas of all but their owners: role, schema, right."""
    query = f"""
        select coalesce(r.rolname, 'public') as grantee, n.nspname, g.privilege_type
        from pg_namespace n, aclexplode(n.nspacl) g left join pg_roles r on r.oid = g.grantee
        where n.oid in {OURS} and g.grantee <> n.nspowner"""
    return set(read_rows(connection, query))


def read_roles(connection: Connection, roles: list[str]) -> set[tuple[Any, ...]]:
    """Name, login, superuser, createrole, createdb, bypassrls, whether authenticator may be it."""
    query = """
        select rolname, rolcanlogin, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls,
          pg_has_role('authenticator', oid, 'member')
        from pg_roles where rolname = any(%s)"""
    return set(read_rows(connection, query, roles))


def read_authenticator_settings(connection: Connection) -> set[str]:
    """What the role that the Data API logs in as is set to, here or everywhere."""
    query = """
        select setting from pg_db_role_setting, unnest(setconfig) setting
        where setrole = 'authenticator'::regrole and setdatabase in (
          0, (select oid from pg_database where datname = current_database()))"""
    return read_names(connection, query)


def read_triggers(connection: Connection) -> set[tuple[Any, ...]]:
    """Every trigger of our tables but those of foreign keys: table, function, when it fires."""
    query = f"""
        select c.relname, t.tgfoid::regprocedure::text, t.tgenabled::text
        from pg_trigger t join pg_class c on c.oid = t.tgrelid
        where c.relnamespace in {OURS} and not t.tgisinternal"""
    return set(read_rows(connection, query))


def read_rows(connection: Connection, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Give a query's rows."""
    return [tuple(row.values()) for row in connection.execute(query.encode(), parameters or None)]


def read_names(connection: Connection, query: str, *parameters: Any) -> set[str]:
    """Give the first column of a query's rows."""
    return {row[0] for row in read_rows(connection, query, *parameters)}
