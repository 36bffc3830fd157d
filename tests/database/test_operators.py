"""Sums of many tenants: whose they are, what they add up to, and who may be an operator."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import (
    Connection,
    administer,
    call_function,
    connect_as,
    connect_as_owner,
    ingest,
    read_as,
    read_as_owner,
)
from tests.database.support.spans import NOON, call, failed_call, step, unmeasured_call

HOUR = timedelta(hours=1)
METRICS = "select public.query_metrics(%s, %s, 'hour') as answer"
SUMS = {
    "requests",
    "errors",
    "error_rate",
    "unpriced_requests",
    "unmeasured_requests",
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cost_usd",
}
Answer = dict[str, Any]


def somebody() -> str:
    return str(uuid.uuid4())


def window(**more: Any) -> Answer:
    return {"window_start": NOON.isoformat(), "window_end": (NOON + HOUR).isoformat()} | more


def sum_up(database: Database, person: str, **changes: Any) -> Answer:
    """What a person is answered."""
    with connect_as(database, "llm_sums", None, f"user:{person}") as connection:
        answer: Answer = call_function(connection, "sum_tenants", window(**changes))
    return answer


def order(database: Database, function: str, person: str, by: str | None = "command") -> Answer:
    """What ``make access`` is answered."""
    with connect_as(database, "llm_operator", None, by) as connection:
        answer: Answer = call_function(connection, function, {"user_id": person})
    return answer


@contextmanager
def refused(sqlstate: str, sentence: str = "") -> Iterator[None]:
    with pytest.raises(psycopg.Error) as caught:
        yield
    assert caught.value.sqlstate == sqlstate
    assert sentence in str(caught.value.diag.message_primary)


@pytest.fixture
def operator(database: Database) -> Iterator[str]:
    """A person who is an operator for the length of the test."""
    person = somebody()
    order(database, "add_operator", person)
    yield person
    with connect_as_owner(database) as owner:
        owner.execute("delete from public.operators where user_id = %s", (person,))


def test_the_sums_are_those_of_the_metrics(
    database: Database, another_tenant: Callable[[], str]
) -> None:
    """Of the same window, number for number, for all kinds of calls and for none."""
    busy, idle = another_tenant(), another_tenant()
    person = somebody()
    spans = [
        call(1, cost_usd="0.25", input_tokens=100, output_tokens=20),
        call(2, cost_usd="1.000000000001"),
        call(3, cost_usd=None),
        failed_call(4),
        unmeasured_call(5),
        step(6),
        call(7, at=NOON - timedelta(microseconds=1)),
        call(8, at=NOON + HOUR),
    ]
    ingest(database, busy, spans)
    for tenant in (busy, idle):
        administer(database, tenant, "set_membership", user_id=person, role="owner")
    found = {one["tenant_id"]: one for one in sum_up(database, person)["tenants"]}

    assert found.keys() == {busy, idle}
    for tenant, sums in found.items():
        (row,) = read_as(database, "authenticated", tenant, METRICS, (NOON, NOON + HOUR))
        totals = row["answer"]["totals"]
        assert {name: sums[name] for name in SUMS} == {name: totals[name] for name in SUMS}
    assert (found[busy]["requests"], found[busy]["unpriced_requests"]) == (5, 1)
    assert (found[idle]["requests"], found[idle]["cost_usd"]) == (0, 0)


def test_a_person_sees_their_own_tenants(
    database: Database, another_tenant: Callable[[], str]
) -> None:
    """With the role that they have now; what was taken away is gone with the next question."""
    first, second, strange = another_tenant(), another_tenant(), another_tenant()
    person, colleague = somebody(), somebody()
    ingest(database, strange, [call(1)])
    for tenant, role in ((first, "viewer"), (second, "admin")):
        administer(database, tenant, "set_membership", user_id=colleague, role="owner")
        administer(database, tenant, "set_membership", user_id=person, role=role)
    before = sum_up(database, person)
    administer(database, first, "remove_membership", user_id=person)
    administer(database, second, "forget_tenant", tenant_id=second)
    after = sum_up(database, person)

    assert {one["tenant_id"]: one["role"] for one in before["tenants"]} == {
        first: "viewer",
        second: "admin",
    }
    assert after == {"operator": False, "tenants": [], "next": None}


def test_an_operator_sees_every_tenant(
    database: Database, operator: str, another_tenant: Callable[[], str]
) -> None:
    """Members of none; deleted ones are left out, and taken back it ends at once."""
    living, own, deleted = another_tenant(), another_tenant(), another_tenant()
    for tenant in (living, deleted):
        ingest(database, tenant, [call(1)])
    administer(database, own, "set_membership", user_id=operator, role="viewer")
    administer(database, deleted, "forget_tenant", tenant_id=deleted)
    before = sum_up(database, operator)
    order(database, "remove_operator", operator)
    after = sum_up(database, operator)

    roles = {one["tenant_id"]: one["role"] for one in before["tenants"]}
    assert before["operator"] is True
    assert (roles[living], roles[own]) == (None, "viewer")
    assert deleted not in roles
    assert (after["operator"], [one["tenant_id"] for one in after["tenants"]]) == (False, [own])


def test_nothing_but_numbers_is_told(
    database: Database, operator: str, another_tenant: Callable[[], str]
) -> None:
    """Of a tenant whose every span holds a word: its id, two flags and sums, and not the word."""
    tenant = another_tenant()
    word = "unspeakable"
    ingest(database, tenant, [call(1, name=word, user_id=word, input=word, service_name=word)])
    administer(database, tenant, "set_membership", user_id=somebody(), role="owner")
    answer = sum_up(database, operator)
    (told,) = (one for one in answer["tenants"] if one["tenant_id"] == tenant)

    assert told.keys() == SUMS | {"tenant_id", "role", "generated"}
    assert all(isinstance(told[name], int | float | None) for name in SUMS)
    assert word not in str(answer)


def test_an_operator_has_no_other_right(
    database: Database, operator: str, another_tenant: Callable[[], str]
) -> None:
    """As a reader, a writer or an administrator of a tenant they are a stranger."""
    tenant = another_tenant()
    ingest(database, tenant, [call(1)])
    for role in ("authenticated", "llm_ingest", "llm_admin"):
        with (
            refused("PT403", "You are not a member"),
            connect_as(database, role, tenant, f"user:{operator}") as connection,
        ):
            connection.execute("select app.check_request()")


@pytest.mark.parametrize("key_id", [None, "3f9c2k7q", "dev", "command", "span_writer", "user:x"])
def test_only_a_person_has_tenants(database: Database, key_id: str | None) -> None:
    """A key, a developer and a command are refused, before the statement and by it."""
    for statement in ("select app.check_request()", "select public.sum_tenants('{}')"):
        with (
            refused("PT403", "Only a person"),
            connect_as(database, "llm_sums", None, key_id) as connection,
        ):
            connection.execute(statement.encode())


def test_pages_follow_each_other(
    database: Database, operator: str, another_tenant: Callable[[], str]
) -> None:
    """By name, each tenant once, whatever the size of a page; the last one has no next."""
    made = {another_tenant() for _ in range(5)}
    for tenant in made:
        administer(database, tenant, "set_membership", user_id=somebody(), role="owner")
    whole = sum_up(database, operator)["tenants"]
    for limit in (1, 2, len(whole)):
        pages: list[Answer] = []
        after = None
        while not pages or after is not None:
            page = sum_up(database, operator, limit=limit, after=after)
            pages += page["tenants"]
            after = page["next"]
        assert pages == whole
    names = [one["tenant_id"] for one in whole]
    assert made <= set(names)
    assert len(names) == len(set(names))


def test_a_page_ends_when_time_is_up(
    database: Database, operator: str, another_tenant: Callable[[], str]
) -> None:
    """With one tenant at least, and the place to go on from."""
    for _ in range(2):
        administer(database, another_tenant(), "set_membership", user_id=somebody(), role="owner")
    whole = [one["tenant_id"] for one in sum_up(database, operator)["tenants"]]
    with connect_as_owner(database) as owner, owner.transaction(force_rollback=True):
        owner.execute(_WITHOUT_TIME)
        claims = f'{{"key_id": "user:{operator}"}}'
        owner.execute("select set_config('request.jwt.claims', %s, true)", (claims,))
        page = call_function(owner, "sum_tenants", window())

    assert [one["tenant_id"] for one in page["tenants"]] == whole[:1]
    assert page["next"] == whole[0]


_WITHOUT_TIME = b"""
do $$
begin
  assert strpos(pg_get_functiondef('public.sum_tenants'::regproc), '''4 s''') > 0;
  execute replace(pg_get_functiondef('public.sum_tenants'::regproc), '''4 s''', '''0 s''');
end $$"""


@pytest.mark.parametrize(
    "changes",
    [
        {"window_start": None},
        {"window_start": "yesterday"},
        {"window_start": "infinity"},
        {"window_end": NOON.isoformat()},
        {"window_end": (NOON + timedelta(days=92, seconds=1)).isoformat()},
        {"limit": 0},
        {"limit": 101},
        {"limit": "1"},
        {"after": "No Tenant"},
    ],
)
def test_a_malformed_question_is_refused(database: Database, changes: Answer) -> None:
    """In words, before anything is summed; a window of 92 days is not one."""
    sum_up(database, somebody(), window_end=(NOON + timedelta(days=92)).isoformat())
    with refused("22023"):
        sum_up(database, somebody(), **changes)


def test_the_table_is_its_own_audit(database: Database) -> None:
    """Named twice is named once; named again after an end, both times stay, with who did it."""
    person = somebody()
    order(database, "add_operator", person)
    order(database, "add_operator", person)
    ended = order(database, "remove_operator", person)
    order(database, "add_operator", person)
    query = """
        select created_by, ended_by from public.operators
        where user_id = %s order by created_at"""

    assert ended["ended_by"] == "command"
    assert read_as_owner(database, query, (person,)) == [
        {"created_by": "command", "ended_by": "command"},
        {"created_by": "command", "ended_by": None},
    ]
    order(database, "remove_operator", person)
    with refused("PT404", "This user is no operator."):
        order(database, "remove_operator", person)


@pytest.mark.parametrize("by", [None, "dev", "3f9c2k7q", f"user:{uuid.UUID(int=6)}"])
@pytest.mark.parametrize("function", ["add_operator", "remove_operator"])
def test_only_the_command_names_operators(
    database: Database, function: str, by: str | None
) -> None:
    """No person, key or job, though its token had the role."""
    with refused("PT403", "Operators are named on the command line only."):
        order(database, function, somebody(), by)


def test_nobody_is_made_an_operator_by_hand(database: Database, owner: Connection) -> None:
    """The service key reads who is one, and changes nothing."""
    with connect_as(database, "service_role", None) as connection:
        connection.execute("select * from public.operators")
    for statement in (
        "insert into public.operators (user_id) values (gen_random_uuid())",
        "delete from public.operators",
    ):
        with refused("42501"), connect_as(database, "service_role", None) as connection:
            connection.execute(statement.encode())
