"""Bytes a span on disk, by table and index, and what each index costs an insert."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import psycopg
from psycopg import sql

from infra.local.throwaway import Database

_TABLES: Final = ("spans", "traces", "roll_ups", "roll_up_changes", "hour_terms")
_SIZES: Final = """
with parents as (select unnest(%s::text[]) as name),
leaves as (
  select p.name, c.oid as relid from parents p join pg_class c on c.oid = p.name::regclass
    or c.oid in (select t.relid from pg_partition_tree(p.name::regclass) t)
  where c.relkind = 'r'
)
select name, 'rows' as part, sum(pg_relation_size(relid)) from leaves group by 1
union all
select name, 'TOAST and maps', sum(pg_table_size(relid) - pg_relation_size(relid))
  from leaves group by 1
union all
select l.name, coalesce(parent.relname, own.relname), sum(pg_relation_size(own.oid))
  from leaves l join pg_index i on i.indrelid = l.relid join pg_class own on own.oid = i.indexrelid
  left join pg_inherits h on h.inhrelid = own.oid
  left join pg_class parent on parent.oid = h.inhparent
  group by 1, 2
order by 1, 3 desc
"""
_COLUMNS: Final = """select attname from pg_attribute
where attrelid = 'public.spans'::regclass and attnum > 0 and not attisdropped order by attnum"""
SOME: Final = 20_000
"""Rows that columns are measured of."""
BUYS: Final = {
    "spans_pkey": "redelivery finds its row; a trace's spans",
    "spans_newest": "lists of spans, and every sum over raw rows of a window",
    "spans_marked": "what sums leave out or doubt, and the lists of it",
    "spans_misdated": "how many spans no window has, in every answer of sums",
    "spans_of_call": "a call's several spans, when they arrive",
    "spans_of_response": "a response that is told twice, when it arrives",
    "spans_unnamed": "a call without a response id within another, when it arrives",
    "spans_ahead": "expiry of what claims to start after it came",
    "spans_of_previous": "who goes on from a response, when sessions are derived",
    "spans_of_input": "calls with exactly one prompt",
    "spans_of_user": "a user's spans: the list's filter, and forgetting",
    "spans_by_duration": "the slowest spans of some days",
    "spans_by_cost": "the dearest spans of some days",
    "traces_pkey": "a trace by its id, at each delivery",
    "traces_newest": "the list of traces",
    "traces_across": "traces that go on in another hour than they start in: whose terms change",
    "traces_misdated": "traces whose terms nobody marks, in every list under a filter",
    "traces_of_session": "a session's turns and sums, and whether a trace is its newest",
    "traces_of_user": "a user's newest traces and sessions",
    "traces_by_duration": "the slowest traces of some days",
    "traces_by_cost": "the dearest traces of some days",
    "traces_by_tokens": "the traces of the most tokens of some days",
    "traces_by_errors": "the traces of the most failed spans of some days",
    "roll_ups_of_bucket": "every sum that is kept",
    "roll_ups_of_value": "the sums of a user, customer, session or tag that a filter names",
    "roll_up_changes_pkey": "which hours are to be read from raw rows",
    "hour_terms_pkey": "the spans and traces of an hour that have what a filter asks",
    "hour_terms_hours": "the hours that have terms",
}
"""What each index is for; a new one has no line here until somebody says it."""


@dataclass(frozen=True, slots=True)
class Size:
    """The bytes of a part of a table."""

    table: str
    part: str
    total: int


def measure_sizes(database: Database) -> list[Size]:
    """Read the bytes of each table, index by index."""
    with psycopg.connect(database.owner_url) as connection:
        rows = connection.execute(_SIZES, (list(_TABLES),)).fetchall()
    return [Size(str(table), str(part), int(total)) for table, part, total in rows]


@dataclass(frozen=True, slots=True)
class Column:
    """The bytes of a column of ``spans`` in each row, and in how many of them it is told."""

    name: str
    size: float
    told: float


def measure_columns(database: Database) -> list[Column]:
    """Read the bytes of each column of ``spans``, of some rows; the largest first."""
    with psycopg.connect(database.owner_url) as connection:
        names = [str(name) for (name,) in connection.execute(_COLUMNS).fetchall()]
        parts = (
            sql.SQL(
                "sum(pg_column_size({0})) * 1.0 / count(*), count({0}) * 1.0 / count(*)"
            ).format(sql.Identifier(name))
            for name in names
        )
        statement = sql.SQL("select {} from (select * from spans limit %s) s")
        row = connection.execute(statement.format(sql.SQL(", ").join(parts)), (SOME,)).fetchone()
    values = iter(row or ())
    found = [Column(name, float(next(values) or 0), float(next(values))) for name in names]
    return sorted(found, key=lambda column: -column.size)


def add_up(sizes: Sequence[Size]) -> int:
    """Give the bytes of all parts."""
    return sum(size.total for size in sizes)
