"""The frameworks that call a provider's client, traced alone or with the client beside them."""

from __future__ import annotations

from typing import Final

from trials.instrumentations.clients import ASYNC_SCENARIOS, OPENAI_CLIENT_SCENARIOS
from trials.instrumentations.library import Library
from trials.instrumentations.pins import OPENAI, OTLP

_LANGCHAIN: Final = ("langchain==1.5.2", "langchain-openai==1.7.4")
_LITELLM: Final = "litellm==1.110.2"
_LLAMA_INDEX: Final = (
    "llama-index-core==0.14.25",
    "llama-index-llms-openai==0.8.3",
    "llama-index-embeddings-openai==0.7.0",
)
_AGENTS: Final = ("openai-agents==0.24.0", OPENAI)
_PYDANTIC_AI: Final = ("pydantic-ai-slim==2.68.0", "pydantic-ai-slim[openai]==2.68.0", OPENAI)
_BESIDE_SCENARIOS: Final = ("chat", "chat_stream", "cached_stream", "tools", "rate_limited")
"""Where the client is traced, too, which is about what is counted."""
_LITELLM_SCENARIOS: Final = (
    "chat",
    "chat_stream",
    "chat_stream_without_usage",
    "cached",
    "cached_stream",
    "priority",
    "reasoning",
    "embeddings",
    "rate_limited",
    "chat_async",
)
_LLAMA_INDEX_SCENARIOS: Final = (
    "chat",
    "chat_stream",
    "chat_stream_without_usage",
    "cached_stream",
    "tools",
    "embeddings",
    "retrieval",
    "rate_limited",
    "broken_stream",
    *ASYNC_SCENARIOS,
)
_AGENTS_SCENARIOS: Final = (
    "chat",
    "chat_stream",
    "chat_completions",
    "chat_completions_stream",
    "cached_stream",
    "priority",
    "tools",
    "rate_limited",
    "broken_stream",
)
_PYDANTIC_AI_SCENARIOS: Final = (
    "chat",
    "chat_stream",
    "cached_stream",
    "priority",
    "tools",
    "reasoning",
    "embeddings",
    "responses",
    "rate_limited",
    "broken_stream",
    "abandoned_stream",
)

FRAMEWORKS: Final = (
    Library(
        "openinference-langchain",
        (
            "openinference-instrumentation-langchain==0.1.80",
            # Both are traced, so one call has two spans that tell its tokens.
            "openinference-instrumentation-openai==0.1.66",
            *_LANGCHAIN,
            OTLP,
        ),
        OPENAI_CLIENT_SCENARIOS,
    ),
    Library(
        "traceloop-langchain",
        (
            "opentelemetry-instrumentation-langchain==0.62.4",
            "opentelemetry-instrumentation-openai==0.62.4",
            *_LANGCHAIN,
            OTLP,
        ),
        OPENAI_CLIENT_SCENARIOS,
    ),
    Library(
        "openinference-litellm",
        ("openinference-instrumentation-litellm==0.1.51", _LITELLM, OPENAI, OTLP),
        OPENAI_CLIENT_SCENARIOS,
    ),
    Library("litellm", (_LITELLM, OPENAI, OTLP), _LITELLM_SCENARIOS),
    Library(
        "openinference-llama-index",
        ("openinference-instrumentation-llama-index==4.6.1", *_LLAMA_INDEX, OTLP),
        _LLAMA_INDEX_SCENARIOS,
    ),
    Library(
        "openinference-llama-index-openai",
        (
            "openinference-instrumentation-llama-index==4.6.1",
            "openinference-instrumentation-openai==0.1.66",
            *_LLAMA_INDEX,
            OTLP,
        ),
        (
            *_BESIDE_SCENARIOS,
            "chat_stream_without_usage",
            "broken_stream",
            "abandoned_stream",
            "chat_stream_async",
        ),
    ),
    Library(
        "traceloop-llama-index",
        (
            "opentelemetry-instrumentation-llamaindex==0.62.4",
            # It leaves what OpenAI's client does to the client's own.
            "opentelemetry-instrumentation-openai==0.62.4",
            *_LLAMA_INDEX,
            OTLP,
        ),
        _LLAMA_INDEX_SCENARIOS,
    ),
    Library(
        "openinference-openai-agents",
        ("openinference-instrumentation-openai-agents==2.6.0", *_AGENTS, OTLP),
        _AGENTS_SCENARIOS,
    ),
    Library(
        "openinference-openai-agents-openai",
        (
            "openinference-instrumentation-openai-agents==2.6.0",
            "openinference-instrumentation-openai==0.1.66",
            *_AGENTS,
            OTLP,
        ),
        (*_BESIDE_SCENARIOS, "chat_completions_stream", "broken_stream"),
    ),
    Library(
        "traceloop-openai-agents",
        ("opentelemetry-instrumentation-openai-agents==0.62.4", *_AGENTS, OTLP),
        _AGENTS_SCENARIOS,
    ),
    Library(
        "logfire-openai-agents",
        ("logfire==5.4.0", *_AGENTS),
        ("chat", "chat_stream", "cached_stream", "chat_completions", "rate_limited"),
    ),
    Library("pydantic-ai", (*_PYDANTIC_AI, OTLP), _PYDANTIC_AI_SCENARIOS),
    Library("logfire-pydantic-ai", ("logfire==5.4.0", *_PYDANTIC_AI), _BESIDE_SCENARIOS),
    Library(
        "logfire-pydantic-ai-openai",
        ("logfire==5.4.0", *_PYDANTIC_AI),
        _BESIDE_SCENARIOS,
    ),
    Library(
        "openinference-crewai",
        (
            "openinference-instrumentation-crewai==1.1.21",
            # It leaves the model's call to the client's own.
            "openinference-instrumentation-openai==0.1.66",
            "crewai==1.15.30",
            OTLP,
        ),
        _BESIDE_SCENARIOS,
    ),
    Library(
        "openinference-smolagents",
        (
            "openinference-instrumentation-smolagents==0.1.43",
            "smolagents==1.26.0",
            OPENAI,
            OTLP,
        ),
        ("chat", "chat_stream", "cached_stream", "rate_limited"),
    ),
)
