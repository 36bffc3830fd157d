"""Who is let in, and what a caller meets at the door."""

from __future__ import annotations

import pytest

from infra.local.aws.pool import MOST_ENVIRONMENTS
from tests.functions.conftest import Call

READS = ["/spans", "/traces", f"/traces/{'a' * 32}", "/metrics"]


@pytest.mark.parametrize("path", READS)
def test_a_missing_tenant_is_told_which_header(call: Call, path: str) -> None:
    """400, and the message names x-tenant-id."""
    answer = call("GET", path, tenant=None)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "tenant_missing"
    assert "x-tenant-id" in answer.json()["error"]["message"]


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize("tenant", ["Tenant", "a b", "-x", "a" * 64, "a,b", "*"])
def test_a_malformed_tenant_is_refused(call: Call, path: str, tenant: str) -> None:
    """A tenant id has one form; anything else is 400."""
    answer = call("GET", path, tenant=tenant)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid_request"


def test_reads_of_an_unknown_tenant_are_empty(call: Call) -> None:
    """A well-formed id that nobody has written under answers like an empty tenant."""
    for path in ("/spans", "/traces"):
        page = call("GET", path, tenant="never-seen").json()
        assert (page["items"], page["next_cursor"]) == ([], None)
    assert call("GET", "/metrics", tenant="never-seen").json()["totals"]["requests"] == 0


@pytest.mark.parametrize("trace_id", ["abc", "A" * 32, "g" * 32, "a" * 33])
def test_a_malformed_trace_id_is_refused(call: Call, trace_id: str) -> None:
    """32 lower-case hex characters, or 400."""
    assert call("GET", f"/traces/{trace_id}").status_code == 400


def test_health_says_what_works(call: Call) -> None:
    """Version, database and which model answers; no tenant needed."""
    answer = call("GET", "/health", tenant=None)
    body = answer.json()

    assert answer.status_code == 200
    assert (body["status"], body["database"]["status"], body["llm"]) == ("ok", "ok", "offline")
    assert body["database"]["latency_ms"] > 0


def test_health_asks_the_database_rarely(call: Call) -> None:
    """However often it is called, each process asks once in 10 s, and says how long ago."""
    answers = [call("GET", "/health", tenant=None).json()["database"] for _ in range(12)]
    probes = {answer["latency_ms"] for answer in answers}

    assert len(probes) <= MOST_ENVIRONMENTS
    assert all(0 <= answer["age_ms"] < 11_000 for answer in answers)
    assert max(answer["age_ms"] for answer in answers) > 0


@pytest.mark.parametrize(
    "query",
    [
        {"bucket": "week"},
        {"start": "2026-11-23T12:00:00Z", "end": "2026-11-23T12:00:00Z"},
        {"start": "2020-01-01T00:00:00Z", "bucket": "minute"},
        {"end": "0001-01-01T00:00:00Z"},
        {"start": "9999-12-31T00:00:00Z"},
        {"window": "1h"},
    ],
)
def test_a_malformed_window_is_refused(call: Call, query: dict[str, str]) -> None:
    """4xx with the reason, never a 500 and never a heavy query."""
    answer = call("GET", "/metrics", **query)

    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["code"] == "invalid_request"


def test_metrics_cover_the_last_day_by_hour(call: Call) -> None:
    """The default window is the last 24 hours, in hours without holes."""
    body = call("GET", "/metrics", tenant="never-seen").json()

    assert body["window"]["bucket"] == "hour"
    assert len(body["series"]) in {24, 25}
    assert body["totals"]["latency_ms"] == {"p50": None, "p95": None, "p99": None}
    assert body["totals"]["error_rate"] is None
