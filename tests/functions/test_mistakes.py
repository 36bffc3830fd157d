"""Our own mistakes, and a model that does not answer."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from functions.common.app import create_app, create_handler
from infra.local.children import Leashes
from infra.local.keys import StackKeys
from infra.local.ports import free_port
from infra.local.settings import REPOSITORY, Settings
from tests.functions.conftest import run_api

EVENT = REPOSITORY / "tests" / "functions" / "events" / "health.json"
CONTEXT = SimpleNamespace(
    function_name="boom",
    memory_limit_in_mb=128,
    invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:boom",
    aws_request_id="request-1",
    get_remaining_time_in_millis=lambda: 10_000,
)


def test_an_unexpected_error_is_a_500_without_its_words(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The caller gets a request id, the log the class and the place; the text is in neither."""
    monkeypatch.setenv("LLM_OBSERVE_EXPORTERS", "console")
    app = create_app("boom")

    @app.get("/health")
    async def explode() -> None:
        raise RuntimeError("marker4713")

    with caplog.at_level(logging.INFO):
        answer: dict[str, Any] = create_handler(app)(json.loads(EVENT.read_text()), CONTEXT)
    error = json.loads(answer["body"])["error"]
    (mistake,) = (each for each in caplog.records if each.levelno == logging.ERROR)

    assert answer["statusCode"] == 500
    assert mistake.message == "unexpected error: RuntimeError"
    assert re.fullmatch(r"functions/test_mistakes\.py:\d+", vars(mistake)["raised_at"])
    assert (error["code"], error["request_id"]) == ("internal_error", "request-1")
    assert "marker4713" not in str(answer) + caplog.text + "".join(capsys.readouterr())


@pytest.fixture
def modelless(settings: Settings, keys: StackKeys, data_api: str, tmp_path: Path) -> Iterator[str]:
    """An API whose model provider is not there."""
    leashes = Leashes(tmp_path)
    with run_api(settings, keys, data_api, free_port(), leashes) as url:
        yield url
    leashes.close()


def test_a_silent_model_is_a_502_and_still_traced(modelless: str) -> None:
    """The caller learns that the model failed; the failed call is in the trace."""
    headers = {"x-tenant-id": "modelless"}
    with httpx.Client(base_url=modelless, headers=headers, timeout=60) as client:
        answer = client.post("/demo/run")
        spans = client.get("/spans").json()["items"]

    assert answer.status_code == 502
    assert answer.json()["error"]["code"] == "model_unavailable"
    assert "APIConnectionError" in answer.json()["error"]["message"]
    assert [span["error_type"] for span in spans if span["operation"] == "chat"] == ["connection"]
