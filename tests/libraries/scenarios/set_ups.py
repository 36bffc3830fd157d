"""How each library is switched on, as its own documentation says; gives what flushes it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final

from tests.libraries.scenarios.switches import Flush
from tests.libraries.scenarios.switches import build_exporter as _export
from tests.libraries.scenarios.switches import find_flush as _find_flush
from tests.libraries.scenarios.switches import instrument as _instrument
from tests.libraries.scenarios.switches import provide as _provide
from tests.libraries.scenarios.switches import set_up_logfire as _set_up_logfire
from tests.libraries.scenarios.switches import set_up_mlflow as _set_up_mlflow
from tests.libraries.scenarios.switches import set_up_openlit as _set_up_openlit


def _set_up_langfuse() -> Flush:
    """Langfuse replaces OpenAI's client by a wrapped one; its exporter can be any."""
    langfuse = import_module("langfuse")
    client = langfuse.Langfuse(public_key="offline", secret_key="offline", span_exporter=_export())
    import_module("langfuse.openai")
    flush: Flush = client.flush
    return flush


def _set_up_litellm() -> Flush:
    """LiteLLM's own callback, with a provider of its own making."""
    litellm: Any = import_module("litellm")
    litellm.callbacks = ["otel"]
    flush = _find_flush()

    def flush_late() -> None:
        # Its callbacks run in threads of their own, after the call.
        time.sleep(1)
        flush()

    return flush_late


def _set_up_pydantic_ai() -> Flush:
    """Pydantic AI makes spans by itself, once it is told to."""
    flush = _provide()
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
        _instrument("openinference.instrumentation.openai:OpenAIInstrumentor"),
    ),
    "traceloop-openai": (
        _OPENAI,
        _instrument("opentelemetry.instrumentation.openai:OpenAIInstrumentor"),
    ),
    "traceloop-openai-legacy": (
        _OPENAI,
        _instrument("opentelemetry.instrumentation.openai:OpenAIInstrumentor"),
    ),
    "genai-openai": (
        _OPENAI,
        _instrument("opentelemetry.instrumentation.genai.openai:OpenAIInstrumentor"),
    ),
    "openai-v2": (
        _OPENAI,
        _instrument("opentelemetry.instrumentation.openai_v2:OpenAIInstrumentor"),
    ),
    "openlit-openai": (_OPENAI, _set_up_openlit),
    "openlit-anthropic": (_ANTHROPIC, _set_up_openlit),
    "langfuse": (_OPENAI, _set_up_langfuse),
    "logfire-openai": (_OPENAI, _set_up_logfire("openai")),
    "logfire-anthropic": (_ANTHROPIC, _set_up_logfire("anthropic")),
    "mlflow-openai": (_OPENAI, _set_up_mlflow("openai")),
    "mlflow-anthropic": (_ANTHROPIC, _set_up_mlflow("anthropic")),
    "anthropic": (_ANTHROPIC, _provide),
    "openinference-anthropic": (
        _ANTHROPIC,
        _instrument("openinference.instrumentation.anthropic:AnthropicInstrumentor"),
    ),
    "traceloop-anthropic": (
        _ANTHROPIC,
        _instrument("opentelemetry.instrumentation.anthropic:AnthropicInstrumentor"),
    ),
    "traceloop-anthropic-alone": (
        _ANTHROPIC,
        _instrument("opentelemetry.instrumentation.anthropic:AnthropicInstrumentor"),
    ),
    "openinference-anthropic-alone": (
        _ANTHROPIC,
        _instrument("openinference.instrumentation.anthropic:AnthropicInstrumentor"),
    ),
    "openinference-langchain": (
        "langchain_calls",
        _instrument(
            "openinference.instrumentation.langchain:LangChainInstrumentor",
            "openinference.instrumentation.openai:OpenAIInstrumentor",
        ),
    ),
    "traceloop-langchain": (
        "langchain_calls",
        _instrument(
            "opentelemetry.instrumentation.langchain:LangchainInstrumentor",
            "opentelemetry.instrumentation.openai:OpenAIInstrumentor",
        ),
    ),
    "openinference-litellm": ("litellm_calls", _instrument(_LITELLM)),
    "litellm": ("litellm_calls", _set_up_litellm),
    "openinference-llama-index": ("llama_index_calls", _instrument(_LLAMA_INDEX)),
    "openinference-llama-index-openai": (
        "llama_index_calls",
        _instrument(_LLAMA_INDEX, _BY_OPENINFERENCE),
    ),
    "traceloop-llama-index": (
        "llama_index_calls",
        _instrument(
            "opentelemetry.instrumentation.llamaindex:LlamaIndexInstrumentor",
            "opentelemetry.instrumentation.openai:OpenAIInstrumentor",
        ),
    ),
    "openinference-openai-agents": (
        "openai_agents_calls",
        _leave_openai_out(_instrument(_AGENTS)),
    ),
    "openinference-openai-agents-openai": (
        "openai_agents_calls",
        _leave_openai_out(_instrument(_AGENTS, _BY_OPENINFERENCE)),
    ),
    "logfire-openai-agents": (
        "openai_agents_calls",
        _leave_openai_out(_set_up_logfire("openai_agents")),
    ),
    "traceloop-openai-agents": (
        "openai_agents_calls",
        _leave_openai_out(
            _instrument("opentelemetry.instrumentation.openai_agents:OpenAIAgentsInstrumentor")
        ),
    ),
    "pydantic-ai": ("pydantic_ai_calls", _set_up_pydantic_ai),
    "logfire-pydantic-ai": ("pydantic_ai_calls", _set_up_logfire("pydantic_ai")),
    "logfire-pydantic-ai-openai": ("pydantic_ai_calls", _set_up_logfire("pydantic_ai", "openai")),
    "openinference-crewai": (
        "crewai_calls",
        _instrument("openinference.instrumentation.crewai:CrewAIInstrumentor", _BY_OPENINFERENCE),
    ),
    "openinference-smolagents": (
        "smolagents_calls",
        _instrument("openinference.instrumentation.smolagents:SmolagentsInstrumentor"),
    ),
    "otel-python": ("plain_calls", _provide),
    "otel-python-json": ("plain_calls", _provide),
    "genai-anthropic": (
        _ANTHROPIC,
        _instrument("opentelemetry.instrumentation.genai.anthropic:AnthropicInstrumentor"),
    ),
}
"""Per library: the module of its calls, and what switches it on."""
