"""From the demo's button to the same numbers everywhere."""

from __future__ import annotations

import ast
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.rows import dict_row

from infra.local.children import Leashes
from infra.local.keys import StackKeys
from infra.local.settings import Settings
from infra.local.throwaway import Database
from tests.functions.conftest import Call, run_api
from tests.functions.credentials import bearer, make_key

SHOP = Path(__file__).parents[2] / "functions" / "demo" / "fake_app" / "shop.py"


@pytest.fixture(scope="module")
def tenants() -> Any:
    return iter(f"demo-{number}" for number in range(100))


def read_trace(call: Call, trace_id: str, tenant: str) -> dict[str, Any]:
    answer = call("GET", f"/traces/{trace_id}", tenant=tenant)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_the_agent_two_tools_and_their_calls_are_one_trace(call: Call) -> None:
    """A demo run answers at once with a trace that shows agent, tools and model calls."""
    run = call("POST", "/demo/run", tenant="demo-tree").json()
    trace = read_trace(call, run["trace_id"], "demo-tree")
    shape = [(span["name"], span["parent_span_id"]) for span in trace["spans"]]
    agent, search, _, reason, _ = trace["spans"]

    assert run["offline"] is True
    assert [step["name"] for step in run["steps"]] == ["search", "reason"]
    assert shape == [
        ("invoke_agent researcher", None),
        ("execute_tool search", agent["span_id"]),
        ("chat gpt-4o-mini", search["span_id"]),
        ("execute_tool reason", agent["span_id"]),
        ("chat gpt-4o", reason["span_id"]),
    ]
    assert all(span["cost_usd"] > 0 for span in trace["spans"] if span["operation"] == "chat")


def test_the_same_numbers_stand_everywhere(call: Call, database: Database) -> None:
    """The answer, the trace, its list entry, the metrics and Postgres agree to the last digit."""
    run = call("POST", "/demo/run", tenant="demo-sums", body={"question": "What is it?"}).json()
    trace = read_trace(call, run["trace_id"], "demo-sums")
    (listed,) = call("GET", "/traces", tenant="demo-sums").json()["items"]
    totals = call("GET", "/metrics", tenant="demo-sums").json()["totals"]
    with psycopg.connect(database.owner_url, row_factory=dict_row) as connection:
        stored = connection.execute(
            "select sum(total_tokens) as tokens, sum(cost_usd) as cost, count(*) as requests "
            "from spans where tenant_id = 'demo-sums' and counted"
        ).fetchone()

    assert stored is not None
    tokens, cost = stored["tokens"], float(stored["cost"])
    assert run["total_tokens"] == tokens
    assert run["total_cost_usd"] == cost
    assert (trace["trace"]["total_tokens"], trace["trace"]["total_cost_usd"]) == (tokens, cost)
    assert (listed["total_tokens"], listed["total_cost_usd"]) == (tokens, cost)
    assert (totals["total_tokens"], totals["cost_usd"]) == (tokens, cost)
    assert totals["requests"] == stored["requests"] == 2


def test_an_application_without_telemetry_is_traced(call: Call) -> None:
    """Every call of the shop is there, with its operation, model and outcome."""
    run = call("POST", "/demo/fake_app", tenant="demo-shop").json()
    trace = read_trace(call, run["trace_id"], "demo-shop")
    calls = [span for span in trace["spans"] if span["counted"]]

    assert len(run["calls"]) == len(calls) == 7
    assert [span["status"] for span in calls].count("error") == 1
    assert {span["operation"] for span in calls} == {"chat", "embeddings"}
    assert run["total_tokens"] == trace["trace"]["total_tokens"] > 0
    assert trace["trace"]["unpriced_requests"] == 0


def test_a_filter_finds_every_workflow(call: Call) -> None:
    """An application's own workflow and a framework's chain are one operation."""
    call("POST", "/demo/fake_app", tenant="demo-flows")
    chain = {
        "traceId": "a" * 32,
        "spanId": "b" * 16,
        "name": "RunnableSequence",
        "startTimeUnixNano": str(time.time_ns()),
        "attributes": [{"key": "openinference.span.kind", "value": {"stringValue": "CHAIN"}}],
    }
    sent = {"resourceSpans": [{"scopeSpans": [{"spans": [chain]}]}]}
    assert call("POST", "/v1/traces", tenant="demo-flows", body=sent).status_code == 200

    for path, name in (("/spans", "name"), ("/traces", "root_span_name")):
        found = call("GET", path, tenant="demo-flows", operation="invoke_workflow").json()
        names = {item[name] for item in found["items"]}
        assert names == {"invoke_workflow fake_app", "RunnableSequence"}


def test_the_shop_imports_only_openai() -> None:
    """The proof of auto-instrumentation: no telemetry of any kind in the module."""
    imported = set()
    for node in ast.walk(ast.parse(SHOP.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module or "")

    assert imported == {"openai"}


def test_a_second_tenant_sees_none_of_it(call: Call, database: Database) -> None:
    """By API and by SQL as ``authenticated``: nothing; the owner of the data sees it."""
    run = call("POST", "/demo/run", tenant="demo-mine").json()
    others = call("GET", f"/traces/{run['trace_id']}", tenant="demo-other")
    nobodys = call("GET", f"/traces/{'0' * 32}", tenant="demo-mine")

    def count(tenant: str) -> Any:
        with psycopg.connect(database.owner_url) as connection:
            claims = json.dumps({"tenant_id": tenant})
            connection.execute("select set_config('request.jwt.claims', %s, true)", (claims,))
            connection.execute("set local role authenticated")
            return connection.execute("select count(*) from spans").fetchone()

    assert others.status_code == nobodys.status_code == 404
    for answer in (others, nobodys):
        answer.json()["error"].pop("request_id")
    assert {**others.json()["error"], "request_id": 0} == {
        **nobodys.json()["error"],
        "request_id": 0,
    }
    assert call("GET", "/spans", tenant="demo-other").json()["items"] == []
    assert call("GET", "/metrics", tenant="demo-other").json()["totals"]["requests"] == 0
    assert count("demo-mine") == (5,)
    assert count("demo-other") == (0,)


@pytest.fixture
def limited(
    settings: Settings, keys: StackKeys, data_api: str, openai_port: int, leashes: Leashes
) -> Iterator[httpx.Client]:
    """A client of a deployed API where a tenant may run the demo once a day."""
    limit = {"LLM_OBSERVE_DEV": "false", "LLM_OBSERVE_DEMO_RUNS_PER_DAY": "1"}
    with (
        run_api(settings, keys, data_api, openai_port, leashes, **limit) as url,
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        yield client


def test_a_tenant_runs_so_many_a_day(limited: httpx.Client, api: str, database: Database) -> None:
    """Both demos together, by admins only; beyond it is 429 till the day is over, and no call."""
    admin, writer = (make_key(api, "spender", scope)["key"] for scope in ("admin", "ingest"))
    by_writer = limited.post("/demo/run", headers=bearer(writer))
    first = limited.post("/demo/run", headers=bearer(admin))
    beyond = [limited.post(f"/demo/{one}", headers=bearer(admin)) for one in ("run", "fake_app")]

    assert (by_writer.status_code, first.status_code) == (403, 200)
    assert [answer.status_code for answer in beyond] == [429, 429]
    for answer in beyond:
        assert "which is the most" in answer.json()["error"]["message"]
        assert 0 < int(answer.headers["retry-after"]) <= 2 * 86_400
    with psycopg.connect(database.owner_url) as connection:
        traces = connection.execute("select count(*) from traces where tenant_id = 'spender'")
        assert traces.fetchone() == (1,)


@pytest.mark.parametrize("body", [{"question": ""}, {"question": "x" * 2001}, {"question": 5}, []])
def test_a_malformed_question_is_refused_with_a_reason(call: Call, body: object) -> None:
    """4xx that says what is wrong, in the one error shape."""
    answer = call("POST", "/demo/run", body=body)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid_request"
    assert "body" in answer.json()["error"]["message"]
