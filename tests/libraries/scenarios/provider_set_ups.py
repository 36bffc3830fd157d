"""How the libraries for other providers than OpenAI and Anthropic are switched on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from tests.libraries.scenarios.switches import Flush, instrument, set_up_logfire, set_up_openlit

_GEMINI: Final = "gemini_calls"
_BEDROCK: Final = "bedrock_calls"

PROVIDER_SET_UPS: Final[Mapping[str, tuple[str, Callable[[], Flush]]]] = {
    "openinference-google-genai": (
        _GEMINI,
        instrument("openinference.instrumentation.google_genai:GoogleGenAIInstrumentor"),
    ),
    "google-genai": (
        _GEMINI,
        instrument("opentelemetry.instrumentation.google_genai:GoogleGenAiSdkInstrumentor"),
    ),
    "traceloop-google-genai": (
        _GEMINI,
        instrument(
            "opentelemetry.instrumentation.google_generativeai:GoogleGenerativeAiInstrumentor"
        ),
    ),
    "openlit-google-genai": (_GEMINI, set_up_openlit),
    "logfire-google-genai": (_GEMINI, set_up_logfire("google_genai")),
    "openinference-bedrock": (
        _BEDROCK,
        instrument("openinference.instrumentation.bedrock:BedrockInstrumentor"),
    ),
    "traceloop-bedrock": (
        _BEDROCK,
        instrument("opentelemetry.instrumentation.bedrock:BedrockInstrumentor"),
    ),
    "botocore": (
        _BEDROCK,
        instrument("opentelemetry.instrumentation.botocore:BotocoreInstrumentor"),
    ),
    "genai-bedrock": (
        _BEDROCK,
        instrument("opentelemetry.instrumentation.genai.bedrock:BedrockInstrumentor"),
    ),
    "openlit-bedrock": (_BEDROCK, set_up_openlit),
}
"""Per library: the module of its calls, and what switches it on."""
