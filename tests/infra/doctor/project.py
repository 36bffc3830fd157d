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
    "('expiry', 'done', now(), now(), now() + interval '1 hour'), "
    "('partitions', 'done', now(), now(), now() + interval '1 day')"
)
_SET_UP = f"""
create schema supabase_migrations;
create table supabase_migrations.schema_migrations (version text primary key);
insert into supabase_migrations.schema_migrations values ('{NEWEST_MIGRATION}');
{RUNS};
create table app.kept_prices as select * from model_prices;
"""
_DOCTOR = "'llm-observe-doctor'"
_MEND = (
    f"update supabase_migrations.schema_migrations set version = '{NEWEST_MIGRATION}'",
    "delete from job_runs",
    RUNS,
    "select app.ensure_partitions()",
    "delete from retention_runs",
    "insert into model_prices select * from app.kept_prices on conflict do nothing",
    "grant execute on function ingest_spans(jsonb) to llm_ingest",
    "alter role authenticator in database {database} reset pgrst.db_pre_request",
    "notify pgrst, 'reload schema'",
    "notify pgrst, 'reload config'",
)
_DROP_MONTH = (
    "do $$ begin execute format('drop table %I', "
    "app.partition_name('spans', (now() + interval '2 months')::date)); end $$"
)
_FAIL_EXPIRY = (
    "insert into retention_runs (tenant_id, run_id, outcome, finished_at) "
    f"values ({_DOCTOR}, gen_random_uuid(), 'failed', now())"
)
TROUBLES: Mapping[str, tuple[str, ...]] = {
    "migrations": ("update supabase_migrations.schema_migrations set version = '20260101000000'",),
    "pre_request": (
        "alter role authenticator in database {database} set pgrst.db_pre_request = ''",
        "notify pgrst, 'reload config'",
    ),
    "jobs": ("update job_runs set next_due = now() - interval '1 hour' where job = 'partitions'",),
    "partitions": (_DROP_MONTH,),
    "retention": (_FAIL_EXPIRY,),
    "prices": ("truncate model_prices",),
    "test_span": ("revoke execute on function ingest_spans(jsonb) from llm_ingest",),
}
"""By the check that has to name it."""


@dataclass(frozen=True)
class Project:
    """A database behind a Data API, which the doctor looks at."""

    database: Database

    def set_up(self) -> None:
        """Record the migrations and a run of each job, as a project has them."""
        with psycopg.connect(self.database.superuser_url, autocommit=True) as connection:
            connection.execute(_SET_UP.encode())

    def execute(self, *statements: str) -> None:
        """Run statements as the server's owner, who alone may change a role's settings."""
        with psycopg.connect(self.database.superuser_url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.replace("{database}", self.database.name).encode())

    @contextmanager
    def broken(self, name: str) -> Iterator[None]:
        """Break one thing for a while."""
        self.execute(*TROUBLES[name])
        try:
            yield
        finally:
            self.execute(*_MEND)
