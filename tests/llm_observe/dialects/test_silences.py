"""A part that a library never tells is unknown, and told where a span tells it."""

from __future__ import annotations

import pytest

from llm_observe.dialects import SourceSpan, read
from llm_observe.dialects.silences import ALL, BOTH, SILENCES, TIER, find_untold

ATTRIBUTES = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.usage.input_tokens": 3908,
    "gen_ai.usage.output_tokens": 98,
}


def find_buckets(scope: str, version: str = "", **told: int) -> dict[str, int]:
    span = SourceSpan(
        trace_id="1" * 32,
        span_id="1" * 16,
        parent_span_id=None,
        name="chat gpt-4o-mini",
        kind="client",
        start_ns=0,
        end_ns=1,
        scope=scope,
        scope_version=version,
        attributes=ATTRIBUTES | {f"gen_ai.usage.{key}": count for key, count in told.items()},
    )
    usage = read(span).usage
    buckets = usage.buckets() if usage else None
    return buckets.to_dict() if buckets else {}


UNREAD = {
    scope
    for scope in SILENCES
    if scope.startswith(("openinference.", "@traceloop/"))
    or scope in {"gen_ai", "gcp.vertex.agent", "mlflow.tracing.provider"}
    or scope.endswith(("bedrock", "google_generativeai", "google_ai_studio"))
}
"""Those that do not speak OpenTelemetry's keys alone, or count otherwise than OpenAI: tests of
their dialects have them."""


@pytest.mark.parametrize("scope", sorted(SILENCES.keys() - UNREAD))
def test_what_a_library_leaves_out_is_unsplit(scope: str) -> None:
    """All its input may have been cached, and all its output reasoned."""
    parts = SILENCES[scope].parts
    expected = {
        "input_unsplit" if "cache_read" in parts else "input_uncached": 3908,
        "output_unsplit" if "reasoning" in parts else "output_text": 98,
    }

    assert find_buckets(scope) == expected


@pytest.mark.parametrize("scope", sorted(each for each in SILENCES.keys() - UNREAD))
def test_what_a_span_tells_all_the_same_is_told(scope: str) -> None:
    """A later version, or a line of the application's own."""
    told = find_buckets(scope, cached_tokens=3840, cache_creation_tokens=0, reasoning_tokens=8)

    assert told == {"input_uncached": 68, "cache_read": 3840, "output_text": 90, "reasoning": 8}


@pytest.mark.parametrize("scope", ["pydantic-ai", "logfire.openai", "agent_framework", "ai"])
def test_a_tier_that_is_never_told_is_untold(scope: str) -> None:
    """The cost is open where the tiers of a model differ in price."""
    assert find_untold(scope) == frozenset({TIER})
    assert find_untold("@opentelemetry/instrumentation-openai") == ALL


def test_a_sender_that_no_row_names_is_believed() -> None:
    """By the convention, a cache that is not mentioned is none."""
    assert find_buckets("acme") == {"input_uncached": 3908, "output_text": 98}


def test_a_version_that_tells_ends_a_silence() -> None:
    """Versions are compared by their numbers; an unknown one is as silent as the older ones."""
    handler = "opentelemetry.util.genai.handler"

    assert find_untold(handler) == find_untold(handler, "1.1b0") == BOTH
    assert find_untold(handler, "1.2b0") == find_untold(handler, "1.10") == frozenset()
