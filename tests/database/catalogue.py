"""What there is, asked of pg_catalog: a new table, view or function is in the tests by itself."""

from __future__ import annotations

from dataclasses import dataclass

from infra.local.throwaway import Database
from tests.database.callers import read_as_owner

_RELATIONS = """
select c.relname as name, c.relkind in ('v', 'm') as is_view, c.relispartition as is_partition,
  exists (
    select from pg_catalog.pg_attribute a
    where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
  ) as has_tenant
from pg_catalog.pg_class c
where c.relnamespace in ('public'::regnamespace, 'app'::regnamespace)
  and c.relkind in ('r', 'p', 'v', 'm', 'f')
order by c.relname
"""
_FUNCTIONS = """
select format('%I.%I', n.nspname, p.proname) as name,
  array(select format_type(t, null) from unnest(p.proargtypes::oid[]) t) as argument_types,
  coalesce(p.proargnames, '{}') as argument_names
from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where n.nspname in ('public', 'app')
order by 1
"""
_READABLE_COLUMNS = """
select attname from pg_catalog.pg_attribute
where attrelid = format('public.%%I', %s::text)::regclass and attnum > 0 and not attisdropped
  and has_column_privilege('authenticated', attrelid, attnum, 'select')
order by attnum
"""


@dataclass(frozen=True, slots=True)
class Relation:
    """A table, partition or view of schema public."""

    name: str
    is_view: bool
    is_partition: bool
    has_tenant: bool


@dataclass(frozen=True, slots=True)
class Function:
    """A function of schema public or app."""

    name: str
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
        return f"select {self.name}({', '.join(f'null::{one}' for one in self.argument_types)})"


def read_relations(database: Database) -> list[Relation]:
    """Give every relation that rows can be read from."""
    found = [Relation(**row) for row in read_as_owner(database, _RELATIONS)]
    assert found, "the catalogue answers nothing: the tests would prove nothing"
    return found


def read_exposed_relations(database: Database) -> list[Relation]:
    """Give the relations that a tenant reads: all but partitions."""
    return [relation for relation in read_relations(database) if not relation.is_partition]


def read_functions(database: Database) -> list[Function]:
    """Give every function of ours."""
    rows = read_as_owner(database, _FUNCTIONS)
    assert rows, "the catalogue answers nothing: the tests would prove nothing"
    return [Function(**row) for row in rows]


def read_columns(database: Database, relation: Relation) -> list[str]:
    """Give the columns of a relation that ``authenticated`` may read."""
    rows = read_as_owner(database, _READABLE_COLUMNS, (relation.name,))
    return [row["attname"] for row in rows]
