"""Deletions of many traces: named when asked, deleted in batches, told by a receipt."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import (
    PROCESS,
    administer,
    call_function,
    connect_as,
    connect_as_owner,
    ingest,
    ingest_in_turn,
    read_as,
    read_as_owner,
    refused_call,
)
from tests.database.support.consistency import check_consistency, read_summaries
from tests.database.support.rolled_up import count_requests, fold, read_drift
from tests.database.support.spans import Span, call, step, trace_id

AT = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=2)
EVERYTHING = [{"field": "spans", "op": "ge", "values": ["0"]}]


def make_traces(first: int, last: int, **values: Any) -> list[Span]:
    """Give traces of two spans and a call that keeps content."""
    return [
        span
        for trace in range(first, last + 1)
        for span in (
            step(1, trace=trace, at=AT, **values),
            call(2, trace=trace, at=AT, input="in", output="out", **values),
        )
    ]


def match(database: Database, tenant: str, **asked: Any) -> Any:
    with connect_as(database, "authenticated", tenant) as connection:
        return call_function(connection, "match_traces", asked)


def ask(database: Database, tenant: str, *traces: int) -> str:
    """Ask for the deletion of traces by their numbers."""
    named = [trace_id(trace) for trace in traces]
    made = administer(
        database,
        tenant,
        "request_deletion",
        ids=named,
        expected=len(named),
        asked_by="ids",
        by="dev",
    )
    return str(made["deletion_id"])


def begin_run(database: Database) -> str:
    """Begin a run of the job, of which there is one at a time, and leave what others asked."""
    with connect_as_owner(database) as owner:
        owner.execute(
            "update public.job_runs set outcome = 'lost', finished_at = now() "
            "where job = 'deletions' and outcome = 'running'"
        )
    with connect_as(database, "llm_operator", None) as connection:
        body = {"job": "deletions", "every_seconds": 300}
        return str(call_function(connection, "start_job", body)["run_id"])


def step_once(database: Database, run: str) -> dict[str, Any]:
    with connect_as(database, "llm_operator", None) as connection:
        answer: dict[str, Any] = call_function(connection, "run_deletions", {"run_id": run})
    return answer


def run_job(database: Database) -> dict[str, Any]:
    """Run the job to its end, a transaction a step."""
    run = begin_run(database)
    while (answer := step_once(database, run))["more"]:
        pass
    return answer


def read_deletion(database: Database, tenant: str, deletion: str) -> dict[str, Any]:
    query = "select * from public.deletions where deletion_id = %s"
    (row,) = read_as(database, "llm_admin", tenant, query, (deletion,))
    return row


def test_what_is_named_goes_with_all_of_it(database: Database, tenant: str) -> None:
    """Spans, contents and sums; others stay, the receipt counts, and no sum drifts."""
    ingest(database, tenant, make_traces(1, 12))
    fold(database, tenant)
    before = count_requests(database, tenant)
    deletion = ask(database, tenant, *range(1, 6))
    answer = run_job(database)
    told = read_deletion(database, tenant, deletion)

    assert answer["outcome"] == "done"
    assert {row["trace_id"] for row in read_summaries(database, tenant)} == {
        trace_id(trace) for trace in range(6, 13)
    }
    assert (told["state"], told["error"]) == ("done", None)
    assert [told[name] for name in ("traces", "spans", "contents")] == [5, 10, 5]
    assert (before, count_requests(database, tenant)) == (12, 7)
    fold(database, tenant)
    assert count_requests(database, tenant) == 7
    assert read_drift(database, tenant) == []
    check_consistency(database, tenant)
    query = "select to_jsonb(e) as event from public.audit_events e order by created_at, action"
    asked, done = (row["event"] for row in read_as(database, "llm_admin", tenant, query))
    assert (asked["action"], done["action"]) == ("deletion.requested", "traces.forgotten")
    assert done["event_id"] == str(told["receipt_id"])
    assert (done["actor"], done["target"]) == ("dev", deletion)
    assert done["details"] == {
        "matched": 5,
        "deleted": {"traces": 5, "spans": 10, "contents": 5, "evaluations": 0},
    }


def test_a_dry_run_counts_and_names(database: Database, tenant: str) -> None:
    """By a filter or by ids, exactly, and nothing is deleted."""
    ingest(database, tenant, [*make_traces(1, 3, user_id="ann"), *make_traces(4, 5)])
    by_user = [{"field": "user", "op": "in", "values": ["ann"]}]

    assert match(database, tenant, filters=by_user) == {"traces": 3, "spans": 6, "ids": None}
    named = match(database, tenant, filters=by_user, named=True)["ids"]
    assert sorted(named) == [trace_id(n) for n in (1, 2, 3)]
    assert match(database, tenant, ids=[trace_id(4), trace_id(99)])["traces"] == 1
    assert match(database, tenant, filters=EVERYTHING)["traces"] == 5
    assert len(read_summaries(database, tenant)) == 5


def test_what_arrives_later_stays(database: Database, tenant: str) -> None:
    """A trace that the filter would match, and that came after it was asked, is not deleted."""
    ingest(database, tenant, make_traces(1, 2))
    ask(database, tenant, 1, 2)
    ingest(database, tenant, make_traces(3, 3))
    run_job(database)

    assert [row["trace_id"] for row in read_summaries(database, tenant)] == [trace_id(3)]


def test_another_number_is_refused(database: Database, tenant: str) -> None:
    """With both numbers, and what to do; nothing is written down."""
    ingest(database, tenant, make_traces(1, 2))
    body = {"ids": [trace_id(1), trace_id(2)], "asked_by": "filter"}
    for expected, told in ((3, "expected is 3"), (None, "expected is missing")):
        code, message = refused_call(
            database, "llm_admin", tenant, "request_deletion", body | {"expected": expected}
        )
        assert code == "PT409"
        assert message is not None
        assert f"It matches 2 traces, and {told}" in message
    assert (
        read_as_owner(database, "select 1 from public.deletions where tenant_id = %s", (tenant,))
        == []
    )


@pytest.mark.parametrize(
    "ids", [None, [], "x", [1], ["x"], [f"{trace_id(1)}\n"], [trace_id(1)] * 50_001]
)
def test_ids_are_ids(database: Database, tenant: str, ids: Any) -> None:
    """Anything else is refused before it is looked for."""
    body = {"ids": ids, "expected": 1, "asked_by": "ids"}
    assert refused_call(database, "llm_admin", tenant, "request_deletion", body)[0] == "22023"


def test_another_tenants_traces_are_not_deleted(
    database: Database, tenant: str, another_tenant: Any
) -> None:
    """The same ids of another tenant are that tenant's, and stay."""
    other = another_tenant()
    for each in (tenant, other):
        ingest(database, each, make_traces(1, 3))
    ask(database, tenant, 1, 2, 3)
    run_job(database)

    assert read_summaries(database, tenant) == []
    assert len(read_summaries(database, other)) == 3
    assert match(database, tenant, filters=EVERYTHING)["traces"] == 0


def test_a_run_that_was_killed_goes_on(database: Database, tenant: str) -> None:
    """What it had committed is gone, what it had not is there, and the next run does the rest."""
    ingest(database, tenant, make_traces(1, 250))
    deletion = ask(database, tenant, *range(1, 251))
    run = begin_run(database)
    step_once(database, run)
    with connect_as(database, "llm_operator", None) as connection:
        call_function(connection, "run_deletions", {"run_id": run})
        connection.rollback()
    told = read_deletion(database, tenant, deletion)
    assert (told["state"], told["traces"]) == ("running", 200)
    assert len(read_summaries(database, tenant)) == 50
    run_job(database)

    told = read_deletion(database, tenant, deletion)
    assert (told["state"], told["traces"], told["spans"]) == ("done", 250, 500)
    assert read_drift(database, tenant) == []
    check_consistency(database, tenant)


def test_two_runs_do_not_meet(database: Database, tenant: str) -> None:
    """While a batch of a deletion is not committed, another transaction leaves it alone."""
    ingest(database, tenant, make_traces(1, 3))
    ask(database, tenant, 1, 2, 3)
    run = begin_run(database)
    with connect_as(database, "llm_operator", None) as connection:
        call_function(connection, "run_deletions", {"run_id": run})
        meanwhile = step_once(database, run)

    assert meanwhile == {"more": False, "outcome": "lost"}


def test_redelivery_does_not_bring_back(database: Database, tenant: str) -> None:
    """What the queue's writer brings of a deleted trace is left out."""
    spans = make_traces(1, 2)
    ingest(database, tenant, spans)
    ask(database, tenant, 1)
    run_job(database)
    with connect_as(database, "llm_ingest", tenant, "span_writer") as connection:
        call_function(connection, "ingest_spans", {"spans": spans, "process": PROCESS})

    assert [row["trace_id"] for row in read_summaries(database, tenant)] == [trace_id(2)]
    check_consistency(database, tenant)


def test_a_trace_that_went_another_way_is_passed_over(database: Database, tenant: str) -> None:
    """The deletion ends all the same, and counts what it deleted itself."""
    ingest(database, tenant, make_traces(1, 3))
    deletion = ask(database, tenant, 1, 2, 3)
    administer(database, tenant, "forget_trace", trace_id=trace_id(2))
    run_job(database)
    told = read_deletion(database, tenant, deletion)

    assert (told["state"], told["matched_traces"], told["traces"]) == ("done", 3, 2)


def test_a_batch_that_fails_holds_up_no_other(
    database: Database, tenant: str, another_tenant: Any
) -> None:
    """The run ends as failed, others' deletions are done; after five runs it is given up."""
    other = another_tenant()
    for each in (tenant, other):
        ingest(database, each, make_traces(1, 2))
    broken, good = ask(database, tenant, 1), ask(database, other, 1)
    with connect_as_owner(database) as owner:
        owner.execute(_BROKEN.format(tenant=tenant).encode())
        try:
            answers = [run_job(database) for _ in range(5)]
        finally:
            owner.execute("drop function public.refuse_to_go() cascade")
    told = read_deletion(database, tenant, broken)

    assert [answer["outcome"] for answer in answers] == ["failed"] * 5
    assert read_deletion(database, other, good)["state"] == "done"
    assert (told["state"], told["error"]) == ("failed", "A batch failed with P0001.")
    assert (told["traces"], told["receipt_id"]) == (0, None)
    assert len(read_summaries(database, tenant)) == 2
    assert run_job(database)["did"] == {}


_BROKEN = """
create function public.refuse_to_go() returns trigger language plpgsql set search_path = ''
as $$ begin raise exception 'no "secret" of it'; end $$;
create trigger refuse_to_go before delete on public.spans
  for each row when (old.tenant_id = '{tenant}') execute function public.refuse_to_go();
"""


def test_writers_and_a_deletion_at_once(database: Database, tenant: str) -> None:
    """Nobody deadlocks; what is left is consistent, and sums are those of what is left."""
    ingest(database, tenant, make_traces(1, 60))
    fold(database, tenant)
    batches = [
        [call(n, trace=trace, at=AT, input="in") for trace in range(start, start + 20)]
        for n in range(3, 9)
        for start in (1, 31, 61)
    ]
    ask(database, tenant, *range(1, 61))
    with ThreadPoolExecutor(4) as threads:
        work: list[Future[Any]] = [
            threads.submit(ingest_in_turn, database, tenant, batches),
            threads.submit(ingest_in_turn, database, tenant, batches[::-1]),
            threads.submit(run_job, database),
        ]
        for one in work:
            one.result(60)
    left = {row["trace_id"] for row in read_summaries(database, tenant)}

    assert {trace_id(trace) for trace in range(61, 81)} <= left
    check_consistency(database, tenant)
    fold(database, tenant)
    assert read_drift(database, tenant) == []


def test_a_deletion_goes_with_its_tenant(database: Database, tenant: str) -> None:
    """Nothing of it is left to be done."""
    ingest(database, tenant, make_traces(1, 2))
    ask(database, tenant, 1, 2)
    administer(database, tenant, "forget_tenant", tenant_id=tenant)

    assert run_job(database)["did"] == {}


def test_too_many_at_once_are_refused(database: Database, tenant: str) -> None:
    """A tenant has twenty that are not done, at most."""
    ingest(database, tenant, make_traces(1, 21))
    for trace in range(1, 21):
        ask(database, tenant, trace)
    body = {"ids": [trace_id(21)], "expected": 1, "asked_by": "ids"}

    assert refused_call(database, "llm_admin", tenant, "request_deletion", body)[0] == "PT409"
    run_job(database)
    assert ask(database, tenant, 21)


def test_the_owner_runs_it_by_hand(database: Database, tenant: str) -> None:
    """The same work, in one call."""
    ingest(database, tenant, make_traces(1, 2))
    deletion = ask(database, tenant, 1, 2)
    with connect_as_owner(database) as owner:
        owner.execute(
            "update public.job_runs set outcome = 'lost', finished_at = now() "
            "where job = 'deletions' and outcome = 'running'"
        )
        owner.execute("call app.delete_data()")

    assert read_deletion(database, tenant, deletion)["state"] == "done"
