"""Which instrumentation libraries are run, at which versions, and through which calls.

``asks`` are the pins a person chose; ``requirements/<name>.txt`` is what they resolve to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from trials.instrumentations.agents import AGENTS
from trials.instrumentations.clients import (
    ANTHROPIC_CLIENTS,
    ANTHROPIC_SCENARIOS,
    ASYNC_SCENARIOS,
    OPENAI_CLIENTS,
    OPENAI_SCENARIOS,
    PLATFORM_SCENARIOS,
)
from trials.instrumentations.derived import DERIVED
from trials.instrumentations.frameworks import FRAMEWORKS
from trials.instrumentations.library import Library
from trials.instrumentations.pins import OTLP
from trials.instrumentations.programs import PROGRAMS
from trials.instrumentations.provider_clients import BEDROCK_CLIENTS, GEMINI_CLIENTS, OTHER_CLIENTS

PLAIN_SCENARIOS: Final = ("nested", "failed")
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

_VERCEL: Final = (
    Library(
        "vercel-ai",
        ("ai==7.0.173", "@ai-sdk/openai==4.0.118", "@ai-sdk/otel==1.0.173", *_OTEL_JS),
        OPENAI_SCENARIOS,
        _ASKS_FOR_USAGE,
        "vercel_ai.mjs",
        protocol="http/json",
    ),
    Library(
        "vercel-ai-v5",
        ("ai==5.0.277", "@ai-sdk/openai==2.0.130", *_OTEL_JS),
        OPENAI_SCENARIOS,
        _ASKS_FOR_USAGE,
        "vercel_ai.mjs",
    ),
    Library(
        "vercel-ai-legacy",
        ("ai==6.0.325", "@ai-sdk/openai==3.0.141", *_OTEL_JS),
        OPENAI_SCENARIOS,
        _ASKS_FOR_USAGE,
        "vercel_ai.mjs",
    ),
)
_NODE: Final = (
    Library(
        "auto-instrumentations-node",
        ("@opentelemetry/auto-instrumentations-node==0.81.2", "openai==6.30.1", _OTEL_JS[0]),
        OPENAI_SCENARIOS,
        script="auto_openai.mjs",
    ),
    Library(
        "traceloop-node",
        ("@traceloop/node-server-sdk==0.27.0", "openai==6.30.1", _OTEL_JS[0]),
        OPENAI_SCENARIOS,
        script="traceloop_openai.mjs",
    ),
    Library(
        "anthropic-node",
        ("@anthropic-ai/sdk==1.14.0", *_OTEL_JS),
        tuple(name for name in ANTHROPIC_SCENARIOS if name not in ASYNC_SCENARIOS),
        script="anthropic_own.mjs",
    ),
    Library(
        "anthropic-node-bedrock",
        ("@anthropic-ai/bedrock-sdk==1.1.3", "@anthropic-ai/sdk==1.14.0", *_OTEL_JS),
        PLATFORM_SCENARIOS,
        script="anthropic_bedrock.mjs",
    ),
    Library(
        "anthropic-node-vertex",
        (
            "@anthropic-ai/vertex-sdk==1.1.3",
            "@anthropic-ai/sdk==1.14.0",
            "google-auth-library==10.2.0",
            *_OTEL_JS,
        ),
        PLATFORM_SCENARIOS,
        script="anthropic_vertex.mjs",
    ),
)
_PLAIN: Final = (
    Library(
        "otel-python",
        ("opentelemetry-sdk==1.45.2", OTLP),
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
)

_FROM_SOURCE: Final = (
    Library(
        "claude-code",
        ("@anthropic-ai/claude-code==2.1.289",),
        ("chat_stream", "cached_stream", "rate_limited"),
        is_run=False,
        source="recordings that its users published, of 2.1.289",
    ),
    *DERIVED,
)

FAMILIES: Final[Mapping[str, tuple[Library, ...]]] = {
    "OpenAI's client": OPENAI_CLIENTS,
    "Anthropic's client": ANTHROPIC_CLIENTS,
    "Google's Gen AI client": GEMINI_CLIENTS,
    "AWS's client of Bedrock": BEDROCK_CLIENTS,
    "Mistral's, Groq's and Cohere's clients": OTHER_CLIENTS,
    "Frameworks that call OpenAI": (*FRAMEWORKS, *PROGRAMS, *AGENTS),
    "Vercel AI SDK, which calls OpenAI": _VERCEL,
    "OpenAI's and Anthropic's clients for Node": _NODE,
    "Programs that are not run here, by their published spans": _FROM_SOURCE,
    "Applications that call no model": _PLAIN,
}
LIBRARIES: Final = tuple(library for family in FAMILIES.values() for library in family)
