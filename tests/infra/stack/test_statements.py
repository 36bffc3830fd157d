"""Cutting SQL into statements where only Postgres' own lexer would cut it."""

from __future__ import annotations

import psycopg
import pytest

from infra.local.statements import split_statements
from infra.local.throwaway import Database

TRICKY = [
    "select ';'",
    "select ';;', 'it''s;', E'a\\';b', \";\" from (select 1 as \";\") t",
    "select $$;$$, $tag$ $$;$$ ; $tag$, $été$;$été$",
    "select 1 /* ; /* nested ; */ ; */ + 1",
    "select 1 -- ; no end here\n + 1",
    "do $$ begin perform 1; perform 2; end $$",
    "select 1 as a$b, 2 as b$c",
    "select case when true then 1 end",
    "select U&'d\\0061t;a', B'01', 1::text || ';'",
    """create function pg_temp.f() returns int begin atomic
    select 1; select case when true then 2 else 3 end; end""",
]


def test_splits_where_postgres_does(database: Database) -> None:
    """Each tricky statement comes out whole, and Postgres takes each for exactly one."""
    statements = list(split_statements(";\n".join(TRICKY) + ";\n-- the end\n"))
    assert [statement.text for statement in statements] == TRICKY
    with psycopg.connect(database.owner_url) as connection:
        for statement in statements:
            # The extended protocol refuses more than one statement.
            connection.execute(statement.text.encode(), prepare=True)


@pytest.mark.parametrize("text", ["", " \n", ";;", "-- only words;", "/* a; /* b */ ; */ ;"])
def test_nothing_to_run(text: str) -> None:
    """Comments and empty statements are no statements."""
    assert list(split_statements(text)) == []


def test_lines_count_from_the_statement() -> None:
    """A statement's line is that of its first comment or word, however it is spaced."""
    lines = [
        one.line for one in split_statements("select 1;\n\n\n-- about two\nselect 2; select 3")
    ]
    assert lines == [1, 4, 5]
