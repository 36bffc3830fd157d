"""Two databases are compared in everything: each kind of change is seen, and named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from infra.local.throwaway import Database
from infra.schema.catalogue import Catalogue, compare, read_catalogue
from infra.schema.queries import OURS, QUERIES


@dataclass(frozen=True, slots=True)
class Change:
    """One change by hand, and the beginning of the line that has to name it."""

    statement: str
    line: str
    by_superuser: bool = False


_THING = "create table public.thing (id int primary key, word text);"
CHANGES = (
    Change("create schema extra", "schema extra is only in the present"),
    Change("alter schema app owner to llm_admin", "schema app, owner", by_superuser=True),
    Change("grant usage on schema app to public", "schema app, rights"),
    Change("comment on schema app is 'x'", "schema app, comment"),
    Change("create role llm_new", "role llm_new is only in the present"),
    Change("alter role llm_gate bypassrls", "role llm_gate, attributes", by_superuser=True),
    Change("grant llm_gate to llm_admin", "role llm_admin, member of"),
    Change("comment on role llm_gate is 'x'", "role llm_gate, comment", by_superuser=True),
    Change("alter role llm_gate set statement_timeout = '9s'", "settings of llm_gate, values"),
    Change("grant set on parameter log_statement to llm_gate", "parameter log_statement", True),
    Change(
        "alter default privileges in schema public grant select on tables to anon",
        "default rights of postgres public r is only in the present",
    ),
    Change("create extension pg_trgm", "extension pg_trgm is only in the present", True),
    Change("create type public.mood as enum ('a')", "type public.mood is only in the present"),
    Change("create domain app.word as text check (value <> '')", "type app.word is only"),
    Change(_THING, "relation public.thing is only in the present"),
    Change("alter table public.traces owner to llm_admin", "relation public.traces, owner", True),
    Change("grant select on public.tenants to anon", "relation public.tenants, rights"),
    Change("revoke select on public.traces from authenticated", "relation public.traces, rights"),
    Change("alter table public.traces disable row level security", "relation public.traces, row s"),
    Change(
        "alter table public.spans_default no force row level security",
        "relation public.spans_default, row security is forced",
    ),
    Change("alter table public.traces set (fillfactor = 70)", "relation public.traces, options"),
    Change("alter table public.traces set unlogged", "relation public.traces, persistence"),
    Change(
        "alter table public.traces replica identity full",
        "relation public.traces, replica identity",
    ),
    Change("drop table public.span_contents_default", "relation public.span_contents_default is"),
    Change(
        "alter table public.spans detach partition public.spans_default",
        "relation public.spans_default, parents",
    ),
    Change(
        "create or replace view public.delivery_ledger with (security_invoker = false) as "
        "select * from public.delivery_ledger_source",
        "relation public.delivery_ledger, definition",
    ),
    Change(
        "alter view public.delivery_ledger set (security_invoker = false)",
        "relation public.delivery_ledger, options",
    ),
    Change("comment on table public.traces is 'x'", "relation public.traces, comment"),
    Change("create sequence app.numbers", "relation app.numbers is only in the present"),
    Change("alter sequence app.given increment 5", "sequence app.given, definition"),
    Change("alter table public.traces add extra int", "column public.traces.extra is only in the"),
    Change("alter table public.audit_events drop details", "column public.audit_events.details is"),
    Change("alter table public.thing_given add late text, drop id", "column public.thing_given.wo"),
    Change("alter table public.audit_events alter actor type varchar", "column public.audit_even"),
    Change(
        "alter table public.traces alter root_span_id set not null", "column public.traces.root"
    ),
    Change(
        "alter table public.tenants alter generated set default true",
        "column public.tenants.generated, default",
    ),
    Change(
        "alter table public.traces alter root_span_id set storage external",
        "column public.traces.root_span_id, storage",
    ),
    Change(
        "alter table public.traces alter models set statistics 500",
        "column public.traces.models, statistics",
    ),
    Change(
        "grant select (digest) on public.api_keys to anon", "column public.api_keys.digest, rig"
    ),
    Change("comment on column public.traces.models is 'x'", "column public.traces.models, comment"),
    Change(
        "alter table public.tenants drop constraint tenants_span_days_check",
        "constraint tenants_span_days_check on public.tenants is only in the past",
    ),
    Change(
        "alter table public.traces add constraint c check (span_count > -9) not valid",
        "constraint c on public.traces is only in the present",
    ),
    Change(
        "alter table public.tenants drop constraint tenants_span_days_check,"
        " add constraint tenants_span_days_check check (span_days between 2 and 3650)",
        "constraint tenants_span_days_check on public.tenants, definition",
    ),
    Change(
        "comment on constraint tenants_span_days_check on public.tenants is 'x'",
        "constraint tenants_span_days_check on public.tenants, comment",
    ),
    Change("drop index public.traces_newest", "index public.traces_newest is only in the past"),
    Change("create index on public.traces (tenant_id, status)", "index public.traces_tenant_id_st"),
    Change("comment on index public.traces_newest is 'x'", "index public.traces_newest, comment"),
    Change(
        "alter index public.traces_newest set (fillfactor = 50)",
        "index public.traces_newest, definition",
    ),
    Change(
        "drop policy traces_read on public.traces", "policy traces_read on public.traces is onl"
    ),
    Change(
        "alter policy traces_read on public.traces to public",
        "policy traces_read on public.traces, r",
    ),
    Change(
        "alter policy traces_read on public.traces using (true)",
        "policy traces_read on public.traces, rows read",
    ),
    Change(
        "comment on policy traces_read on public.traces is 'x'", "policy traces_read on public.tr"
    ),
    Change(
        "drop trigger audit_change on public.tenants",
        "trigger audit_change on public.tenants is only",
    ),
    Change(
        "alter table public.tenants disable trigger audit_change",
        "trigger audit_change on public.tenants, enabled",
    ),
    Change(
        "create rule quiet as on delete to public.traces do instead nothing",
        "rule quiet on public.traces is only in the present",
    ),
    Change(
        "drop function app.share_tenant(text)", "routine app.share_tenant(text) is only in the p"
    ),
    Change(
        "create or replace function public.ping() returns text language sql stable"
        " set search_path = '' as $$ select 'no' $$",
        "routine public.ping(), definition",
    ),
    Change("alter function public.ping() volatile", "routine public.ping(), definition"),
    Change("alter function public.ping() security definer", "routine public.ping(), definition"),
    Change("alter function public.ping() reset search_path", "routine public.ping(), definition"),
    Change("alter function public.ping() parallel safe", "routine public.ping(), definition"),
    Change("alter function public.ping() cost 7", "routine public.ping(), definition"),
    Change("alter function public.ping() owner to llm_admin", "routine public.ping(), owner", True),
    Change("grant execute on function public.ping() to public", "routine public.ping(), rights"),
    Change("comment on function public.ping() is 'x'", "routine public.ping(), comment"),
    Change(
        "create aggregate app.product (numeric) (sfunc = numeric_mul, stype = numeric)",
        "routine app.product(numeric) is only in the present",
    ),
    Change(
        "create statistics app.both on status, tenant_id from public.traces",
        "statistics both is only in the present",
    ),
    Change(
        "create publication all_of_it for table public.traces",
        "publication all_of_it is only",
        True,
    ),
    Change(
        "create function app.look() returns event_trigger language plpgsql as $$ begin end $$;"
        " create event trigger look on ddl_command_end execute function app.look()",
        "event trigger look is only in the present",
        by_superuser=True,
    ),
)
_GIVEN = (
    "create sequence app.given; create table public.thing_given (id int, word text);"
    "create view public.delivery_ledger_source as"
    " select * from public.delivery_ledger where tenant_id <> ''"
)
"""Things that the schema has none of, so that a change of them can be tried."""


@pytest.fixture(scope="module")
def before(database: Database) -> Catalogue:
    """The catalogue before any change."""
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        connection.execute(_GIVEN.encode())
    with _open(database.owner_url) as connection:
        return read_catalogue(connection)


def _open(url: str) -> psycopg.Connection[Any]:
    connection = psycopg.connect(url, autocommit=True)
    connection.execute("set search_path = ''")
    connection.autocommit = False
    return connection


@pytest.fixture
def changed(database: Database, request: pytest.FixtureRequest) -> Iterator[Catalogue]:
    """The catalogue with one change, which is undone."""
    change: Change = request.param
    kind = next(kind for kind in QUERIES if change.line.startswith(f"{kind} "))
    with _open(database.superuser_url if change.by_superuser else database.owner_url) as connection:
        connection.execute("set search_path = public")
        connection.execute(change.statement.encode())
        connection.execute("set search_path = ''")
        yield read_catalogue(connection, [kind])
        connection.rollback()


@pytest.mark.parametrize(
    ("changed", "line"),
    [(change, change.line) for change in CHANGES],
    indirect=["changed"],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_change_is_named(before: Catalogue, changed: Catalogue, line: str) -> None:
    """Among the differences is the one that was made; there was none before it."""
    same_kind = {
        key: value for key, value in before.items() if key[0] in {kind for kind, _ in changed}
    }
    lines = [str(one) for one in compare(same_kind, changed)]
    assert any(one.startswith(line) for one in lines), lines


def test_the_same_database_has_no_difference(before: Catalogue, database: Database) -> None:
    """Read twice, it is the same."""
    with _open(database.superuser_url) as connection:
        assert compare(before, read_catalogue(connection)) == []


def test_a_change_of_every_kind_was_tried() -> None:
    """No query stands there that no change has shown to see something."""
    tried = {kind for kind in QUERIES for change in CHANGES if change.line.startswith(f"{kind} ")}
    assert tried == QUERIES.keys()


_READ = {
    "pg_attrdef",
    "pg_class",
    "pg_constraint",
    "pg_default_acl",
    "pg_policy",
    "pg_proc",
    "pg_rewrite",
    "pg_statistic_ext",
    "pg_trigger",
    "pg_type",
}
_OBJECTS = f"""
with recursive ours (classid, objid) as (
  select classid, objid from pg_depend
  where refclassid = 'pg_namespace'::regclass and refobjid in {OURS}
  union
  select d.classid, d.objid from pg_depend d join ours o
    on (d.refclassid, d.refobjid) = (o.classid, o.objid) and d.deptype in ('a', 'i', 'P', 'S', 'n')
)
select distinct classid::regclass::text from ours
"""


def test_no_kind_of_object_is_left_out(database: Database) -> None:
    """All that hangs on our two schemas is in a catalogue that a query reads."""
    with psycopg.connect(database.owner_url) as connection:
        found = {name for (name,) in connection.execute(_OBJECTS.encode())}
    assert {"pg_class", "pg_proc", "pg_policy"} <= found <= _READ
