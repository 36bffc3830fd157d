"""Anybody's span that names a model and its usage is a call, however it spells either."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from llm_observe import semconv
from llm_observe.config import Settings
from llm_observe.cost.pricing import load_prices
from llm_observe.dialects import read
from llm_observe.dialects.counts import count_any
from llm_observe.dialects.operations import OTHER_NAMES, find_operation
from llm_observe.records import SpanRecord
from llm_observe.transcription import transcribe
from tests.llm_observe.dialects.spans import make_span

MODEL = "gpt-4o-mini"
MODELS: dict[str, dict[str, Any]] = {
    "gen_ai": {"gen_ai.system": "openai", "gen_ai.request.model": MODEL},
    "gen_ai new": {"gen_ai.provider.name": "openai", "gen_ai.response.model": MODEL},
    "llm": {"llm.vendor": "OpenAI", "llm.request.model": MODEL},
    "openinference": {"llm.provider": "openai", "llm.model_name": MODEL},
    "langfuse": {"langfuse.observation.model.name": MODEL},
    "laminar": {"lmnr.span.type": "LLM", "gen_ai.request.model": MODEL},
    "langsmith": {"langsmith.span.kind": "llm", "gen_ai.request.model": MODEL},
    "vercel": {"ai.model.id": MODEL, "ai.model.provider": "openai"},
    "bare": {"model": MODEL, "provider": "openai"},
    "camels": {"llm.modelName": MODEL},
}
USAGES: dict[str, dict[str, Any]] = {
    "gen_ai": {"gen_ai.usage.input_tokens": 120, "gen_ai.usage.output_tokens": 30},
    "gen_ai old": {"gen_ai.usage.prompt_tokens": 120, "gen_ai.usage.completion_tokens": 30},
    "llm": {"llm.usage.prompt_tokens": 120, "llm.usage.completion_tokens": 30},
    "llm new": {"llm.usage.input_tokens": 120, "llm.usage.output_tokens": 30},
    "openinference": {"llm.token_count.prompt": 120, "llm.token_count.completion": 30},
    "vercel": {"ai.usage.inputTokens": 120, "ai.usage.outputTokens": 30},
    "bare": {"input_tokens": 120, "output_tokens": 30},
    "camels": {"usage.promptTokens": 120, "usage.completionTokens": 30},
    "floats": {"usage.prompt_tokens": 120.0, "usage.completion_tokens": 30.0},
    "texts": {"usage.prompt_tokens": "120", "usage.completion_tokens": "30"},
    "counts": {"llm.prompt_token_count": 120, "llm.completion_token_count": 30},
}
SPELLINGS = [
    *("CHAT", "Chat", "completion", "completions", "text_completion", "generate"),
    *("generateContent", "GenerateContent", "responses", "response", "message", "messages"),
    *("embedding", "Embeddings", "embed", "rerank", "transcription", "speech", "LLM"),
    *("image_generation", "image_edit", "moderation", "GENERATION", "CHAT_MODEL"),
    *("chat.completions", "chat-completion", "my_own_summary"),
]


def record_of(attributes: dict[str, Any], **changes: Any) -> SpanRecord:
    """A span's record with content off."""
    return transcribe(
        make_span(changes.pop("scope", "acme"), attributes, **changes),
        tenant="any",
        key=None,
        prices=load_prices(),
        settings=Settings(),
    )


@pytest.mark.parametrize(("model", "usage"), list(product(MODELS, USAGES)))
def test_a_model_and_its_usage_make_a_call(model: str, usage: str) -> None:
    """Any convention's model beside any convention's counts, without an operation."""
    record = record_of(MODELS[model] | USAGES[usage])

    assert record.countable
    assert record.operation == "chat"
    assert MODEL in {record.request_model, record.response_model}
    assert (record.input_tokens, record.output_tokens) == (120, 30)
    assert record.usage_uncounted is None


@pytest.mark.parametrize(("spelling", "usage"), list(product(SPELLINGS, ["gen_ai", "llm", "bare"])))
def test_an_operation_of_any_spelling_is_a_call(spelling: str, usage: str) -> None:
    """Case, plural and convention of its name make no difference."""
    told = MODELS["gen_ai"] | USAGES[usage] | {"gen_ai.operation.name": spelling}
    record = record_of(told)

    assert record.countable
    assert record.input_tokens == 120
    assert record.total_tokens is not None
    assert record.operation in semconv.CALLS | {"my_own_summary"}


@pytest.mark.parametrize(
    "told",
    [
        *({"gen_ai.operation.name": each} for each in ("invoke_agent", "AGENT", "workflow")),
        *({"gen_ai.operation.name": each} for each in ("execute_tool", "plan", "agentStep")),
        *({"openinference.span.kind": each} for each in ("AGENT", "CHAIN", "TOOL")),
        *({"langfuse.observation.type": each} for each in ("agent", "tool", "chain")),
        *({"traceloop.span.kind": each} for each in ("workflow", "task", "agent")),
        *({"mlflow.spanType": f'"{each}"'} for each in ("AGENT", "CHAIN")),
        {"ai.operationId": "ai.generateText"},
    ],
    ids=str,
)
@pytest.mark.parametrize("usage", USAGES)
def test_a_holder_of_calls_is_told_apart(told: dict[str, Any], usage: str) -> None:
    """An agent's, workflow's or tool's usage repeats its calls': not counted, and told."""
    record = record_of(told | MODELS["gen_ai"] | USAGES[usage])

    assert not record.countable
    assert record.usage_uncounted == "repeats_calls"
    assert record.input_tokens is None


@pytest.mark.parametrize("usage", USAGES)
def test_usage_without_a_model_is_told_apart(usage: str) -> None:
    """Nobody can say what made it."""
    record = record_of(USAGES[usage])

    assert not record.countable
    assert record.usage_uncounted == "no_model"


@pytest.mark.parametrize(
    ("told", "status", "counted"),
    [
        ({"gen_ai.request.model": MODEL}, "error", True),
        ({"gen_ai.request.model": MODEL, "gen_ai.response.id": "resp_1"}, "unset", True),
        ({"gen_ai.request.model": MODEL}, "unset", False),
        ({"http.request.method": "POST"}, "error", False),
    ],
)
def test_a_call_that_failed_or_was_answered_is_one(
    told: dict[str, Any], status: str, *, counted: bool
) -> None:
    """Without an operation and usage, a model alone may be an application's setting."""
    record = record_of(told, status=status)

    assert record.countable is counted
    assert record.usage_uncounted is None


@pytest.mark.parametrize(
    "key",
    [
        *("gen_ai.request.max_tokens", "max_output_tokens", "auth.access_token", "csrf_token"),
        *("llm.prompt_tokens_limit", "prompt_token_ids", "output_tokens_per_second", "token_type"),
        *("gen_ai.usage.input_tokens_cost", "session.token.input", "ratelimit.input_tokens"),
    ],
)
def test_other_tokens_are_no_usage(key: str) -> None:
    """Limits, ids, rates and prices have tokens in their names, too."""
    record = record_of({key: 5, "service": "x"})

    assert not record.countable
    assert record.usage_uncounted is None


@pytest.mark.parametrize(
    ("key", "part"),
    [
        ("gen_ai.usage.cached_tokens", "cache_read"),
        ("gen_ai.usage.details.cached_tokens", "cache_read"),
        ("gen_ai.usage.cache_read.input_tokens", "cache_read"),
        ("cache_read_tokens", "cache_read"),
        ("llm.token_count.prompt_details.cache_read", "cache_read"),
        ("ai.usage.cachedInputTokens", "cache_read"),
        ("cache_creation_tokens", "cache_write"),
        ("gen_ai.usage.cache_creation_input_tokens", "cache_write"),
        ("anthropic.usage.cache_creation.ephemeral_1h_input_tokens", "cache_write_1h"),
        ("gen_ai.usage.reasoning.output_tokens", "reasoning"),
        ("thoughts_token_count", "reasoning"),
        ("gen_ai.usage.audio.input_tokens", "input_audio"),
    ],
)
def test_a_part_is_known_by_its_words(key: str, part: str) -> None:
    """Whatever joins and orders the words of a count."""
    usage = count_any({"input_tokens": 100, "output_tokens": 50, key: 7})

    assert usage is not None
    assert getattr(usage, part) == 7


@pytest.mark.parametrize("word", ["output", "outputs", "completion", "candidate", "candidates"])
def test_a_bare_name_has_the_words_of_a_usage(word: str) -> None:
    """One list of words, whether or not a usage object stands around the count."""
    usage = count_any({"prompt_tokens": 100, f"{word}_token_count": 50})

    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens) == (100, 50)


def test_names_of_operations_are_of_the_list() -> None:
    """Another name leads to one of the list, and is not itself in it."""
    assert set(OTHER_NAMES.values()) <= set(semconv.OPERATIONS)
    assert OTHER_NAMES.keys().isdisjoint(semconv.OPERATIONS)
    assert all(find_operation(name.upper()) == each for name, each in OTHER_NAMES.items())


def test_the_fetch_of_a_response_needs_its_id() -> None:
    """Without one, nothing tells which call's usage it is, and it might be charged twice."""
    told = MODELS["gen_ai"] | USAGES["gen_ai"] | {"gen_ai.operation.name": "fetch_response"}

    assert record_of(told).usage_uncounted == "repeats_calls"
    assert record_of(told | {"gen_ai.response.id": "resp_1"}).countable


@pytest.mark.parametrize("operation", sorted(semconv.MEDIA_CALLS))
def test_a_call_of_media_needs_no_tokens(operation: str) -> None:
    """Images, sound and speech are paid by other units: a call of unknown usage."""
    told = MODELS["gen_ai"] | {"gen_ai.operation.name": operation}
    record = record_of(told)

    assert record.countable
    assert record.usage_status == "unknown"


def test_content_of_other_keys_is_no_model() -> None:
    """A long text is no name, whatever its key."""
    told = {"model": "x" * 300, "input_tokens": 5, "output_tokens": 5}

    assert read(make_span("acme", told)).usage_uncounted == "no_model"
