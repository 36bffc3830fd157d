"""A project that is set up, and statements that break one thing of it and mend it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from infra.local.throwaway import Database
from llm_observe.doctor.newest_migration import NEWEST_MIGRATION

RUNS = (
    "insert into job_runs (job, outcome, started_at, finished_at, next_due) values "
    "('deletions', 'done', now(), now(), now() + interval '5 minutes'), "
    "('expiry', 'done', now(), now(), now() + interval '1 hour'), "
    "('partitions', 'done', now(), now(), now() + interval '1 day'), "
    "('roll_ups', 'done', now(), now(), now() + interval '5 minutes'), "
    "('verification', 'done', now(), now(), now() + interval '1 day')"
)
_SET_UP = f"""
create schema supabase_migrations;
create table supabase_migrations.schema_migrations (version text primary key);
insert into supabase_migrations.schema_migrations values ('{NEWEST_MIGRATION}');
{RUNS};
create table app.kept_prices as select * from model_prices;
create table app.kept_hook as
  select pg_get_functiondef('app.check_request()'::regprocedure) as definition;
"""
_NAME_BACK = (
    "do $$ begin if to_regproc('public.read_later') is not null then "
    "alter function read_later(jsonb) rename to read_setup; end if; end $$"
)
_MEND = (
    f"update supabase_migrations.schema_migrations set version = '{NEWEST_MIGRATION}'",
    "delete from job_runs",
    RUNS,
    "select app.ensure_partitions()",
    "delete from retention_runs",
    "delete from roll_up_progress",
    "insert into model_prices select * from app.kept_prices on conflict do nothing",
    "grant execute on function ingest_spans(jsonb) to llm_ingest",
    _NAME_BACK,
    "do $$ begin execute (select definition from app.kept_hook); end $$",
)
_DROP_MONTH = (
    "do $$ begin execute format('drop table %I', "
    "app.partition_name('spans', (now() + interval '2 months')::date)); end $$"
)
_FAIL_EXPIRY = (
    "insert into retention_runs (tenant_id, run_id, outcome, finished_at) "
    "values ('{tenant}', gen_random_uuid(), 'failed', now())"
)
_DRIFT = "insert into roll_up_progress (tenant_id, drifted_hours) values ('{tenant}', 2)"
_EMPTY_HOOK = (
    "create or replace function app.check_request() returns void "
    "language plpgsql stable security definer set search_path = '' as 'begin end'"
)
"""As a project has it whose own pre-request function does not call ours."""
TROUBLES: Mapping[str, tuple[str, ...]] = {
    "migrations": ("update supabase_migrations.schema_migrations set version = '20260101000000'",),
    "pre_request": (_EMPTY_HOOK,),
    "jobs": ("update job_runs set next_due = now() - interval '1 hour' where job = 'partitions'",),
    "partitions": (_DROP_MONTH,),
    "retention": (_FAIL_EXPIRY,),
    "roll_ups": (_DRIFT,),
    "prices": ("truncate model_prices",),
    "test_span": ("revoke execute on function ingest_spans(jsonb) from llm_ingest",),
}
"""By the check that has to name it."""
NO_RUNS = "delete from job_runs"


@dataclass(frozen=True)
class Project:
    """A database behind a Data API, which the doctor looks at."""

    database: Database

    def set_up(self) -> None:
        """Record the migrations and a run of each job, as a project has them."""
        with psycopg.connect(self.database.owner_url, autocommit=True) as connection:
            connection.execute(_SET_UP.encode())

    def execute(self, *statements: str, tenant: str = "") -> None:
        """Run statements as the database's owner."""
        with psycopg.connect(self.database.owner_url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.replace("{tenant}", tenant).encode())

    @contextmanager
    def broken(self, *statements: str, tenant: str = "llm-observe-doctor") -> Iterator[None]:
        """Break one thing for a while, in a tenant where it is a tenant's."""
        self.execute(*statements, tenant=tenant)
        try:
            yield
        finally:
            self.execute(*_MEND)
