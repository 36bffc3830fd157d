"""docs/sending-spans.md, as a reader follows it: the variables, a snippet, a command."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local import offline_openai
from infra.local.throwaway import Database
from tests.functions.ingest.conftest import read_rows
from trials.instrumentations.serving import serve
from trials.instrumentations.snippet_calls import add_call
from trials.instrumentations.snippets import PAGE, read_snippets

VARIABLES, *_, COMMAND = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
ENDPOINT = "https://<api-id>.execute-api.<region>.amazonaws.com"
HEADERS = "authorization=Bearer lo_..."
TENANT_HEADER = "x-tenant-id=tenant-123"


@pytest.fixture(scope="module")
def openai() -> Iterator[str]:
    """The base URL of the offline provider."""
    with serve(offline_openai.create_app()) as url:
        yield f"{url}/v1"


def run(command: str, **environment: str) -> str:
    """Give what a shell's command has printed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    return subprocess.run(
        ["bash", "-ec", command],
        check=True,
        env=kept | environment,
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
    ).stdout


def test_the_variables_and_a_snippet_are_all_that_is_needed(
    api: str, openai: str, database: Database, tmp_path: Path
) -> None:
    """One call of OpenAI's client is one counted call with its price, as the process ends."""
    program = tmp_path / "program.py"
    program.write_text(add_call("genai-openai", read_snippets()["genai-openai"]), encoding="utf-8")
    assert ENDPOINT in VARIABLES
    assert HEADERS in VARIABLES
    variables = VARIABLES.replace(ENDPOINT, api).replace(HEADERS, TENANT_HEADER)
    command = f"{variables}\n{sys.executable} {program}"
    run(command, OPENAI_API_KEY="offline", OPENAI_BASE_URL=openai)
    (row,) = read_rows(database, "spans", "tenant-123")

    assert (row["operation"], row["request_model"], row["counted"]) == (
        "chat",
        "gpt-4o-mini",
        True,
    )
    assert row["attributes"]["llm_observe.dialect"] == "otel-genai"
    assert row["total_tokens"] > 0
    assert row["cost_usd"] > 0


def test_the_command_is_answered(api: str) -> None:
    """A request without spans succeeds: an empty object."""
    assert run(COMMAND.replace("http://localhost:8000", f"-sf {api}")) == "{}"
