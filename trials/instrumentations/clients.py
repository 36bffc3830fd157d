"""The libraries that trace a provider's own client."""

from __future__ import annotations

from typing import Final

from trials.instrumentations.library import Library
from trials.instrumentations.pins import ANTHROPIC, OPENAI, OTLP

# mlflow-tracing fails at its first span where an OTLP endpoint is set: it imports what it does not
# ask for. Of mlflow-skinny, ``mlflow.openai`` needs pandas.
MLFLOW: Final = ("mlflow-skinny==3.17.2", "pandas==2.3.3")

OPENAI_SCENARIOS: Final = (
    "chat",
    "chat_stream",
    "chat_stream_without_usage",
    "tools",
    "cached",
    "cached_stream",
    "priority",
    "reasoning",
    "embeddings",
    "responses",
    "responses_stream",
    "responses_priority",
    "rate_limited",
    "broken_stream",
    "abandoned_stream",
    "within_span",
)
ASYNC_SCENARIOS: Final = ("chat_async", "chat_stream_async")
OPENAI_CLIENT_SCENARIOS: Final = (*OPENAI_SCENARIOS, *ASYNC_SCENARIOS)
"""Of Python, which has a client for coroutines beside the other."""
ANTHROPIC_SCENARIOS: Final = (
    "chat",
    "chat_stream",
    "chat_stream_helper",
    "tools",
    "cached",
    "cached_stream",
    "cached_stream_older",
    "priority",
    "rate_limited",
    "broken_stream",
    "abandoned_stream",
    "within_span",
    *ASYNC_SCENARIOS,
)

PLATFORM_SCENARIOS: Final = (
    "chat",
    "chat_stream",
    "chat_stream_helper",
    "tools",
    "cached",
    "cached_stream",
    "rate_limited",
    "broken_stream",
    "abandoned_stream",
    "within_span",
)
"""Of Anthropic's models on another platform: what its client tells differently if at all."""

OPENAI_CLIENTS: Final = (
    Library(
        "openinference-openai",
        ("openinference-instrumentation-openai==0.1.66", OPENAI, OTLP),
        OPENAI_CLIENT_SCENARIOS,
    ),
    Library(
        "traceloop-openai",
        ("opentelemetry-instrumentation-openai==0.62.4", OPENAI, OTLP),
        OPENAI_CLIENT_SCENARIOS,
    ),
    Library(
        "traceloop-openai-legacy",
        (
            "opentelemetry-instrumentation-openai==0.47.5",
            # The last of its time: later ones lack what it imports.
            "openai==2.54.0",
            "opentelemetry-exporter-otlp-proto-http==1.37.0",
        ),
        OPENAI_CLIENT_SCENARIOS,
    ),
    Library(
        "genai-openai",
        ("opentelemetry-instrumentation-genai-openai==1.3b0", OPENAI, OTLP),
        OPENAI_CLIENT_SCENARIOS,
    ),
    Library(
        "openai-v2",
        (
            "opentelemetry-instrumentation-openai-v2==2.4b0",
            # It imports httpx, which openai 3 no longer brings, and what util-genai 1.2 took away.
            "openai==2.54.0",
            "opentelemetry-util-genai==1.1b0",
            OTLP,
        ),
        OPENAI_CLIENT_SCENARIOS,
    ),
    Library("openlit-openai", ("openlit==1.45.0", "openai==2.54.0"), OPENAI_CLIENT_SCENARIOS),
    Library("langfuse", ("langfuse==5.0.4", OPENAI), OPENAI_CLIENT_SCENARIOS),
    Library("logfire-openai", ("logfire==5.4.0", OPENAI), OPENAI_CLIENT_SCENARIOS),
    Library("mlflow-openai", (*MLFLOW, OPENAI, OTLP), OPENAI_CLIENT_SCENARIOS),
    Library("laminar", ("lmnr==0.8.2", OPENAI), OPENAI_CLIENT_SCENARIOS),
    Library(
        "langsmith",
        ("langsmith==0.15.1", "langsmith[otel]==0.15.1", OPENAI),
        OPENAI_CLIENT_SCENARIOS,
    ),
)
ANTHROPIC_CLIENTS: Final = (
    Library("openlit-anthropic", ("openlit==1.45.0", "anthropic==0.125.0"), ANTHROPIC_SCENARIOS),
    Library("logfire-anthropic", ("logfire==5.4.0", ANTHROPIC), ANTHROPIC_SCENARIOS),
    Library("mlflow-anthropic", (*MLFLOW, ANTHROPIC, OTLP), ANTHROPIC_SCENARIOS),
    Library("anthropic", (ANTHROPIC, OTLP), ANTHROPIC_SCENARIOS),
    Library(
        "openinference-anthropic",
        ("openinference-instrumentation-anthropic==3.1.0", ANTHROPIC, OTLP),
        ANTHROPIC_SCENARIOS,
    ),
    Library(
        "traceloop-anthropic",
        ("opentelemetry-instrumentation-anthropic==0.62.4", ANTHROPIC, OTLP),
        ANTHROPIC_SCENARIOS,
    ),
    Library(
        # Before anthropic 2 there are no spans of the client's own beside these.
        "traceloop-anthropic-alone",
        ("opentelemetry-instrumentation-anthropic==0.62.4", "anthropic==1.8.0", OTLP),
        ANTHROPIC_SCENARIOS,
    ),
    Library(
        "openinference-anthropic-alone",
        ("openinference-instrumentation-anthropic==3.1.0", "anthropic==1.8.0", OTLP),
        ANTHROPIC_SCENARIOS,
    ),
    Library(
        "genai-anthropic",
        ("opentelemetry-instrumentation-genai-anthropic==1.3b0", ANTHROPIC, OTLP),
        ANTHROPIC_SCENARIOS,
    ),
    Library(
        "anthropic-bedrock",
        (ANTHROPIC, ANTHROPIC.replace("==", "[bedrock]=="), OTLP),
        PLATFORM_SCENARIOS,
    ),
    *(
        Library(name, (ANTHROPIC, OTLP), PLATFORM_SCENARIOS)
        for name in (
            "anthropic-vertex",
            "anthropic-foundry",
            "anthropic-aws",
            "anthropic-google-cloud",
        )
    ),
)
