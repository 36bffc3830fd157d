"""Each column of a span by both doors of OTLP: stored at once, and through the queue."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from infra.local.children import Leashes
from infra.local.keys import StackKeys
from infra.local.ports import free_port
from infra.local.settings import Settings
from infra.local.throwaway import Database
from tests.database.support.columns import list_columns
from tests.functions.conftest import run_api
from tests.functions.credentials import bearer, make_key
from tests.functions.ingest.conftest import read_rows
from tests.functions.ingest.spans import JSON_TYPE, START, make_request, make_span, to_json
from tests.functions.queue.mapping import FakeEventSourceMapping

PROMPT = json.dumps([{"role": "user", "parts": [{"type": "text", "content": "seventeen letters"}]}])
ANSWER = json.dumps([{"role": "assistant", "parts": [{"type": "text", "content": "eight let"}]}])
RESOURCE = {
    "service.name": "the service",
    "service.version": "the-release",
    "service.instance.id": "the process",
    "deployment.environment.name": "the environment",
}
ATTRIBUTES = {
    "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
    "gen_ai.request.previous_response.id": "the-response-before",
    "gen_ai.response.id": "the-response",
    "openai.response.service_tier": "default",
    "gen_ai.agent.name": "the agent",
    "gen_ai.tool.name": "the tool",
    "gen_ai.prompt.name": "the prompt",
    "gen_ai.prompt.version": "the-version",
    "session.id": "the session",
    "user.id": "the user",
    "llm_observe.customer.id": "the customer",
    "llm_observe.tag.plan": "the plan",
    "gen_ai.request.stream": True,
    "gen_ai.response.finish_reasons": ["the_reason"],
    "gen_ai.response.time_to_first_chunk": 0.25,
    "gen_ai.usage.input_tokens": 1100,
    "gen_ai.usage.output_tokens": 220,
    "gen_ai.usage.cache_read.input_tokens": 330,
    "gen_ai.usage.reasoning.output_tokens": 44,
    "gen_ai.input.messages": PROMPT,
    "gen_ai.output.messages": ANSWER,
    "gen_ai.request.temperature": 0.5,
}
STORED: dict[str, Any] = {
    "trace_id": "a" * 32,
    "span_id": "b" * 16,
    "parent_span_id": "c" * 16,
    "start_time": datetime.fromtimestamp(START // 10**9, UTC),
    "end_time": datetime.fromtimestamp(START // 10**9 + 3, UTC),
    "start_ns": START,
    "end_ns": START + 3 * 10**9,
    "duration_ms": 3000.0,
    "name": "the name",
    "kind": "client",
    "status": "error",
    "error_type": "timeout",
    "operation": "chat",
    "provider": "openai",
    "model": "gpt-4o-mini-2024-07-18",
    "request_model": "gpt-4o-mini",
    "response_model": "gpt-4o-mini-2024-07-18",
    "canonical_model": "gpt-4o-mini",
    "response_id": "the-response",
    "previous_response_id": "the-response-before",
    "service_tier": "default",
    "agent_name": "the agent",
    "tool_name": "the tool",
    "instrumentation": "the instrumentation",
    "service_name": "the service",
    "environment": "the environment",
    "release": "the-release",
    "prompt_name": "the prompt",
    "prompt_version": "the-version",
    "session_id": "the session",
    "user_id": "the user",
    "customer_id": "the customer",
    "tags": {"plan": "the plan"},
    "countable": True,
    "counted": True,
    "possible_duplicate": False,
    "usage_status": "reported",
    "input_tokens": 1100,
    "output_tokens": 220,
    "total_tokens": 1320,
    "cache_read_tokens": 330,
    "reasoning_tokens": 44,
    "usage_buckets": {
        "input_uncached": 770,
        "cache_read": 330,
        "output_text": 176,
        "reasoning": 44,
    },
    "price_source": "table",
    "time_to_first_token_ms": 250.0,
    "streamed": True,
    "finish_reasons": ["the_reason"],
    "input_length": 17,
    "output_length": 9,
}
KNOWN_TO_IT = {"tenant_id", "api_key_id", "attributes", "received_at"} | {
    *("input_digest", "output_digest", "cost_usd", "price_id", "process_keys")
}
"""Columns whose values only the run knows."""
CONTENT_OFF = {"status_message"}
NOT_READ = {"cache_write_tokens"}
"""Columns that no attribute of such a span fills."""
NOTHING_AMISS = {"unknown_because", "cost_min_usd", "cost_max_usd", "usage_uncounted", "misdated"}
"""Columns that say why something is not known or not counted: of such a span, all is."""
FOUND_LATER = {"chained_session_id"}
EMPTY = CONTENT_OFF | NOT_READ | NOTHING_AMISS | FOUND_LATER


@pytest.fixture(scope="module")
def syncing(settings: Settings, keys: StackKeys, data_api: str, leashes: Leashes) -> Iterator[str]:
    """The base URL of an API in sync mode, on the same database."""
    with run_api(settings, keys, data_api, free_port(), leashes) as url:
        yield url


def send(url: str, tenant: str) -> str:
    """Send the span with a key of the tenant's; the key's id."""
    key = make_key(url, tenant, "ingest")
    span = make_span(
        "the name",
        traceId="a" * 32,
        spanId="b" * 16,
        parentSpanId="c" * 16,
        endTimeUnixNano=str(START + 3 * 10**9),
        status={"code": 2, "message": "the message"},
        attributes={**ATTRIBUTES, "error.type": "timeout"},
    )
    body = to_json(make_request(span, scope="the instrumentation", **RESOURCE))
    headers = {"content-type": JSON_TYPE, **bearer(key["key"])}
    answer = httpx.post(f"{url}/v1/traces", content=body, headers=headers, timeout=30)
    assert (answer.status_code, answer.json()) == (200, {})
    key_id: str = key["key_id"]
    return key_id


@pytest.mark.parametrize("door", ["syncing", "queueing"])
def test_each_column_arrives_by_its_name(
    door: str,
    request: pytest.FixtureRequest,
    mapping: FakeEventSourceMapping,
    database: Database,
) -> None:
    """A new column needs a value here, or a place among those that no span of OTLP fills yet."""
    key_id = send(request.getfixturevalue(door), door)
    mapping.drain()
    (row,) = read_rows(database, "spans", door)

    assert {name: row[name] for name in STORED} == STORED
    assert row.keys() == STORED.keys() | KNOWN_TO_IT | EMPTY
    assert row.keys() == {*list_columns(database)}
    assert {name for name in row if row[name] is None} == EMPTY
    assert (row["tenant_id"], row["api_key_id"]) == (door, key_id)
    assert row["attributes"]["gen_ai.request.temperature"] == 0.5
    assert row["price_id"].startswith("openai/gpt-4o-mini/")
    assert row["cost_usd"] > 0
    assert [name.partition(":")[0] for name in row["process_keys"]] == ["instance"]
    assert row["input_digest"] != row["output_digest"]
    assert {row[f"{side}_digest"][:3] for side in ("input", "output")} == {"h1:"}
