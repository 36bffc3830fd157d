"""How frameworks that call OpenAI are switched on, as ``set_ups`` has it of the others."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Final

from trials.instrumentations.scenarios.instrumentors import Flush, instrument, provide

_OPENAI: Final = "openinference.instrumentation.openai:OpenAIInstrumentor"
_LITELLM: Final = "openinference.instrumentation.litellm:LiteLLMInstrumentor"
_DSPY: Final = "openinference.instrumentation.dspy:DSPyInstrumentor"
_AGNO: Final = "openinference.instrumentation.agno:AgnoInstrumentor"
_HAYSTACK: Final = "openinference.instrumentation.haystack:HaystackInstrumentor"
_INSTRUCTOR: Final = "openinference.instrumentation.instructor:InstructorInstrumentor"
_LANGCHAIN: Final = "openinference.instrumentation.langchain:LangChainInstrumentor"
_AUTOGEN: Final = "openinference.instrumentation.autogen_agentchat:AutogenAgentChatInstrumentor"
_GOOGLE_ADK: Final = "openinference.instrumentation.google_adk:GoogleADKInstrumentor"
_BY_TRACELOOP: Final = "opentelemetry.instrumentation.openai:OpenAIInstrumentor"
_CREWAI_BY_TRACELOOP: Final = "opentelemetry.instrumentation.crewai:CrewAIInstrumentor"
_AGNO_BY_TRACELOOP: Final = "opentelemetry.instrumentation.agno:AgnoInstrumentor"
_HAYSTACK_BY_TRACELOOP: Final = "opentelemetry.instrumentation.haystack:HaystackInstrumentor"


def _set_up_semantic_kernel() -> Flush:
    """Semantic Kernel makes spans by itself, once the environment tells it to."""
    os.environ["SEMANTICKERNEL_EXPERIMENTAL_GENAI_ENABLE_OTEL_DIAGNOSTICS"] = "true"
    return provide()


FRAMEWORK_SET_UPS: Final[Mapping[str, tuple[str, Callable[[], Flush]]]] = {
    "openinference-dspy": ("dspy_calls", instrument(_DSPY)),
    "openinference-dspy-litellm": ("dspy_calls", instrument(_DSPY, _LITELLM)),
    "openinference-dspy-openai": ("dspy_calls", instrument(_DSPY, _OPENAI)),
    "openinference-agno": ("agno_calls", instrument(_AGNO)),
    "openinference-agno-openai": ("agno_calls", instrument(_AGNO, _OPENAI)),
    "openinference-haystack": ("haystack_calls", instrument(_HAYSTACK)),
    "openinference-haystack-openai": ("haystack_calls", instrument(_HAYSTACK, _OPENAI)),
    "openinference-instructor": ("instructor_calls", instrument(_INSTRUCTOR)),
    "openinference-instructor-openai": ("instructor_calls", instrument(_INSTRUCTOR, _OPENAI)),
    "openinference-langgraph": ("langgraph_calls", instrument(_LANGCHAIN)),
    "openinference-langgraph-openai": ("langgraph_calls", instrument(_LANGCHAIN, _OPENAI)),
    "openinference-autogen": ("autogen_calls", instrument(_AUTOGEN)),
    "openinference-autogen-openai": ("autogen_calls", instrument(_AUTOGEN, _OPENAI)),
    "openinference-google-adk": ("google_adk_calls", instrument(_GOOGLE_ADK)),
    "google-adk": ("google_adk_calls", provide),
    "agent-framework": ("agent_framework_calls", provide),
    "strands-bedrock": ("strands_bedrock_calls", provide),
    "strands": ("strands_calls", provide),
    "strands-openai": ("strands_calls", instrument(_OPENAI)),
    "semantic-kernel": ("semantic_kernel_calls", _set_up_semantic_kernel),
    "traceloop-crewai": ("crewai_calls", instrument(_CREWAI_BY_TRACELOOP)),
    "traceloop-crewai-openai": ("crewai_calls", instrument(_CREWAI_BY_TRACELOOP, _BY_TRACELOOP)),
    "traceloop-agno": ("agno_calls", instrument(_AGNO_BY_TRACELOOP)),
    "traceloop-agno-openai": ("agno_calls", instrument(_AGNO_BY_TRACELOOP, _BY_TRACELOOP)),
    "traceloop-haystack": ("haystack_calls", instrument(_HAYSTACK_BY_TRACELOOP)),
    "traceloop-haystack-openai": (
        "haystack_calls",
        instrument(_HAYSTACK_BY_TRACELOOP, _BY_TRACELOOP),
    ),
}
"""Per library: the module of its calls, and what switches it on."""
