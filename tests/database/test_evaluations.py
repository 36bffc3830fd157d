"""Evaluations: one row a finding, content by the tenant's rule, gone with what they are of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import (
    administer,
    connect_as_owner,
    ingest,
    ingest_body,
    read_as_owner,
)
from tests.database.support.spans import call, span_id, trace_id

FOUND: dict[str, Any] = {"name": "relevance", "score": 0.5, "label": "ok", "time_ns": 7}
OF_SPAN = FOUND | {"trace_id": trace_id(1), "span_id": span_id(1)}


def tell(database: Database, tenant: str, *evaluations: dict[str, Any]) -> dict[str, Any]:
    return ingest_body(database, tenant, {"spans": [], "evaluations": [*evaluations]})


def read(database: Database, tenant: str) -> list[dict[str, Any]]:
    query = (
        "select name, label, explanation from public.evaluations where tenant_id = %s order by 1, 2"
    )
    return read_as_owner(database, query, (tenant,))


def test_a_finding_is_one_row(database: Database, tenant: str) -> None:
    """Sent twice, in one batch or two, with its reason or without; another score is another."""
    reason = OF_SPAN | {"explanation": "because"}
    assert tell(database, tenant, OF_SPAN, reason)["received"] == 2
    tell(database, tenant, reason)
    tell(database, tenant, OF_SPAN, OF_SPAN | {"score": 1, "label": "z"})
    rows = read(database, tenant)
    assert [(row["label"], row["explanation"]) for row in rows] == [("ok", "because"), ("z", None)]


def test_a_reason_is_content(database: Database, tenant: str) -> None:
    """Where the tenant forbids content, a finding is kept without it."""
    administer(database, tenant, "set_content_capture", content_capture="off")
    tell(database, tenant, OF_SPAN | {"explanation": "because"})
    assert [row["explanation"] for row in read(database, tenant)] == [None]


@pytest.mark.parametrize(
    "wrong",
    [
        {"score": "marker4711"},
        {"name": None},
        {"name": "m" * 257},
        {"trace_id": None},
        {"trace_id": "marker4711"},
        {"score": 1e301},
    ],
)
def test_a_malformed_one_is_refused_without_its_words(
    database: Database, tenant: str, wrong: dict[str, Any]
) -> None:
    """22023, and nothing of the batch is stored."""
    with pytest.raises(psycopg.errors.InvalidParameterValue) as caught:
        tell(database, tenant, OF_SPAN, OF_SPAN | wrong)
    assert "marker4711" not in str(caught.value)
    assert read(database, tenant) == []


def test_findings_go_with_what_they_are_of(database: Database, tenant: str) -> None:
    """With the trace, also those that name its answer alone; with the user; with the tenant."""
    ingest(
        database,
        tenant,
        [
            call(1, response_id="r-1", user_id="u"),
            call(2, trace=2, response_id="r-2", user_id="u"),
            call(3, trace=3, response_id="r-3"),
        ],
    )
    for number in (1, 2, 3):
        of_answer = FOUND | {"label": f"{number}", "response_id": f"r-{number}"}
        of_span = FOUND | {"label": f"{number}", "trace_id": trace_id(number)}
        tell(database, tenant, of_answer, of_span | {"span_id": span_id(number)})
    receipt = administer(database, tenant, "forget_trace", trace_id=trace_id(1))
    assert receipt["deleted"]["evaluations"] == 2
    assert [row["label"] for row in read(database, tenant)] == ["2", "2", "3", "3"]
    administer(database, tenant, "forget_user", user_id="u")
    assert [row["label"] for row in read(database, tenant)] == ["3", "3"]
    administer(database, tenant, "forget_tenant", tenant_id=tenant)
    assert read(database, tenant) == []


def test_findings_expire(database: Database, tenant: str) -> None:
    """By when they came: the reason as content does, the rest as spans do."""
    tell(database, tenant, OF_SPAN | {"explanation": "because"})
    administer(database, tenant, "set_retention", span_days=30, content_days=5)
    came = "update public.evaluations set received_at = now() - %s where tenant_id = %s"
    for age, left in ((1, ["because"]), (6, [None]), (31, [])):
        with connect_as_owner(database) as owner:
            owner.execute(came, (timedelta(days=age), tenant))
            owner.execute("call app.expire_data()")
        assert [row["explanation"] for row in read(database, tenant)] == left
