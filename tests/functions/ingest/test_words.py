"""The words of an application on its spans, from OTLP to the API."""

from __future__ import annotations

import uuid

import httpx

from tests.functions.ingest.conftest import Post
from tests.functions.ingest.spans import make_request, make_span, to_json

WORDS = {
    "customer.id": "acme",
    "gen_ai.prompt.name": "greeting",
    "gen_ai.prompt.version": "3",
    "llm_observe.tag.plan": "pro",
    "langfuse.trace.metadata.team": "core",
    "llm_observe.tag.list": ["no", "word"],
}


def test_a_span_is_answered_with_its_words(post: Post, api: str) -> None:
    """Customer, release, prompt and tags, by whichever key they came; what was dropped is told."""
    tenant = f"words-{uuid.uuid4().hex[:12]}"
    span = make_span("chat", attributes=WORDS)
    resource = {"service.version": "1.4.2", "llm_observe.tag.region": "eu"}
    answer = post(to_json(make_request(span, **resource)), tenant=tenant)
    assert (answer.status_code, answer.json()) == (200, {})

    headers = {"x-tenant-id": tenant}
    answer = httpx.get(f"{api}/traces/{span['traceId']}", headers=headers, timeout=30)
    (stored,) = answer.json()["spans"]
    assert (stored["customer_id"], stored["release"]) == ("acme", "1.4.2")
    assert (stored["prompt_name"], stored["prompt_version"]) == ("greeting", "3")
    assert stored["tags"] == {"plan": "pro", "team": "core", "region": "eu"}
    assert stored["attributes"]["llm_observe.dropped_tags"] == 1


def test_a_trace_is_answered_with_its_error_types(post: Post, api: str) -> None:
    """Of its failed spans; one that failed may tell none."""
    tenant = f"words-{uuid.uuid4().hex[:12]}"
    failed = {"status": {"code": 2}, "traceId": "c" * 32}
    spans = [
        make_span("one", **failed, attributes={"error.type": "timeout"}),
        make_span("two", **failed),
    ]
    post(to_json(make_request(*spans)), tenant=tenant)
    listed = httpx.get(f"{api}/traces", headers={"x-tenant-id": tenant}, timeout=30).json()
    assert [trace["error_types"] for trace in listed["items"]] == [["timeout"]]
