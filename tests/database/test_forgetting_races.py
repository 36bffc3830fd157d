"""Forgetting while spans arrive: nobody deadlocks, and no trace is half deleted."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import (
    Connection,
    administer,
    connect_as_owner,
    ingest,
    ingest_in_turn,
    read_as_owner,
)
from tests.database.support.consistency import check_consistency, read_summaries
from tests.database.support.keys import create_key, describe
from tests.database.support.races import Call, overlap
from tests.database.support.spans import call, step, trace_id

MORE = Call("ingest_spans", {"spans": [call(2, user_id="ann", input="in")]}, role="llm_ingest")
USERS = ("ann", "bob", "cy")
FORGET = [
    Call("forget_trace", {"trace_id": trace_id(1)}),
    Call("forget_user", {"user_id": "ann"}),
]


@pytest.mark.parametrize("forget", FORGET)
def test_forgetting_waits_for_a_writer(database: Database, tenant: str, forget: Call) -> None:
    """What was being written when it began is forgotten with the rest."""
    ingest(database, tenant, [step(1, user_id="ann", input="in")])
    _, receipt = overlap(database, tenant, MORE, forget)
    assert receipt["deleted"] == {"spans": 2, "contents": 2, "traces": 1}
    assert read_summaries(database, tenant) == []
    check_consistency(database, tenant)


@pytest.mark.parametrize("forget", FORGET)
def test_a_writer_waits_for_forgetting(database: Database, tenant: str, forget: Call) -> None:
    """What comes afterwards is a trace of its own, as if nothing had been before."""
    ingest(database, tenant, [step(1, user_id="ann", input="in")])
    receipt, answer = overlap(database, tenant, forget, MORE)
    assert (receipt["deleted"]["spans"], answer["stored"]) == (1, 1)
    (summary,) = read_summaries(database, tenant)
    assert (summary["span_count"], summary["root_span_id"]) == (1, None)
    check_consistency(database, tenant)


def test_no_key_survives_its_tenant(database: Database, tenant: str, owner: Connection) -> None:
    """A key that is being made while the tenant is forgotten goes with it."""
    create = Call("create_api_key", describe(1))
    forget = Call("forget_tenant", {"tenant_id": tenant})
    _, receipt = overlap(database, tenant, create, forget)
    assert receipt["deleted"]["api_keys"] == 1
    query = "select key_id from public.api_keys where tenant_id = %s"
    assert owner.execute(query, (tenant,)).fetchall() == []


def test_a_busy_tenant(database: Database, another_tenant: Callable[[], str]) -> None:
    """Writers, deletions, expiry and keys at once for two tenants: no error, and all sums agree."""
    tenants = [another_tenant(), another_tenant()]
    batches = [
        [
            call(n, trace=trace, user_id=USERS[n % 3], input="in")
            for trace in range(1, 9)
            for n in range(start, start + 4)
        ]
        for start in range(1, 120, 2)
    ]
    with ThreadPoolExecutor(8) as threads:
        work = []
        for number, tenant in enumerate(tenants):
            create_key(database, tenant, 10 + number)
            administer(database, tenant, "set_retention", span_days=None, content_days=1)
            work += [
                threads.submit(ingest_in_turn, database, tenant, batches),
                threads.submit(ingest_in_turn, database, tenant, batches[::-1]),
                threads.submit(forget_in_turn, database, tenant),
            ]
        work.append(threads.submit(expire_in_turn, database))
        for one in work:
            one.result(120)
    for tenant in tenants:
        assert read_summaries(database, tenant), "everything is forgotten: nothing is proven"
        check_consistency(database, tenant)
        query = "select count(*) > 20 as many from public.audit_events where tenant_id = %s"
        assert read_as_owner(database, query, (tenant,)) == [{"many": True}]


def forget_in_turn(database: Database, tenant: str) -> None:
    """Forget users and traces again and again; a trace that is not there yet is no error."""
    for round_ in range(30):
        administer(database, tenant, "forget_user", user_id=USERS[round_ % 2])
        try:
            administer(database, tenant, "forget_trace", trace_id=trace_id(1 + round_ % 6))
        except psycopg.Error as error:
            if error.sqlstate != "PT404":
                raise


def expire_in_turn(database: Database) -> None:
    """Run what is scheduled again and again, with small batches."""
    with connect_as_owner(database) as owner:
        for _ in range(10):
            owner.execute("call app.expire_data(3)")
