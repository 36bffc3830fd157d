"""Calls of models and tools as the official instrumentations would have written them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

from opentelemetry.trace import SpanKind

from infra.local.sample.trace import Draft, Trace
from infra.local.sample.weather import Trouble
from llm_observe import semconv
from llm_observe.content import Content, Message

Caching = Literal["automatic", "marked"]

_MOST_TRIES: Final = 3
_ABANDONED_SHARE: Final = 0.01
_LEAST_CACHED: Final = 1024
"""Shorter prompts are not cached: https://platform.openai.com/docs/guides/prompt-caching"""
_CACHE_STEP: Final = 128
_FILLER: Final = "Here is what we know so far about the case at hand. "

_SECONDS: Final[Mapping[Trouble, float]] = MappingProxyType(
    {"rate_limited": 0.12, "timeout": 30.0, "overloaded": 0.9}
)
_ERRORS: Final[Mapping[str, Mapping[Trouble, str]]] = MappingProxyType(
    {
        "openai": {
            "rate_limited": "openai.RateLimitError",
            "timeout": "openai.APITimeoutError",
            "overloaded": "openai.InternalServerError",
        },
        "anthropic": {
            "rate_limited": "anthropic.RateLimitError",
            "timeout": "anthropic.APITimeoutError",
            "overloaded": "anthropic.InternalServerError",
        },
        "gcp.gemini": {
            "rate_limited": "google.genai.errors.ClientError",
            "timeout": "httpx.ReadTimeout",
            "overloaded": "google.genai.errors.ServerError",
        },
    }
)


@dataclass(frozen=True, slots=True)
class Model:
    """A model and how fast it is: seconds to the first token, then tokens per second."""

    provider: str
    request: str
    response: str
    host: str
    first_token: float
    tokens_per_second: float
    reasons: bool = False
    caching: Caching | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to a model: token counts are medians, other calls share ``prefix``."""

    question: str
    prompt: int
    answer: int
    prefix: int = 0
    stream: bool = False
    tier: str | None = None
    temperature: float | None = None


def call_model(trace: Trace, model: Model, ask: Ask, tries: int = _MOST_TRIES) -> bool:
    """Chat, again after trouble as applications do; False where it gave up."""
    for attempt in range(tries):
        if attempt:
            trace.wait(0.5 * 2**attempt)
        if _chat(trace, model, ask):
            return True
    return False


def embed(trace: Trace, model: Model, text: str, tokens: int) -> None:
    """Make embeddings."""
    attributes = _describe(model, semconv.EMBEDDINGS)
    with trace.span(f"embeddings {model.request}", SpanKind.CLIENT, attributes) as draft:
        trace.wait(model.first_token)
        draft.content = Content(input=[_say("user", text)])
        draft.attributes[semconv.RESPONSE_MODEL] = model.response
        draft.attributes[semconv.USAGE_INPUT_TOKENS] = _around(trace, tokens)


def run_tool(trace: Trace, name: str, seconds: float, *, failing: float = 0.01) -> bool:
    """Execute a tool; False where it failed."""
    attributes = {
        semconv.OPERATION_NAME: semconv.EXECUTE_TOOL,
        semconv.TOOL_NAME: name,
        semconv.TOOL_CALL_ID: f"call_{trace.draw.getrandbits(96):024x}",
    }
    with trace.span(f"execute_tool {name}", SpanKind.INTERNAL, attributes) as draft:
        trace.wait(seconds, 0.7)
        if trace.draw.random() < failing:
            draft.fail("TimeoutError")
            return False
    return True


def _chat(trace: Trace, model: Model, ask: Ask) -> bool:
    attributes = _describe(model, semconv.CHAT)
    attributes |= {semconv.REQUEST_STREAM: True} if ask.stream else {}
    if ask.temperature is not None:
        attributes["gen_ai.request.temperature"] = ask.temperature
    with trace.span(f"chat {model.request}", SpanKind.CLIENT, attributes) as draft:
        trouble = trace.weather.strike(trace.draw)
        draft.content = Content(input=[_say("user", ask.question, ask.prompt)])
        if trouble:
            trace.wait(_SECONDS[trouble], 0.1)
            draft.fail(_ERRORS[model.provider][trouble])
            return False
        _answer(trace, model, ask, draft)
    return True


def _answer(trace: Trace, model: Model, ask: Ask, draft: Draft) -> None:
    prompt, output = _around(trace, ask.prompt), _around(trace, ask.answer, 0.6)
    reasoning = _around(trace, ask.answer, 0.5) if model.reasons else 0
    first = trace.wait(model.first_token + reasoning / model.tokens_per_second)
    if ask.stream:
        draft.attributes[semconv.RESPONSE_TIME_TO_FIRST_CHUNK] = first
    draft.attributes[semconv.RESPONSE_MODEL] = model.response
    draft.attributes[semconv.RESPONSE_ID] = f"gen-{trace.draw.getrandbits(80):020x}"
    trace.wait(output / model.tokens_per_second, 0.15)
    if ask.stream and trace.draw.random() < _ABANDONED_SHARE:
        # As opentelemetry-util-genai ends a stream that nobody read to its end.
        draft.fail("_OTHER", "abandoned stream")
        return
    draft.content = Content(draft.content.input, [_say("assistant", ask.question, output)])
    draft.attributes |= _count(trace, model, ask, prompt, output, reasoning)
    draft.attributes[semconv.RESPONSE_FINISH_REASONS] = ("stop",)
    if model.provider == "openai":
        draft.attributes[semconv.OPENAI_SERVICE_TIER] = ask.tier or "default"


def _count(
    trace: Trace, model: Model, ask: Ask, prompt: int, output: int, reasoning: int
) -> dict[str, int]:
    usage = {
        semconv.USAGE_INPUT_TOKENS: prompt,
        semconv.USAGE_OUTPUT_TOKENS: output + reasoning,
    }
    if model.reasons:
        usage[semconv.USAGE_REASONING] = reasoning
    shared = min(ask.prefix, prompt) // _CACHE_STEP * _CACHE_STEP
    if model.caching is None or shared < _LEAST_CACHED:
        return usage
    hit = trace.draw.random() < 0.7  # noqa: PLR2004  # most prefixes are still warm
    usage[semconv.USAGE_CACHE_READ] = shared if hit else 0
    if model.caching == "marked":
        usage[semconv.USAGE_CACHE_WRITE] = 0 if hit else shared
    return usage


def _describe(model: Model, operation: str) -> dict[str, Any]:
    return {
        semconv.OPERATION_NAME: operation,
        semconv.PROVIDER_NAME: model.provider,
        semconv.REQUEST_MODEL: model.request,
        "server.address": model.host,
    }


def _say(role: str, text: str, tokens: int = 0) -> Message:
    """A message of about so many tokens, at four characters each; only its digest is stored."""
    missing = max(0, 4 * tokens - len(text)) // len(_FILLER)
    return {"role": role, "parts": [{"type": "text", "content": text + _FILLER * missing}]}


def _around(trace: Trace, median: int, spread: float = 0.3) -> int:
    return max(1, int(median * trace.draw.lognormvariate(0, spread)))
