"""What the Data API leaves out or holds back it says so; it never guesses."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import httpx
import pytest

from infra.local.data_api.rest import MAX_BODY_BYTES


@pytest.mark.parametrize(
    "query",
    [
        "select=trace_id,spans(name)",
        "select=trace_id,...spans(name)",
        "select=trace_id,spans!inner(name)",
        "select=trace_id::text",
        "select=total_tokens.sum()",
        "select=attributes->>a",
        "attributes->>a=eq.1",
        "spans.name=eq.x",
        "or=(attributes->a.eq.1)",
        "order=spans(name)",
        "trace_id=fts.word",
        "trace_id=fts(english).word",
        "trace_id=eq(any).{1,2}",
    ],
)
def test_queries_left_out(api: httpx.Client, query: str) -> None:
    """Embedding, casts, aggregates, JSON paths and full text are PGRST127 with their name."""
    response = api.get(f"trace_summaries?{query}")
    assert (response.status_code, response.json()["code"]) == (400, "PGRST127")
    assert response.json()["details"].startswith("The local Data API does not do ")


@pytest.mark.parametrize(
    "preference",
    ["count=planned", "count=estimated", "return=headers-only", "tx=rollback", "timezone=UTC"],
)
def test_preferences_left_out(api: httpx.Client, preference: str) -> None:
    """A preference of PostgREST's that would change the answer is refused, not ignored."""
    response = api.get("trace_summaries", headers={"Prefer": preference})
    assert (response.status_code, response.json()["code"]) == (400, "PGRST127")


def test_unknown_preferences(api: httpx.Client) -> None:
    """An unknown preference is ignored, and refused under handling=strict."""
    assert api.get("trace_summaries", headers={"Prefer": "wishes=many"}).status_code == 200
    strict = api.get("trace_summaries", headers={"Prefer": "wishes=many, handling=strict"})
    assert (strict.status_code, strict.json()["code"]) == (400, "PGRST122")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "", 404, "PGRST126"),
        ("PUT", "spans", 405, "PGRST117"),
        ("OPTIONS", "spans", 405, "PGRST117"),
        ("DELETE", "rpc/ping", 405, "PGRST101"),
        ("POST", "spans?trace_id=eq.a", 400, "PGRST127"),
        ("PATCH", "spans?trace_id=eq.a&limit=1", 400, "PGRST127"),
        ("GET", "trace_summarie", 404, "PGRST205"),
        ("GET", "trace_summaries?limit=many", 400, "PGRST100"),
        ("GET", "trace_summaries?trace_id=eq.%00", 400, "PGRST100"),
    ],
)
def test_requests_left_out(
    api: httpx.Client, method: str, path: str, status: int, code: str
) -> None:
    """Root, PUT, limited writes and the like answer PostgREST's codes."""
    response = api.request(method, path, json={} if method in {"POST", "PATCH", "PUT"} else None)
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_a_near_miss_gets_a_hint(api: httpx.Client) -> None:
    """A misspelt view is answered with the name that was meant."""
    assert "trace_summaries" in api.get("trace_summarie").json()["hint"]


@pytest.mark.parametrize(
    "accept", ["text/csv", "application/vnd.pgrst.plan+json", "application/json;nulls=stripped"]
)
def test_media_types(api: httpx.Client, accept: str) -> None:
    """Only JSON is answered (PGRST107), and only JSON is read (PGRST102)."""
    response = api.get("trace_summaries", headers={"Accept": accept})
    assert (response.status_code, response.json()["code"]) == (406, "PGRST107")
    written = api.post("rpc/ingest_spans", content=b"a,b", headers={"Content-Type": "text/csv"})
    assert (written.status_code, written.json()["code"]) == (400, "PGRST102")


def test_large_bodies(api: httpx.Client) -> None:
    """A body over the limit is 413, with and without a Content-Length."""
    body = b" " * (MAX_BODY_BYTES + 1)
    headers = {"Content-Type": "application/json"}
    assert api.post("rpc/ingest_spans", content=body, headers=headers).status_code == 413
    chunks = (body[at : at + 65536] for at in range(0, len(body), 65536))
    assert api.post("rpc/ingest_spans", content=chunks, headers=headers).status_code == 413


@pytest.mark.parametrize("audience", [None, "somebody", ["else"], 7])
def test_the_audience(api: httpx.Client, token: Callable[..., str], audience: object) -> None:
    """A token for another audience, or for none, is PGRST303."""
    headers = {"Authorization": f"Bearer {token(aud=audience)}"}
    response = api.get("trace_summaries", headers=headers)
    assert (response.status_code, response.json()["code"]) == (401, "PGRST303")
    right = {"Authorization": f"Bearer {token(aud=['x', 'authenticated'])}"}
    assert api.get("trace_summaries", headers=right).status_code == 200


def test_errors_without_a_body(api: httpx.Client) -> None:
    """HEAD tells the error's code in Proxy-Status."""
    response = api.head("no_such_view")
    assert (response.status_code, response.content) == (404, b"")
    assert response.headers["proxy-status"] == "PostgREST; error=PGRST205"


def test_it_needs_its_environment() -> None:
    """Started without configuration it names the variables and leaves."""
    environment = {name: os.environ[name] for name in ("PATH",)}
    run = subprocess.run(
        [sys.executable, "-m", "infra.local.data_api"],
        env={**environment, "DATA_API_PORT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert "DATA_API_DSN, DATA_API_JWKS, DATA_API_PUBLISHABLE_KEY" in run.stderr
