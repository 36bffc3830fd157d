"""Which instrumentation libraries are run, at which versions, and through which calls.

``asks`` are the pins a person chose; ``requirements/<name>.txt`` is what they resolve to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

_OTLP: Final = "opentelemetry-exporter-otlp-proto-http==1.45.2"
_OPENAI: Final = "openai==3.57.0"
_ANTHROPIC: Final = "anthropic==2.14.0"
# mlflow-tracing fails at its first span where an OTLP endpoint is set: it imports what it does not
# ask for. Of mlflow-skinny, ``mlflow.openai`` needs pandas.
_MLFLOW: Final = ("mlflow-skinny==3.17.2", "pandas==2.3.3")

OPENAI_SCENARIOS: Final = (
    "chat",
    "chat_stream",
    "chat_stream_without_usage",
    "tools",
    "cached",
    "reasoning",
    "embeddings",
    "responses",
    "responses_stream",
    "rate_limited",
    "broken_stream",
    "abandoned_stream",
    "within_span",
)
ANTHROPIC_SCENARIOS: Final = (
    "chat",
    "chat_stream",
    "chat_stream_helper",
    "tools",
    "cached",
    "rate_limited",
    "broken_stream",
    "abandoned_stream",
    "within_span",
)
PLAIN_SCENARIOS: Final = ("nested", "failed")


@dataclass(frozen=True)
class Library:
    """A library that is run: its name here, its pins, and the scenarios it is asked for.

    The first pin is the library itself. ``left_out`` says for a scenario why this library cannot
    live it; ``script`` is Node's in ``scenarios/``, where the library is no Python.
    """

    name: str
    asks: tuple[str, ...]
    scenarios: tuple[str, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)
    script: str | None = None
    protocol: Literal["http/protobuf", "http/json"] = "http/protobuf"

    @property
    def package(self) -> str:
        """The package whose version the fixture carries."""
        return self.asks[0].partition("==")[0]

    @property
    def version(self) -> str:
        """The version that is pinned."""
        return self.asks[0].partition("==")[2]

    @property
    def lived(self) -> tuple[str, ...]:
        """The scenarios that this library can live."""
        return tuple(name for name in self.scenarios if name not in self.left_out)


_LANGCHAIN: Final = ("langchain==1.5.2", "langchain-openai==1.7.4")
# The last for Node 20.
_OTEL_JS: Final = (
    "@opentelemetry/api==1.9.1",
    "@opentelemetry/sdk-trace-node==2.12.0",
    "@opentelemetry/exporter-trace-otlp-proto==0.223.1",
    "@opentelemetry/exporter-trace-otlp-http==0.223.1",
)
_ASKS_FOR_USAGE: Final = {
    "chat_stream_without_usage": "the SDK asks for the usage of every stream",
}

LIBRARIES: Final = (
    Library(
        "openinference-openai",
        ("openinference-instrumentation-openai==0.1.66", _OPENAI, _OTLP),
        OPENAI_SCENARIOS,
    ),
    Library(
        "traceloop-openai",
        ("opentelemetry-instrumentation-openai==0.62.4", _OPENAI, _OTLP),
        OPENAI_SCENARIOS,
    ),
    Library(
        "traceloop-openai-legacy",
        (
            "opentelemetry-instrumentation-openai==0.47.5",
            # The last of its time: later ones lack what it imports.
            "openai==2.54.0",
            "opentelemetry-exporter-otlp-proto-http==1.37.0",
        ),
        OPENAI_SCENARIOS,
    ),
    Library(
        "genai-openai",
        ("opentelemetry-instrumentation-genai-openai==1.3b0", _OPENAI, _OTLP),
        OPENAI_SCENARIOS,
    ),
    Library(
        "openai-v2",
        (
            "opentelemetry-instrumentation-openai-v2==2.4b0",
            # It imports httpx, which openai 3 no longer brings, and what util-genai 1.2 took away.
            "openai==2.54.0",
            "opentelemetry-util-genai==1.1b0",
            _OTLP,
        ),
        OPENAI_SCENARIOS,
    ),
    Library("openlit-openai", ("openlit==1.45.0", "openai==2.54.0"), OPENAI_SCENARIOS),
    Library("openlit-anthropic", ("openlit==1.45.0", "anthropic==0.125.0"), ANTHROPIC_SCENARIOS),
    Library("langfuse", ("langfuse==5.0.4", _OPENAI), OPENAI_SCENARIOS),
    Library("logfire-openai", ("logfire==5.4.0", _OPENAI), OPENAI_SCENARIOS),
    Library("logfire-anthropic", ("logfire==5.4.0", _ANTHROPIC), ANTHROPIC_SCENARIOS),
    Library("mlflow-openai", (*_MLFLOW, _OPENAI, _OTLP), OPENAI_SCENARIOS),
    Library("mlflow-anthropic", (*_MLFLOW, _ANTHROPIC, _OTLP), ANTHROPIC_SCENARIOS),
    Library("anthropic", (_ANTHROPIC, _OTLP), ANTHROPIC_SCENARIOS),
    Library(
        "openinference-anthropic",
        ("openinference-instrumentation-anthropic==3.1.0", _ANTHROPIC, _OTLP),
        ANTHROPIC_SCENARIOS,
    ),
    Library(
        "traceloop-anthropic",
        ("opentelemetry-instrumentation-anthropic==0.62.4", _ANTHROPIC, _OTLP),
        ANTHROPIC_SCENARIOS,
    ),
    Library(
        # Before anthropic 2 there are no spans of the client's own beside these.
        "traceloop-anthropic-alone",
        ("opentelemetry-instrumentation-anthropic==0.62.4", "anthropic==1.8.0", _OTLP),
        ANTHROPIC_SCENARIOS,
    ),
    Library(
        "openinference-anthropic-alone",
        ("openinference-instrumentation-anthropic==3.1.0", "anthropic==1.8.0", _OTLP),
        ANTHROPIC_SCENARIOS,
    ),
    Library(
        "genai-anthropic",
        ("opentelemetry-instrumentation-genai-anthropic==1.3b0", _ANTHROPIC, _OTLP),
        ANTHROPIC_SCENARIOS,
    ),
    Library(
        "openinference-langchain",
        (
            "openinference-instrumentation-langchain==0.1.80",
            # Both are traced, so one call has two spans that tell its tokens.
            "openinference-instrumentation-openai==0.1.66",
            *_LANGCHAIN,
            _OTLP,
        ),
        OPENAI_SCENARIOS,
    ),
    Library(
        "traceloop-langchain",
        (
            "opentelemetry-instrumentation-langchain==0.62.4",
            "opentelemetry-instrumentation-openai==0.62.4",
            *_LANGCHAIN,
            _OTLP,
        ),
        OPENAI_SCENARIOS,
    ),
    Library(
        "otel-python",
        ("opentelemetry-sdk==1.45.2", _OTLP),
        PLAIN_SCENARIOS,
    ),
    Library(
        "otel-python-json",
        ("opentelemetry-sdk==1.45.1", "opentelemetry-exporter-otlp-json-http==0.66b1"),
        PLAIN_SCENARIOS,
        protocol="http/json",
    ),
    Library(
        "otel-js",
        ("@opentelemetry/sdk-trace-node==2.12.0", *_OTEL_JS),
        PLAIN_SCENARIOS,
        script="plain.mjs",
    ),
    Library(
        "otel-js-json",
        ("@opentelemetry/sdk-trace-node==2.12.0", *_OTEL_JS),
        PLAIN_SCENARIOS,
        script="plain.mjs",
        protocol="http/json",
    ),
    Library(
        "vercel-ai",
        ("ai==7.0.173", "@ai-sdk/openai==4.0.118", "@ai-sdk/otel==1.0.173", *_OTEL_JS),
        OPENAI_SCENARIOS,
        _ASKS_FOR_USAGE,
        "vercel_ai.mjs",
        "http/json",
    ),
    Library(
        "vercel-ai-legacy",
        ("ai==6.0.325", "@ai-sdk/openai==3.0.141", *_OTEL_JS),
        OPENAI_SCENARIOS,
        _ASKS_FOR_USAGE,
        "vercel_ai.mjs",
    ),
)
