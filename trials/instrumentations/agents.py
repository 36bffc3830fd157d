"""The frameworks of agents, and of the graphs and crews that agents make."""

from __future__ import annotations

from typing import Final

from trials.instrumentations.library import Library
from trials.instrumentations.pins import OPENAI, OTLP

_BY_OPENINFERENCE: Final = "openinference-instrumentation-openai==0.1.66"
_AGNO: Final = ("openinference-instrumentation-agno==1.0.15", "agno==3.1.10", OPENAI)
_LANGGRAPH: Final = (
    "openinference-instrumentation-langchain==0.1.80",
    "langgraph==1.2.24",
    "langchain==1.5.2",
    "langchain-openai==1.7.4",
)
_CREWAI: Final = ("opentelemetry-instrumentation-crewai==0.62.4", "crewai==1.15.30")
_AGNO_BY_TRACELOOP: Final = ("opentelemetry-instrumentation-agno==0.62.4", *_AGNO[1:])
_BY_TRACELOOP: Final = "opentelemetry-instrumentation-openai==0.62.4"
_AUTOGEN: Final = (
    "openinference-instrumentation-autogen-agentchat==0.1.22",
    "autogen-agentchat==0.7.5",
    "autogen-ext[openai]==0.7.5",
)
_GOOGLE_ADK: Final = (
    "google-adk==2.13.0",
    "litellm==1.110.2",
    # The last that it allows.
    "opentelemetry-exporter-otlp-proto-http==1.44.0",
)
_STRANDS: Final = (
    "strands-agents==1.62.0",
    "strands-agents[openai]==1.62.0",
    # The last that it allows.
    "opentelemetry-exporter-otlp-proto-http==1.45.1",
)
_BESIDE_SCENARIOS: Final = ("chat", "chat_stream", "cached_stream", "tools", "rate_limited")
"""Where the client is traced, too, which is about what is counted."""
_AGNO_SCENARIOS: Final = (
    "chat",
    "chat_stream",
    "cached_stream",
    "tools",
    "reasoning",
    "responses",
    "responses_stream",
    "rate_limited",
    "broken_stream",
    "abandoned_stream",
    "within_span",
    "chat_async",
    "chat_stream_async",
)
_LANGGRAPH_SCENARIOS: Final = (
    "chat",
    "chat_stream",
    "cached_stream",
    "tools",
    "rate_limited",
    "broken_stream",
    "abandoned_stream",
    "within_span",
    "chat_async",
    "chat_stream_async",
)
_GOOGLE_ADK_SCENARIOS: Final = (
    "chat",
    "chat_stream",
    "cached_stream",
    "tools",
    "reasoning",
    "rate_limited",
    "within_span",
)
_STRANDS_SCENARIOS: Final = (
    "chat",
    "chat_stream",
    "cached_stream",
    "tools",
    "reasoning",
    "rate_limited",
    "broken_stream",
    "within_span",
    "chat_stream_async",
)

_AGENT_FRAMEWORK_SCENARIOS: Final = (
    "chat",
    "chat_stream",
    "chat_completions",
    "chat_completions_stream",
    "cached_stream",
    "priority",
    "tools",
    "reasoning",
    "rate_limited",
    "broken_stream",
    "within_span",
)

AGENTS: Final = (
    Library(
        "agent-framework",
        ("agent-framework-core==1.23.0", "agent-framework-openai==1.17.0", OPENAI, OTLP),
        _AGENT_FRAMEWORK_SCENARIOS,
    ),
    Library("openinference-agno", (*_AGNO, OTLP), _AGNO_SCENARIOS),
    Library("openinference-agno-openai", (*_AGNO, _BY_OPENINFERENCE, OTLP), _BESIDE_SCENARIOS),
    Library("traceloop-agno", (*_AGNO_BY_TRACELOOP, OTLP), _BESIDE_SCENARIOS),
    Library(
        "traceloop-agno-openai",
        (*_AGNO_BY_TRACELOOP, _BY_TRACELOOP, OTLP),
        _BESIDE_SCENARIOS,
    ),
    Library("openinference-langgraph", (*_LANGGRAPH, OTLP), _LANGGRAPH_SCENARIOS),
    Library(
        "openinference-langgraph-openai",
        (*_LANGGRAPH, _BY_OPENINFERENCE, OTLP),
        _BESIDE_SCENARIOS,
    ),
    Library("traceloop-crewai", (*_CREWAI, OTLP), _BESIDE_SCENARIOS),
    Library("traceloop-crewai-openai", (*_CREWAI, _BY_TRACELOOP, OTLP), _BESIDE_SCENARIOS),
    Library("openinference-autogen", (*_AUTOGEN, OTLP), _BESIDE_SCENARIOS),
    Library(
        "openinference-autogen-openai", (*_AUTOGEN, _BY_OPENINFERENCE, OTLP), _BESIDE_SCENARIOS
    ),
    Library("google-adk", _GOOGLE_ADK, _GOOGLE_ADK_SCENARIOS),
    Library(
        "openinference-google-adk",
        ("openinference-instrumentation-google-adk==1.0.5", *_GOOGLE_ADK),
        _GOOGLE_ADK_SCENARIOS,
    ),
    Library("strands", _STRANDS, _STRANDS_SCENARIOS),
    Library(
        "strands-bedrock",
        ("strands-agents==1.62.0", "opentelemetry-exporter-otlp-proto-http==1.45.1"),
        (
            "chat",
            "chat_stream",
            "cached_stream",
            "tools",
            "rate_limited",
            "broken_stream",
            "within_span",
            "chat_stream_async",
        ),
    ),
    Library("strands-openai", (*_STRANDS, _BY_OPENINFERENCE), _BESIDE_SCENARIOS),
    Library(
        "semantic-kernel",
        ("semantic-kernel==1.45.0", OPENAI, OTLP),
        (
            "chat",
            "chat_stream",
            "cached_stream",
            "tools",
            "reasoning",
            "rate_limited",
            "broken_stream",
            "within_span",
        ),
    ),
)
