"""POST /search: the calls that had exactly a prompt, found by its digest."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest

from infra.local.throwaway import Database
from tests.database.support.callers import administer_without
from tests.functions.conftest import Call
from tests.functions.ingest.spans import make_request, make_span

SAID = [
    {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
    {"role": "user", "parts": [{"type": "text", "content": "Tell me of order A-17."}]},
]
AS_SENT = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": [{"type": "text", "text": "Tell me of order A-17."}]},
]


_numbers = count(1)


@pytest.fixture
def tenant() -> str:
    """A tenant of one test."""
    return f"searching-{next(_numbers)}"


def store(call: Call, tenant: str, messages: list[dict[str, Any]]) -> str:
    """Send a call with a prompt by OTLP; its span's id."""
    span = make_span(attributes={"gen_ai.input.messages": json.dumps(messages)})
    answer = call("POST", "/v1/traces", tenant=tenant, body=make_request(span))
    assert answer.json() == {}, answer.text
    return str(span["spanId"])


def search(call: Call, tenant: str, prompt: Any, **body: Any) -> list[str]:
    answer = call("POST", "/search", tenant=tenant, body={"prompt": prompt, **body})
    assert answer.status_code == 200, answer.text
    return [span["span_id"] for span in answer.json()["items"]]


def test_a_prompt_is_found_in_whichever_form(call: Call, tenant: str) -> None:
    """As OpenTelemetry writes messages and as a provider takes them; none that differs at all."""
    found = {store(call, tenant, SAID), store(call, tenant, SAID)}
    store(call, tenant, SAID[1:])

    assert set(search(call, tenant, SAID)) == set(search(call, tenant, AS_SENT)) == found
    assert search(call, tenant, "Tell me of order A-17") == []
    assert search(call, tenant, SAID, filter="is:failed") == []


def test_a_text_is_one_message_of_the_user(call: Call, tenant: str) -> None:
    """In pages, as other lists."""
    stored = {store(call, tenant, SAID[1:]) for _ in range(3)}
    told: dict[str, Any] = {"prompt": "Tell me of order A-17.", "limit": 2}
    first = call("POST", "/search", tenant=tenant, body=told).json()
    told["cursor"] = first["next_cursor"]
    second = call("POST", "/search", tenant=tenant, body=told).json()

    found = [span["span_id"] for span in first["items"] + second["items"]]
    assert (len(found), set(found), second["next_cursor"]) == (3, stored, None)


def test_no_tenant_finds_by_another_key(call: Call, database: Database, tenant: str) -> None:
    """Another tenant finds nothing by the same prompt, and nobody what was shredded."""
    store(call, tenant, SAID)
    assert len(search(call, tenant, SAID)) == 1
    store(call, f"{tenant}-b", SAID[1:])
    assert search(call, f"{tenant}-b", SAID) == []

    administer_without(database, tenant, "shred_digests")

    assert search(call, tenant, SAID) == []


def test_what_cannot_be_looked_for_is_refused(call: Call, tenant: str) -> None:
    """A tenant that has no key, a prompt that says nothing, a filter that is none."""
    unknown = call("POST", "/search", tenant=tenant, body={"prompt": "hello"})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (409, "conflict")
    store(call, tenant, SAID)
    for body, told in (
        ({"prompt": [{"role": "user", "content": ""}]}, "body.prompt says nothing"),
        ({"prompt": "x", "filter": "modle:x"}, "body.filter, character 1: there is no field"),
        ({"prompt": []}, "prompt"),
        ({}, "prompt"),
    ):
        answer = call("POST", "/search", tenant=tenant, body=body)
        assert answer.status_code == 400, answer.text
        assert told in answer.json()["error"]["message"]
