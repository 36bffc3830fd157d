"""What a record says of how a call ended, and of who told of it."""

from __future__ import annotations

from typing import Any

import pytest

from llm_observe.config import Settings
from llm_observe.cost.pricing import load_prices
from llm_observe.dialects import SourceEvent
from llm_observe.transcription import transcribe
from tests.llm_observe.dialects.spans import SECOND, START_NS, make_span

BEGUN: dict[str, Any] = {"gen_ai.operation.name": "chat", "gen_ai.is_streaming": True}
TRACELOOP = "opentelemetry.instrumentation.openai.v1"


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({}, "unset"),
        ({"gen_ai.response.finish_reasons": ["stop"]}, "ok"),
        ({"gen_ai.usage.input_tokens": 7}, "ok"),
        ({"gen_ai.is_streaming": False}, "ok"),
        ({"gen_ai.operation.name": "execute_tool"}, "ok"),
    ],
)
def test_a_stream_is_ok_only_where_its_end_was_seen(told: dict[str, Any], status: str) -> None:
    """Libraries write ok as a stream begins: without reason and usage it says nothing."""
    record = transcribe(
        make_span(TRACELOOP, BEGUN | told, status="ok"),
        tenant="t1",
        key=None,
        prices=load_prices(),
        settings=Settings(),
    )

    assert record.status == status


@pytest.mark.parametrize(
    ("scope", "kept"),
    [
        (TRACELOOP, TRACELOOP),
        ("", None),
        ("by ann@example.com", "by [email]"),
        ("x" * 999, "x" * 256),
    ],
)
def test_the_instrumentation_is_kept_by_its_name(scope: str, kept: str | None) -> None:
    """Redacted and cut as other names are, and absent where nobody gave one."""
    span = make_span(scope, BEGUN)
    record = transcribe(span, tenant="t1", key=None, prices=load_prices(), settings=Settings())

    assert record.instrumentation == kept


NAMED = {
    "gen_ai.response.id": "response_id",
    "service.version": "release",
    "langfuse.release": "release",
    "gen_ai.prompt.version": "prompt_version",
    "openai.response.service_tier": "service_tier",
    "gen_ai.response.service_tier": "service_tier",
}
"""Attributes of ids, versions and tiers, and the columns that they are read into."""


@pytest.mark.parametrize("key", NAMED)
@pytest.mark.parametrize(("said", "is_kept"), [("v-1.2", True), ("She said this.", False)])
def test_a_sentence_is_no_id_version_or_tier(key: str, said: str, *, is_kept: bool) -> None:
    """With content off, nothing of it is in the row, the name of its price included."""
    call = BEGUN | {
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.provider.name": "openai",
        "gen_ai.usage.input_tokens": 7,
        "gen_ai.usage.output_tokens": 7,
        "gen_ai.prompt.name": "greeting",
        key: said,
    }
    record = transcribe(
        make_span(TRACELOOP, call),
        tenant="t1",
        key=None,
        prices=load_prices(),
        settings=Settings(),
    )

    assert getattr(record, NAMED[key]) == (said if is_kept else None)
    assert is_kept or said.lower() not in str(record.to_row()).lower()


@pytest.mark.parametrize(
    ("scope", "events", "seconds"),
    [
        ("llama_index", {"First Token Stream Event": 3}, 3),
        ("llama_index", {"First Token Stream Event": 3, "exception": 7}, 3),
        ("llama_index", {"exception": 7}, 7),
        ("llama_index", {"exception": 0.5}, 1),
        ("llama_index", {}, 1),
        ("openai", {"First Token Stream Event": 3}, 1),
    ],
)
def test_a_stream_of_llama_indexs_ends_with_what_it_tells_first(
    scope: str, events: dict[str, float], seconds: int
) -> None:
    """Its span is told to be over when the generator is given, before the provider is asked."""
    span = make_span(
        f"openinference.instrumentation.{scope}",
        {"openinference.span.kind": "LLM"},
        name="OpenAI.stream_chat",
        events=[SourceEvent(name, START_NS + int(at * SECOND)) for name, at in events.items()],
    )
    record = transcribe(span, tenant="t1", key=None, prices=load_prices(), settings=Settings())

    assert record.end_ns == START_NS + seconds * SECOND
