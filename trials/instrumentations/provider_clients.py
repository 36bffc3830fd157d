"""The libraries that trace the clients of Google, AWS, Mistral, Groq and Cohere."""

from __future__ import annotations

from typing import Final

from trials.instrumentations.clients import ASYNC_SCENARIOS, MLFLOW
from trials.instrumentations.library import Library
from trials.instrumentations.pins import OTLP

_GENAI: Final = "google-genai==3.6.1"
# The last that OpenTelemetry's instrumentation takes.
_GENAI_2: Final = "google-genai==2.34.0"

_BOTO3: Final = "boto3==1.44.8"

_COHERE: Final = "cohere==7.3.1"
_GROQ: Final = "groq==1.7.0"
_MISTRAL: Final = "mistralai==3.7.0"
# The last that OpenLLMetry and OpenLIT take.
_MISTRAL_1: Final = "mistralai==1.12.4"
_COHERE_5: Final = "cohere==5.21.1"

GEMINI_SCENARIOS: Final = (
    "chat",
    "chat_stream",
    "tools",
    "cached",
    "cached_stream",
    "priority",
    "priority_stream",
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

BEDROCK_SCENARIOS: Final = (
    "chat",
    "chat_stream",
    "tools",
    "cached",
    "cached_stream",
    "priority",
    "priority_stream",
    "invoke",
    "invoke_stream",
    "invoke_cached",
    "invoke_cached_stream",
    "embeddings",
    "rate_limited",
    "bad_request",
    "overloaded",
    "broken_stream",
    "abandoned_stream",
    "within_span",
)

_SMALL_SCENARIOS: Final = (
    "chat",
    "chat_stream",
    "tools",
    "rate_limited",
    "bad_request",
    "overloaded",
    "broken_stream",
    "abandoned_stream",
    "within_span",
    *ASYNC_SCENARIOS,
)
GROQ_SCENARIOS: Final = (*_SMALL_SCENARIOS, "cached", "cached_stream")
MISTRAL_SCENARIOS: Final = (*GROQ_SCENARIOS, "embeddings")
COHERE_SCENARIOS: Final = (*_SMALL_SCENARIOS, "cached_stream", "embeddings")
_NO_CACHE: Final = {"cached_stream": "what Cohere bills has no part for a cache"}

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
    Library(
        "mlflow-google-genai",
        (*MLFLOW, _GENAI, OTLP),
        GEMINI_SCENARIOS,
        {"within_span": "the second of its calls is a stream, which has no span"},
    ),
    Library("openlit-google-genai", ("openlit==1.45.0", _GENAI), GEMINI_SCENARIOS),
    Library(
        "logfire-google-genai",
        ("logfire==5.4.0", "logfire[google-genai]==5.4.0", _GENAI_2),
        GEMINI_SCENARIOS,
    ),
)
BEDROCK_CLIENTS: Final = (
    Library(
        "openinference-bedrock",
        ("openinference-instrumentation-bedrock==0.1.61", _BOTO3, OTLP),
        BEDROCK_SCENARIOS,
    ),
    Library(
        "traceloop-bedrock",
        ("opentelemetry-instrumentation-bedrock==0.62.4", _BOTO3, OTLP),
        BEDROCK_SCENARIOS,
    ),
    Library(
        "botocore",
        ("opentelemetry-instrumentation-botocore==0.66b2", _BOTO3, OTLP),
        BEDROCK_SCENARIOS,
    ),
    Library(
        "genai-bedrock",
        ("opentelemetry-instrumentation-genai-bedrock==1.3b0", _BOTO3, OTLP),
        BEDROCK_SCENARIOS,
    ),
    Library("mlflow-bedrock", (*MLFLOW, _BOTO3, OTLP), BEDROCK_SCENARIOS),
    Library(
        "openlit-bedrock",
        ("openlit==1.45.0", _BOTO3),
        BEDROCK_SCENARIOS,
        {"within_span": "the second of its calls is a stream, which has no span"},
    ),
)
OTHER_CLIENTS: Final = (
    Library(
        "openinference-mistralai",
        ("openinference-instrumentation-mistralai==2.2.2", _MISTRAL, OTLP),
        MISTRAL_SCENARIOS,
    ),
    Library(
        "traceloop-mistralai",
        ("opentelemetry-instrumentation-mistralai==0.62.4", _MISTRAL_1, OTLP),
        MISTRAL_SCENARIOS,
    ),
    Library("openlit-mistralai", ("openlit==1.45.0", _MISTRAL_1), MISTRAL_SCENARIOS),
    Library(
        "openinference-groq",
        ("openinference-instrumentation-groq==0.1.33", _GROQ, OTLP),
        GROQ_SCENARIOS,
    ),
    Library(
        "traceloop-groq",
        ("opentelemetry-instrumentation-groq==0.62.4", _GROQ, OTLP),
        GROQ_SCENARIOS,
    ),
    Library("mlflow-groq", (*MLFLOW, _GROQ, OTLP), GROQ_SCENARIOS),
    Library("openlit-groq", ("openlit==1.45.0", _GROQ), GROQ_SCENARIOS),
    Library(
        "openinference-cohere",
        ("openinference-instrumentation-cohere==0.1.15", _COHERE, OTLP),
        COHERE_SCENARIOS,
        _NO_CACHE,
    ),
    Library(
        "traceloop-cohere",
        ("opentelemetry-instrumentation-cohere==0.62.4", _COHERE_5, OTLP),
        COHERE_SCENARIOS,
        _NO_CACHE,
    ),
    Library(
        "openlit-cohere",
        ("openlit==1.45.0", _COHERE),
        COHERE_SCENARIOS,
        {
            **_NO_CACHE,
            "chat_stream_async": "it makes of what streams a coroutine, which no caller awaits",
        },
    ),
)
