"""All that a database holds, to look for what must not be in it."""

from __future__ import annotations

import psycopg
from psycopg import sql

from infra.local.throwaway import Database


def dump_tables(database: Database) -> str:
    """Every row of every table, as text."""
    with psycopg.connect(database.owner_url) as connection:
        tables = connection.execute(
            "select schemaname, tablename from pg_tables where schemaname in ('public', 'app')"
        ).fetchall()
        assert ("public", "spans") in tables
        return "\n".join(
            str(row)
            for table in tables
            for row in connection.execute(
                sql.SQL("select t::text from {} t").format(sql.Identifier(*table))
            )
        )
