"""The Data API follows the schema: on a miss by itself, otherwise on NOTIFY pgrst."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.infra.data_api.waiting import wait_for

SqlRunner = Callable[[str], None]


def test_new_tables_and_functions_are_found(api: httpx.Client, run_sql: SqlRunner) -> None:
    """A table, a column and a function made after the first request are found at once."""
    assert api.get("newcomers").status_code == 404
    run_sql(
        "create table public.newcomers (id int); grant all on public.newcomers to authenticated"
    )
    assert api.post("newcomers", json={"id": 1}).status_code == 201
    run_sql("alter table public.newcomers add column name text")
    assert api.post("newcomers", json={"id": 2, "name": "x"}).status_code == 201
    run_sql(
        "create function public.newest() returns int language sql stable as 'select 1';"
        "grant execute on function public.newest() to authenticated"
    )
    assert api.post("rpc/newest").json() == 1


def test_a_changed_function_is_seen_after_notify(api: httpx.Client, run_sql: SqlRunner) -> None:
    """A function that became VOLATILE may write as soon as NOTIFY pgrst has been heard."""
    run_sql(
        "create table public.marks (id int); grant all on public.marks to authenticated;"
        "create function public.mark() returns void language plpgsql stable as"
        " 'begin insert into public.marks values (1); end';"
        "grant execute on function public.mark() to authenticated"
    )
    assert api.post("rpc/mark").json()["code"] == "0A000"  # no INSERT in a STABLE function
    run_sql("alter function public.mark() volatile; notify pgrst, 'reload schema'")
    wait_for(lambda: api.post("rpc/mark").status_code == 204)


@pytest.fixture
def guard(run_sql: SqlRunner) -> Iterator[None]:
    """A pre-request function that turns away a certain user agent, and the old one afterwards."""
    run_sql(
        "create function public.guard() returns void language plpgsql as $$ begin"
        " if current_setting('request.headers')::jsonb ->> 'user-agent' = 'unwanted' then"
        "   raise sqlstate 'PT451' using message = 'go away'; end if; end $$;"
        "alter role authenticator set pgrst.db_pre_request = 'public.guard';"
        "notify pgrst, 'reload config'"
    )
    yield
    run_sql(
        "alter role authenticator set pgrst.db_pre_request = 'app.check_request';"
        "notify pgrst, 'reload config'"
    )


def test_the_pre_request_function(api: httpx.Client, guard: None) -> None:
    """Authenticator's pgrst.db_pre_request runs before every request and may refuse it."""
    unwanted = {"User-Agent": "unwanted"}
    wait_for(lambda: api.get("trace_summaries", headers=unwanted).status_code == 451)
    assert api.get("trace_summaries", headers=unwanted).json()["message"] == "go away"
    assert api.get("trace_summaries").status_code == 200


def test_overloads(api: httpx.Client, run_sql: SqlRunner) -> None:
    """Overloads are told apart by argument names; where they can't be, it is PGRST203."""
    run_sql(
        "create function public.pick(a int) returns text language sql as $$select 'a'$$;"
        "create function public.pick(b bigint) returns text language sql as $$select 'b'$$;"
        "create function public.pick(b text) returns text language sql as $$select 'c'$$;"
        "grant execute on all functions in schema public to authenticated"
    )
    assert api.post("rpc/pick", json={"a": 1}).json() == "a"
    unclear = api.post("rpc/pick", json={"b": 1})
    assert (unclear.status_code, unclear.json()["code"]) == (300, "PGRST203")


@pytest.mark.parametrize(
    ("setting", "value", "code"),
    [
        ("response.headers", "{", "PGRST111"),
        ("response.headers", '[{"a": "b", "c": "d"}]', "PGRST111"),
        ("response.headers", '[{"a": 1}]', "PGRST111"),
        ("response.status", "many", "PGRST112"),
    ],
)
def test_bad_overrides(
    api: httpx.Client, run_sql: SqlRunner, setting: str, value: str, code: str
) -> None:
    """What SQL sets wrongly for the answer is a 500 that names the setting."""
    run_sql(
        "create or replace function public.set_it(name text, value text) returns void language sql"
        " as $$ select set_config(name, value, true) $$;"
        "grant execute on function public.set_it(text, text) to authenticated"
    )
    response = api.post("rpc/set_it", json={"name": setting, "value": value})
    assert (response.status_code, response.json()["code"]) == (500, code)
