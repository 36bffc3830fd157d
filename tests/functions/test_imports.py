"""A function imports only what it uses: what is imported is paid at every cold start."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from infra.local.settings import REPOSITORY

READING = (
    "health",
    "metrics",
    "otlp_other_signals",
    "otlp_traces",
    "span_writer",
    "spans",
    "trace",
    "traces",
)
CALLING = ("demo_fake_app", "demo_run")
NEVER = {"boto3", "supabase", "genai_prices", "infra", "psycopg"}
ONLY_CALLING = {"openai", "opentelemetry.instrumentation.genai.openai"}


@pytest.mark.parametrize("name", [*READING, *CALLING])
def test_a_function_imports_nothing_it_does_not_use(name: str) -> None:
    """No AWS SDK at import anywhere, and no model client where no model is called."""
    code = f"import sys; import functions.{name}.handler; print(*sys.modules)"
    queue = {
        "LLM_OBSERVE_INGEST_MODE": "queue",
        "LLM_OBSERVE_QUEUE_URL": "https://sqs.invalid/spans",
        "LLM_OBSERVE_DEAD_LETTER_URL": "https://sqs.invalid/letters",
        "LLM_OBSERVE_CLAIM_BUCKET": "claims",
    }
    environment = {**os.environ, **queue, "LLM_OBSERVE_EXPORTERS": "console"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
    )
    imported = set(done.stdout.split())

    assert imported & NEVER == set()
    assert bool(imported & ONLY_CALLING) == (name in CALLING)
