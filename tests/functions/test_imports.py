"""A function imports only what it uses: what is imported is paid at every cold start."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Final

import pytest

from infra.local.aws.template import read_all_functions
from infra.local.settings import REPOSITORY

FUNCTIONS = {
    "/".join(function.path): function
    for function in read_all_functions(REPOSITORY / "template.yaml")
}
DEMOS: Final = frozenset({"demo/run", "demo/fake_app"})
CALLED: Final = frozenset(name for name, function in FUNCTIONS.items() if function.routes)
BANS: Final[dict[str, frozenset[str]]] = {
    # Only the demos call a model.
    "openai": DEMOS,
    "opentelemetry.instrumentation.genai.openai": DEMOS,
    # 170 ms; whoever needs the AWS SDK imports it at the first use.
    "boto3": frozenset(),
    # The Data API's client alone does it, in two thirds of the time.
    "supabase": frozenset(),
    # Prices are a file of ours; the package is what they are made from.
    "genai_prices": frozenset(),
    # No deployed function has a connection of its own.
    "psycopg": frozenset(),
    "redis": frozenset(),
    # What is written as columns has a function of its own.
    "arro3": frozenset(),
    "infra": frozenset(),
    "trials": frozenset(),
    # Whoever has no caller checks nobody's login.
    "functions.common.auth.callers": CALLED,
    "functions.common.auth.credentials": CALLED,
    "functions.common.auth.logins": CALLED,
}
"""A module, and the functions that may import it."""
QUEUE: Final = {
    "LLM_OBSERVE_INGEST_MODE": "queue",
    "LLM_OBSERVE_QUEUE_URL": "https://sqs.invalid/spans",
    "LLM_OBSERVE_DEAD_LETTER_URL": "https://sqs.invalid/letters",
    "LLM_OBSERVE_CLAIM_BUCKET": "claims",
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_imports_nothing_it_does_not_use(name: str) -> None:
    """It has none of the modules that are banned for it, and uses the exceptions made for it."""
    module = FUNCTIONS[name].handler.removesuffix(".handler")
    environment = {**os.environ, **QUEUE, "LLM_OBSERVE_EXPORTERS": "console"}
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; import {module}; print(*sys.modules)"],
        check=True,
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
    )
    imported = set(done.stdout.split())

    assert imported & BANS.keys() == {banned for banned, allowed in BANS.items() if name in allowed}
