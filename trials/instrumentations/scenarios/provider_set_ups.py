"""How the libraries for other providers than OpenAI and Anthropic are switched on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from trials.instrumentations.scenarios.instrumentors import (
    Flush,
    instrument,
    set_up_logfire,
    set_up_mlflow,
    set_up_openlit,
)

_GEMINI: Final = "gemini_calls"
_BEDROCK: Final = "bedrock_calls"
_MISTRAL: Final = "mistral_calls"
_GROQ: Final = "groq_calls"
_COHERE: Final = "cohere_calls"

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
    "mlflow-google-genai": (_GEMINI, set_up_mlflow("gemini")),
    "mlflow-bedrock": (_BEDROCK, set_up_mlflow("bedrock")),
    "mlflow-groq": (_GROQ, set_up_mlflow("groq")),
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
    "openinference-mistralai": (
        _MISTRAL,
        instrument("openinference.instrumentation.mistralai:MistralAIInstrumentor"),
    ),
    "traceloop-mistralai": (
        _MISTRAL,
        instrument("opentelemetry.instrumentation.mistralai:MistralAiInstrumentor"),
    ),
    "openlit-mistralai": (_MISTRAL, set_up_openlit),
    "openinference-groq": (
        _GROQ,
        instrument("openinference.instrumentation.groq:GroqInstrumentor"),
    ),
    "traceloop-groq": (_GROQ, instrument("opentelemetry.instrumentation.groq:GroqInstrumentor")),
    "openlit-groq": (_GROQ, set_up_openlit),
    "openinference-cohere": (
        _COHERE,
        instrument("openinference.instrumentation.cohere:CohereInstrumentor"),
    ),
    "traceloop-cohere": (
        _COHERE,
        instrument("opentelemetry.instrumentation.cohere:CohereInstrumentor"),
    ),
    "openlit-cohere": (_COHERE, set_up_openlit),
}
"""Per library: the module of its calls, and what switches it on."""
