"""Every name in a record is redacted, whichever attribute it came by."""

from __future__ import annotations

from typing import Any

import pytest

from llm_observe.config import Settings
from llm_observe.cost.pricing import load_prices
from llm_observe.dialects import SourceSpan
from llm_observe.records import SpanRecord
from llm_observe.transcription import _NAMES, transcribe

SECRET = "sk-proj-" + "Ab1" * 16
SAID = f"by {SECRET} made"
PLACES: dict[str, dict[str, Any]] = {
    "name": {"name": SAID},
    "instrumentation": {"scope": SAID},
    "service_name": {"resource": {"service.name": SAID}},
    "environment": {"resource": {"deployment.environment.name": SAID}},
    "operation": {"attributes": {"gen_ai.operation.name": SAID}},
    "provider": {"attributes": {"gen_ai.provider.name": SAID}},
    "request_model": {"attributes": {"gen_ai.request.model": SAID}},
    "response_model": {"attributes": {"gen_ai.response.model": SAID}},
    "agent_name": {"attributes": {"gen_ai.agent.name": SAID}},
    "tool_name": {"attributes": {"gen_ai.tool.name": SAID}},
    "prompt_name": {"attributes": {"gen_ai.prompt.name": SAID}},
    "error_type": {"attributes": {"error.type": SAID}, "status": "error"},
}
ELSEWHERE = {"service_tier", "release", "prompt_version"}
"""Names of a fixed form (``is_token``), which no secret in a sentence has."""


def make_record(place: dict[str, Any], *, capture: bool) -> SpanRecord:
    """Give the record of a model call with something in one place."""
    usual = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o-mini"}
    given: dict[str, Any] = {
        "trace_id": "ab" * 16,
        "span_id": "cd" * 8,
        "parent_span_id": None,
        "name": "chat",
        "kind": "client",
        "start_ns": 1,
        "end_ns": 2,
        "status": "unset",
        "description": None,
        "scope": "test",
        "resource": {},
    } | place
    span = SourceSpan(**{**given, "attributes": usual | place.get("attributes", {})})
    return transcribe(
        span,
        tenant="a",
        key=None,
        prices=load_prices(),
        settings=Settings(capture_content=capture),
    )


@pytest.mark.parametrize("field", PLACES)
@pytest.mark.parametrize("capture", [False, True])
def test_a_secret_in_a_name_is_redacted(field: str, *, capture: bool) -> None:
    """Whether or not content is stored: the field keeps its words and loses the secret."""
    record = make_record(PLACES[field], capture=capture)

    assert SECRET not in str(record.to_row())
    if field not in {"operation", "provider", "error_type"}:  # brought into a vocabulary
        assert getattr(record, field).startswith("by ")


@pytest.mark.parametrize("capture", [False, True])
def test_a_secret_among_finish_reasons_is_redacted(*, capture: bool) -> None:
    """They are a sender's words, too."""
    place = {"attributes": {"gen_ai.response.finish_reasons": ["stop", SECRET]}}

    assert SECRET not in str(make_record(place, capture=capture).to_row())


def test_every_name_has_a_place_here() -> None:
    """A name that joins the list is tried."""
    assert set(_NAMES) == PLACES.keys() | ELSEWHERE
