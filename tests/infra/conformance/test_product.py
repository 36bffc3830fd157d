"""The product's own doors, on the migrated schema, through the official client."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from postgrest.exceptions import APIError
from supabase import Client

from tests.infra.conformance.target import fetch


def _span(trace_id: str) -> dict[str, Any]:
    start = time.time_ns() - 1_000_000_000
    return {
        "trace_id": trace_id,
        "span_id": trace_id[:16],
        "name": "chat gpt-5-mini",
        "kind": "client",
        "status": "ok",
        "start_ns": start,
        "end_ns": start + 250_000_000,
        "operation": "chat",
        "provider": "openai",
        "request_model": "gpt-5-mini",
        "countable": True,
        "usage_status": "reported",
        "input_tokens": 10,
        "output_tokens": 5,
        "total_tokens": 15,
        "attributes": {},
    }


def test_the_probe(connect: Callable[..., Client], tenant: str) -> None:
    """llm_gate may ping, by POST and by GET, and read nothing."""
    gate = connect(tenant, "llm_gate")
    assert fetch(gate.rpc("ping")) == "ok"
    assert fetch(gate.rpc("ping", get=True)) == "ok"
    with pytest.raises(APIError) as raised:
        gate.table("trace_summaries").select("*").execute()
    assert raised.value.code == "42501"


def test_a_span_goes_in_and_comes_out(connect: Callable[..., Client], tenant: str) -> None:
    """What llm_ingest sends is what its tenant reads, and nobody else."""
    trace_id = uuid.uuid4().hex
    ingest = connect(tenant, "llm_ingest")
    body = {"spans": [_span(trace_id)], "process": {}}
    assert fetch(ingest.rpc("ingest_spans", body))["stored"] == 1
    assert fetch(ingest.rpc("ingest_spans", body))["stored"] == 0
    (trace,) = fetch(connect(tenant).table("trace_summaries").select("*").eq("trace_id", trace_id))
    assert (trace["span_count"], trace["total_tokens"]) == (1, 15)
    other = connect(f"{tenant}-x")
    assert fetch(other.table("trace_summaries").select("*")) == []


def test_reading_roles_write_nothing(connect: Callable[..., Client], tenant: str) -> None:
    """Role authenticated may not ingest, and llm_ingest may not read."""
    ingest = connect(tenant).rpc("ingest_spans", {"spans": []})
    read = connect(tenant, "llm_ingest").table("trace_summaries").select("*")
    for attempt in (ingest, read):
        with pytest.raises(APIError) as raised:
            fetch(attempt)
        assert raised.value.code == "42501"
