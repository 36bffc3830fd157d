"""The libraries that trace the clients of Google, AWS, Mistral, Groq and Cohere."""

from __future__ import annotations

from typing import Final

from tests.libraries.clients import ASYNC_SCENARIOS
from tests.libraries.library import Library
from tests.libraries.pins import OTLP

_GENAI: Final = "google-genai==3.6.1"
# The last that OpenTelemetry's instrumentation takes.
_GENAI_2: Final = "google-genai==2.34.0"

GEMINI_SCENARIOS: Final = (
    "chat",
    "chat_stream",
    "tools",
    "cached",
    "reasoning",
    "embeddings",
    "rate_limited",
    "bad_request",
    "overloaded",
    "broken_stream",
    "abandoned_stream",
    "within_span",
    *ASYNC_SCENARIOS,
)

GEMINI_CLIENTS: Final = (
    Library(
        "openinference-google-genai",
        ("openinference-instrumentation-google-genai==1.4.14", _GENAI, OTLP),
        GEMINI_SCENARIOS,
    ),
    Library(
        "google-genai",
        ("opentelemetry-instrumentation-google-genai==1.3b0", _GENAI_2, OTLP),
        GEMINI_SCENARIOS,
    ),
    Library(
        "traceloop-google-genai",
        ("opentelemetry-instrumentation-google-generativeai==0.62.4", _GENAI, OTLP),
        GEMINI_SCENARIOS,
    ),
    Library("openlit-google-genai", ("openlit==1.45.0", _GENAI), GEMINI_SCENARIOS),
    Library(
        "logfire-google-genai",
        ("logfire==5.4.0", "logfire[google-genai]==5.4.0", _GENAI_2),
        GEMINI_SCENARIOS,
    ),
)
