"""The response that a call goes on from, by every library's spelling."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llm_observe.config import Settings
from llm_observe.cost.pricing import load_prices
from llm_observe.dialects import read
from llm_observe.records import SpanRecord
from llm_observe.transcription import transcribe
from tests.llm_observe.dialects.spans import make_span

TOLD = json.dumps({"model": "gpt-4o", "previous_response_id": "resp_1"})
OPENINFERENCE = {"openinference.span.kind": "LLM"}
MLFLOW = {"mlflow.spanType": '"CHAT_MODEL"'}
CHAT = {"gen_ai.operation.name": "chat"}
SPELLINGS = {
    "conventions": ("opentelemetry.instrumentation.openai_v2", CHAT | {"KEY": "resp_1"}),
    "by-hand": ("mine", {"KEY": "resp_1"}),
    "openinference-request": (
        "openinference.instrumentation.openai",
        OPENINFERENCE | {"llm.invocation_parameters": TOLD},
    ),
    "openinference-answer": (
        "openinference.instrumentation.openai_agents",
        OPENINFERENCE | {"output.value": TOLD},
    ),
    "mlflow-request": ("openai", MLFLOW | {"mlflow.spanInputs": TOLD}),
    "mlflow-answer": ("openai", MLFLOW | {"mlflow.spanOutputs": TOLD}),
    "langfuse": (
        "langfuse-sdk",
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.model.name": "gpt-4o",
            "langfuse.observation.metadata.previous_response_id": "resp_1",
        },
    ),
    "logfire": ("logfire.openai", CHAT | {"request_data": TOLD}),
    "logfire-agents": ("logfire.openai_agents", CHAT | {"response": TOLD}),
}


def write(scope: str, attributes: dict[str, Any]) -> SpanRecord:
    key = "gen_ai.request.previous_response.id"
    named = {key if name == "KEY" else name: value for name, value in attributes.items()}
    return transcribe(
        make_span(scope, named), tenant="t", key=None, prices=load_prices(), settings=Settings()
    )


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_response_before_is_read(spelling: str) -> None:
    """As the library writes it, of the request or of the answer, with content off."""
    assert write(*SPELLINGS[spelling]).previous_response_id == "resp_1"


@pytest.mark.parametrize("told", [None, "", 7, ["resp_1"], {"id": "resp_1"}])
def test_what_is_no_id_is_none(told: Any) -> None:
    """A first turn's is null in the answer's JSON."""
    answer = json.dumps({"id": "resp_2", "previous_response_id": told})
    for attributes in (
        OPENINFERENCE | {"output.value": answer},
        MLFLOW | {"mlflow.spanOutputs": answer},
    ):
        assert read(make_span("mine", attributes)).previous_response_id is None


def test_a_long_id_is_its_hash() -> None:
    """As a response's own id is, so that both are the same."""
    record = write("mine", CHAT | {"KEY": "r" * 300, "gen_ai.response.id": "r" * 300})
    assert record.previous_response_id == record.response_id
    assert (record.to_row()["previous_response_id"] or "").startswith("sha256:")
