"""A marker in prompts and answers: found nowhere with capture off, found cut with it on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from infra.local.children import Leashes
from infra.local.keys import StackKeys
from infra.local.settings import Settings
from infra.local.throwaway import Database
from tests.functions.conftest import Call, run_api
from tests.functions.dump import dump_tables

MARKER = "marker4711zebra"


@pytest.fixture
def capturing(
    settings: Settings, keys: StackKeys, data_api: str, openai_port: int, tmp_path: Path
) -> Iterator[str]:
    """An API that was told to store content."""
    opened = replace(
        settings, environment={**settings.environment, "ALLOW_CONTENT_CAPTURE": "true"}
    )
    leashes = Leashes(tmp_path)
    with run_api(opened, keys, data_api, openai_port, leashes) as url:
        yield url
    leashes.close()


def test_content_is_nowhere_but_in_the_direct_answer(
    call: Call, database: Database, state_dir: Path
) -> None:
    """Not in a table, a log or a read endpoint; the call itself answers with it."""
    run = call("POST", "/demo/run", tenant="private", body={"question": f"Is {MARKER} safe?"})
    trace_id = run.json()["trace_id"]
    reads = "".join(
        call("GET", path, tenant="private").text
        for path in ("/spans", "/traces", f"/traces/{trace_id}", "/metrics")
    )
    logs = "".join(path.read_text(errors="replace") for path in state_dir.rglob("*.log"))

    assert MARKER in run.text
    assert trace_id in reads
    assert trace_id in dump_tables(database)
    assert MARKER not in reads
    assert MARKER not in dump_tables(database)
    assert MARKER not in logs


def test_a_refused_question_is_not_repeated(
    call: Call, database: Database, state_dir: Path
) -> None:
    """Bad input is told by field and reason; its value is neither echoed nor logged."""
    answer = call("POST", "/demo/run", body={"question": [MARKER]})
    logs = "".join(path.read_text(errors="replace") for path in state_dir.rglob("*.log"))

    assert answer.status_code == 400
    assert MARKER not in answer.text + logs


def test_captured_content_is_found_and_cut(capturing: str, database: Database) -> None:
    """With capture on, prompts hold at most 500 characters and answers 1,000."""
    question = f"{MARKER} " + "why? " * 300
    headers = {"x-tenant-id": "open"}
    with httpx.Client(base_url=capturing, headers=headers, timeout=60) as client:
        run = client.post("/demo/run", json={"question": question}).json()
        spans = client.get(f"/traces/{run['trace_id']}").json()["spans"]
    prompts = [json.dumps(span["input"]) for span in spans if span["operation"] == "chat"]
    texts = [
        part["content"]
        for span in spans
        if span["operation"] == "chat"
        for message in span["input"]
        for part in message["parts"]
    ]

    assert any(MARKER in prompt for prompt in prompts)
    assert max(map(len, texts)) == 500
    assert all(span["input_length"] > 500 for span in spans if span["operation"] == "chat")
    assert MARKER in dump_tables(database)
