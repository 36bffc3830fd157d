"""How each library is switched on, as its own documentation says; gives what flushes it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final

from trials.instrumentations.scenarios.anthropic_platforms import put_on
from trials.instrumentations.scenarios.instrumentors import (
    Flush,
    export,
    find_flush,
    instrument,
    provide,
    set_up_logfire,
    set_up_mlflow,
    set_up_openlit,
)


def _set_up_langfuse() -> Flush:
    """Langfuse replaces OpenAI's client by a wrapped one; its exporter can be any."""
    langfuse = import_module("langfuse")
    client = langfuse.Langfuse(public_key="offline", secret_key="offline", span_exporter=export())
    import_module("langfuse.openai")
    flush: Flush = client.flush
    return flush


def _set_up_laminar() -> Flush:
    """Laminar's SDK with a provider of its own, which reads the environment where no key is set."""
    laminar = import_module("lmnr").Laminar
    laminar.initialize()
    flush: Flush = laminar.flush
    return flush


def _set_up_langsmith() -> Flush:
    """LangSmith's wrapper of OpenAI's client, which sends to OpenTelemetry alone."""
    os.environ.update(LANGSMITH_TRACING="true", LANGSMITH_TRACING_MODE="otel")
    openai, wrappers = import_module("openai"), import_module("langsmith.wrappers")
    for name in ("OpenAI", "AsyncOpenAI"):
        setattr(openai, name, _wrap(getattr(openai, name), wrappers.wrap_openai))
    get_client = import_module("langsmith.run_trees").get_cached_client

    def flush() -> None:
        get_client().flush()
        find_flush()()

    return flush


def _wrap(make: Callable[..., object], wrap: Callable[[object], object]) -> Callable[..., object]:
    return lambda **options: wrap(make(**options))


def _set_up_litellm() -> Flush:
    """LiteLLM's own callback, with a provider of its own making."""
    litellm: Any = import_module("litellm")
    litellm.callbacks = ["otel"]
    flush = find_flush()

    def flush_late() -> None:
        # Its callbacks run in threads of their own, after the call.
        time.sleep(1)
        flush()

    return flush_late


def _set_up_pydantic_ai() -> Flush:
    """Pydantic AI makes spans by itself, once it is told to."""
    flush = provide()
    pydantic_ai = import_module("pydantic_ai")
    pydantic_ai.Agent.instrument_all()
    pydantic_ai.Embedder.instrument_all()
    return flush


def _leave_openai_out(set_up: Callable[[], Flush]) -> Callable[[], Flush]:
    """The Agents SDK sends its traces to OpenAI, too, and its client tries again: not here."""

    def set_up_alone() -> Flush:
        agents = import_module("agents")
        agents.set_trace_processors([])
        flush = set_up()
        client = import_module("openai").AsyncOpenAI(max_retries=0, timeout=20)
        agents.set_default_openai_client(client, use_for_tracing=False)
        return flush

    return set_up_alone


_OPENAI: Final = "openai_calls"
_ANTHROPIC: Final = "anthropic_calls"
_BY_OPENINFERENCE: Final = "openinference.instrumentation.openai:OpenAIInstrumentor"
_AGENTS: Final = "openinference.instrumentation.openai_agents:OpenAIAgentsInstrumentor"
_LITELLM: Final = "openinference.instrumentation.litellm:LiteLLMInstrumentor"
_LLAMA_INDEX: Final = "openinference.instrumentation.llama_index:LlamaIndexInstrumentor"

SET_UPS: Final[Mapping[str, tuple[str, Callable[[], Flush]]]] = {
    "openinference-openai": (
        _OPENAI,
        instrument("openinference.instrumentation.openai:OpenAIInstrumentor"),
    ),
    "traceloop-openai": (
        _OPENAI,
        instrument("opentelemetry.instrumentation.openai:OpenAIInstrumentor"),
    ),
    "traceloop-openai-legacy": (
        _OPENAI,
        instrument("opentelemetry.instrumentation.openai:OpenAIInstrumentor"),
    ),
    "genai-openai": (
        _OPENAI,
        instrument("opentelemetry.instrumentation.genai.openai:OpenAIInstrumentor"),
    ),
    "openai-v2": (
        _OPENAI,
        instrument("opentelemetry.instrumentation.openai_v2:OpenAIInstrumentor"),
    ),
    "openlit-openai": (_OPENAI, set_up_openlit),
    "openlit-anthropic": (_ANTHROPIC, set_up_openlit),
    "langfuse": (_OPENAI, _set_up_langfuse),
    "logfire-openai": (_OPENAI, set_up_logfire("openai")),
    "logfire-anthropic": (_ANTHROPIC, set_up_logfire("anthropic")),
    "laminar": (_OPENAI, _set_up_laminar),
    "langsmith": (_OPENAI, _set_up_langsmith),
    "mlflow-openai": (_OPENAI, set_up_mlflow("openai")),
    "mlflow-anthropic": (_ANTHROPIC, set_up_mlflow("anthropic")),
    "anthropic": (_ANTHROPIC, provide),
    "anthropic-bedrock": (_ANTHROPIC, put_on("Bedrock")),
    "anthropic-vertex": (_ANTHROPIC, put_on("Vertex")),
    "anthropic-foundry": (_ANTHROPIC, put_on("Foundry")),
    "anthropic-aws": (_ANTHROPIC, put_on("AWS")),
    "anthropic-google-cloud": (_ANTHROPIC, put_on("GoogleCloud")),
    "openinference-anthropic": (
        _ANTHROPIC,
        instrument("openinference.instrumentation.anthropic:AnthropicInstrumentor"),
    ),
    "traceloop-anthropic": (
        _ANTHROPIC,
        instrument("opentelemetry.instrumentation.anthropic:AnthropicInstrumentor"),
    ),
    "traceloop-anthropic-alone": (
        _ANTHROPIC,
        instrument("opentelemetry.instrumentation.anthropic:AnthropicInstrumentor"),
    ),
    "openinference-anthropic-alone": (
        _ANTHROPIC,
        instrument("openinference.instrumentation.anthropic:AnthropicInstrumentor"),
    ),
    "openinference-langchain": (
        "langchain_calls",
        instrument(
            "openinference.instrumentation.langchain:LangChainInstrumentor",
            "openinference.instrumentation.openai:OpenAIInstrumentor",
        ),
    ),
    "traceloop-langchain": (
        "langchain_calls",
        instrument(
            "opentelemetry.instrumentation.langchain:LangchainInstrumentor",
            "opentelemetry.instrumentation.openai:OpenAIInstrumentor",
        ),
    ),
    "openinference-litellm": ("litellm_calls", instrument(_LITELLM)),
    "litellm": ("litellm_calls", _set_up_litellm),
    "openinference-llama-index": ("llama_index_calls", instrument(_LLAMA_INDEX)),
    "openinference-llama-index-openai": (
        "llama_index_calls",
        instrument(_LLAMA_INDEX, _BY_OPENINFERENCE),
    ),
    "traceloop-llama-index": (
        "llama_index_calls",
        instrument(
            "opentelemetry.instrumentation.llamaindex:LlamaIndexInstrumentor",
            "opentelemetry.instrumentation.openai:OpenAIInstrumentor",
        ),
    ),
    "openinference-openai-agents": (
        "openai_agents_calls",
        _leave_openai_out(instrument(_AGENTS)),
    ),
    "openinference-openai-agents-openai": (
        "openai_agents_calls",
        _leave_openai_out(instrument(_AGENTS, _BY_OPENINFERENCE)),
    ),
    "logfire-openai-agents": (
        "openai_agents_calls",
        _leave_openai_out(set_up_logfire("openai_agents")),
    ),
    "traceloop-openai-agents": (
        "openai_agents_calls",
        _leave_openai_out(
            instrument("opentelemetry.instrumentation.openai_agents:OpenAIAgentsInstrumentor")
        ),
    ),
    "pydantic-ai": ("pydantic_ai_calls", _set_up_pydantic_ai),
    "logfire-pydantic-ai": ("pydantic_ai_calls", set_up_logfire("pydantic_ai")),
    "logfire-pydantic-ai-openai": ("pydantic_ai_calls", set_up_logfire("pydantic_ai", "openai")),
    "openinference-crewai": (
        "crewai_calls",
        instrument("openinference.instrumentation.crewai:CrewAIInstrumentor", _BY_OPENINFERENCE),
    ),
    "openinference-smolagents": (
        "smolagents_calls",
        instrument("openinference.instrumentation.smolagents:SmolagentsInstrumentor"),
    ),
    "otel-python": ("plain_calls", provide),
    "otel-python-json": ("plain_calls", provide),
    "genai-anthropic": (
        _ANTHROPIC,
        instrument("opentelemetry.instrumentation.genai.anthropic:AnthropicInstrumentor"),
    ),
}
"""Per library: the module of its calls, and what switches it on."""
