"""Limits of what a tenant may send: a minute's worth at once, then as much as a minute gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress

import httpx
import psycopg
import pytest

from infra.local.keys import StackKeys
from infra.local.throwaway import Database
from tests.database.support.callers import (
    Connection,
    ingest,
    read_as,
    read_as_owner,
    refused_call,
    set_limits,
)
from tests.database.support.races import Call, overlap
from tests.database.support.spans import Span, call

_PASS = """
update public.ingest_budgets set charged_at = charged_at - %s * interval '1 second'
where tenant_id = %s
"""


def calls(first: int, many: int) -> list[Span]:
    return [call(number, trace=number) for number in range(first, first + many)]


def refuse(database: Database, tenant: str) -> psycopg.Error:
    with pytest.raises(psycopg.Error) as info:
        ingest(database, tenant, calls(900, 1))
    assert info.value.sqlstate == "PT429"
    return info.value


def wait(database: Database, tenant: str, seconds: int) -> None:
    """Let time pass for a tenant's budget."""
    read_as_owner(database, _PASS, (seconds, tenant))


def test_without_a_limit_there_is_no_budget(database: Database, tenant: str) -> None:
    """The default: no row is kept, so none is contended for."""
    ingest(database, tenant, calls(1, 50))
    query = "select 1 from public.ingest_budgets where tenant_id = %s"
    assert read_as_owner(database, query, (tenant,)) == []


def test_a_minutes_spans_are_taken_and_no_more(database: Database, tenant: str) -> None:
    """Then a batch is refused whole, in words that name the limit, and after a pause taken."""
    set_limits(database, tenant, spans_per_minute=60)
    ingest(database, tenant, calls(1, 40))
    ingest(database, tenant, calls(41, 20))
    error = refuse(database, tenant)
    assert error.diag.message_primary == "This tenant sent more than its spans_per_minute of 60."
    assert "Send the batch again in 1 s" in (error.diag.message_hint or "")
    assert error.diag.message_detail == "1"
    wait(database, tenant, 2)
    assert ingest(database, tenant, calls(61, 1))["stored"] == 1


def test_bytes_are_limited_by_themselves(database: Database, tenant: str) -> None:
    """One large batch uses up the minute's bytes, however few its spans are."""
    set_limits(database, tenant, bytes_per_minute=10_000)
    ingest(database, tenant, [call(1, attributes=dict.fromkeys("klm", "x" * 8000))])
    error = refuse(database, tenant)
    assert "bytes_per_minute of 10000" in (error.diag.message_primary or "")
    assert 80 < int(error.diag.message_detail or 0) < 100


def test_a_batch_larger_than_the_limit_is_taken_in_the_end(database: Database, tenant: str) -> None:
    """It never starves: a full bucket takes it, and the debt is waited for."""
    set_limits(database, tenant, spans_per_minute=10)
    assert ingest(database, tenant, calls(1, 30))["stored"] == 30
    assert 125 <= int(refuse(database, tenant).diag.message_detail or 0) <= 126
    wait(database, tenant, 120)
    refuse(database, tenant)
    wait(database, tenant, 7)
    assert ingest(database, tenant, calls(31, 30))["stored"] == 30


def test_a_bucket_holds_no_more_than_a_minute(database: Database, tenant: str) -> None:
    """A tenant that was quiet for a day may send a minute's worth, not a day's."""
    set_limits(database, tenant, spans_per_minute=5)
    ingest(database, tenant, calls(1, 1))
    wait(database, tenant, 86_400)
    ingest(database, tenant, calls(2, 5))
    refuse(database, tenant)


def test_a_refused_batch_takes_nothing_from_the_budget(database: Database, tenant: str) -> None:
    """Neither an attempt over the limit nor a malformed batch takes from the budget."""
    set_limits(database, tenant, spans_per_minute=5)
    malformed = {"spans": [call(1) | {"status": "bogus"}] * 5, "process": {}}
    assert refused_call(database, "llm_ingest", tenant, "ingest_spans", malformed)[0] == "22023"
    ingest(database, tenant, calls(1, 5))
    before = read_budget(database, tenant)
    refuse(database, tenant)
    assert read_budget(database, tenant) == before


def read_budget(database: Database, tenant: str) -> list[dict[str, object]]:
    return read_as(database, "authenticated", tenant, "select * from public.ingest_budgets")


def test_an_empty_batch_is_always_answered(database: Database, tenant: str) -> None:
    """It asks for the digest's key, without which nothing could be sent later."""
    set_limits(database, tenant, spans_per_minute=1)
    ingest(database, tenant, calls(1, 5))
    assert ingest(database, tenant, [])["digest"]


def test_a_limit_is_of_one_tenant(
    database: Database, tenant: str, another_tenant: Callable[[], str]
) -> None:
    """Who used up its own budget keeps nobody else back."""
    other = another_tenant()
    for one in (tenant, other):
        set_limits(database, one, spans_per_minute=5)
    ingest(database, tenant, calls(1, 9))
    refuse(database, tenant)
    assert ingest(database, other, calls(1, 5))["stored"] == 5


def test_batches_at_once_are_all_charged(database: Database, tenant: str) -> None:
    """Two writers may both pass the check; the second is charged after the first."""
    set_limits(database, tenant, spans_per_minute=100)
    ingest(database, tenant, calls(1, 1))
    first, second = (
        Call("ingest_spans", {"spans": calls(n, 60)}, role="llm_ingest") for n in (100, 200)
    )
    overlap(database, tenant, first, second)
    (budget,) = read_budget(database, tenant)
    assert -22 < float(str(budget["spans_left"])) < -10


@pytest.mark.parametrize("size", [14, 21, 100])
def test_one_writer_goes_over_by_less_than_a_batch(
    database: Database, tenant: str, size: int
) -> None:
    """Of 100 a minute at most 99 + ``size`` pass at once, and the debt says how many too many."""
    set_limits(database, tenant, spans_per_minute=100)
    passed = 0
    while passed < 100:
        ingest(database, tenant, calls(1_000 + passed, size))
        passed += size
    refuse(database, tenant)
    (budget,) = read_budget(database, tenant)

    assert passed <= 99 + size
    # Some seconds may have given some spans back.
    assert 100 - passed <= float(str(budget["spans_left"])) < 1


def test_over_time_the_limit_holds(database: Database, tenant: str) -> None:
    """In m minutes the limit times m + 1, and less than one batch more: debts are made up for."""
    set_limits(database, tenant, spans_per_minute=60)
    passed, size = 0, 45
    for minute in range(4):
        with suppress(psycopg.Error):
            while True:
                ingest(database, tenant, calls(1_000 + passed, size))
                passed += size
        assert passed < 60 * (minute + 1) + size + 1
        wait(database, tenant, 60)


def test_an_operators_limit_is_audited(database: Database, owner: Connection, tenant: str) -> None:
    """Who changes a limit by hand is in the audit."""
    set_limits(database, tenant)
    set_limits(database, tenant, spans_per_minute=5)
    query = "select action, details from public.audit_events where tenant_id = %s"
    assert owner.execute(query, (tenant,)).fetchall() == [
        {
            "action": "tenant.changed",
            "details": {"spans_per_minute": {"from": None, "to": 5}},
        }
    ]


def test_over_http_it_is_429(
    database: Database, tenant: str, data_api: str, keys: StackKeys, token: Callable[..., str]
) -> None:
    """The sender reads the limit, the hint and the seconds from the body of the answer."""
    set_limits(database, tenant, spans_per_minute=1)
    headers = {
        "apikey": keys.publishable_key,
        "Authorization": f"Bearer {token(tenant, 'llm_ingest')}",
        "Content-Type": "application/json",
    }
    body = json.dumps({"spans": calls(1, 2), "process": {}})
    answers = [
        httpx.post(f"{data_api}/rest/v1/rpc/ingest_spans", content=body, headers=headers)
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 429]
    problem = answers[1].json()
    assert problem["code"] == "PT429"
    # 120 s less what passed between the two.
    assert 100 < int(problem["details"]) <= 120
