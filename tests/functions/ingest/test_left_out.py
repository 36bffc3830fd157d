"""Spans with usage are in the sums of /metrics, or in the line that says why not: none is lost."""

from __future__ import annotations

import time
import uuid
from typing import Any

import httpx

from tests.functions.ingest.conftest import Post
from tests.functions.ingest.spans import make_request, make_span, to_any, to_json

NOW = int(time.time()) * 10**9
TOLD = {"gen_ai.usage.input_tokens": 120, "gen_ai.usage.output_tokens": 30}
MODEL = {"gen_ai.request.model": "gpt-4o-mini", "gen_ai.provider.name": "openai"}
CALLS: dict[str, dict[str, Any]] = {
    "vLLM": {
        "gen_ai.response.model": "meta-llama/Llama-3.1-8B-Instruct",
        "gen_ai.usage.prompt_tokens": 120,
        "gen_ai.usage.completion_tokens": 30,
    },
    "by hand": {"gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o-mini", **TOLD},
    "bare": {
        "llm.vendor": "OpenAI",
        "llm.request.model": "gpt-4o-mini",
        "llm.usage.prompt_tokens": 120,
        "llm.usage.completion_tokens": 30,
    },
    "generation": {"langfuse.observation.type": "generation", **MODEL, **TOLD},
    "no type": {
        "langfuse.observation.model.name": "gpt-4o-mini",
        "langfuse.observation.usage_details": '{"input":120,"output":30}',
    },
    "no kind": {
        "llm.model_name": "gpt-4o-mini",
        "llm.token_count.prompt": 120,
        "llm.token_count.completion": 30,
    },
    **{
        name: {"gen_ai.operation.name": name, **MODEL, **TOLD}
        for name in ("CHAT", "completion", "generate", "responses", "embedding", "rerank")
    },
}
UNCOUNTED: dict[str, tuple[str, dict[str, Any]]] = {
    "an agent": ("repeats_calls", {"gen_ai.operation.name": "invoke_agent", **MODEL, **TOLD}),
    "a workflow": ("repeats_calls", {"gen_ai.operation.name": "invoke_workflow", **MODEL, **TOLD}),
    "nameless": ("no_model", {"gen_ai.provider.name": "openai", **TOLD}),
}


def test_every_span_with_usage_is_counted_or_named(api: str, post: Post) -> None:
    """Each figure leads to its rows; no span with tokens is outside of both."""
    tenant = f"left-out-{uuid.uuid4().hex[:12]}"
    told = CALLS | {name: attributes for name, (_, attributes) in UNCOUNTED.items()}
    spans = []
    for name, attributes in told.items():
        span = make_span(name)
        span["attributes"] = [{"key": k, "value": to_any(v)} for k, v in attributes.items()]
        spans.append(span | {"startTimeUnixNano": f"{NOW}", "endTimeUnixNano": f"{NOW + 10**9}"})
    assert post(to_json(make_request(*spans)), tenant=tenant).json() == {}

    def read(path: str, **query: str) -> Any:
        headers = {"x-tenant-id": tenant}
        return httpx.get(f"{api}{path}", params=query, headers=headers, timeout=60).json()

    totals = read("/metrics")["totals"]
    assert totals["requests"] == len(CALLS)
    left_out = {one["because"]: one["spans"] for one in totals["left_out"]["usage_uncounted"]}
    assert left_out == {"repeats_calls": 2, "no_model": 1}
    for because in left_out:
        rows = read("/spans", usage_uncounted=because)["items"]
        names = {name for name, (reason, _) in UNCOUNTED.items() if reason == because}
        assert {row["name"] for row in rows} == names
        assert not any(row["counted"] for row in rows)
    unknown = read("/spans", unknown_because="model_not_priced")["items"]
    assert {row["name"] for row in unknown} <= {"vLLM"}
