"""The frameworks whose programs declare what they want, not how to ask: of pipelines and fields."""

from __future__ import annotations

from typing import Final

from trials.instrumentations.library import Library
from trials.instrumentations.pins import OPENAI, OTLP

_BY_OPENINFERENCE: Final = "openinference-instrumentation-openai==0.1.66"
_DSPY: Final = ("openinference-instrumentation-dspy==0.1.48", "dspy[numpy]==3.4.1")
_HAYSTACK: Final = ("openinference-instrumentation-haystack==0.1.46", "haystack-ai==3.4.1")
_HAYSTACK_BY_TRACELOOP: Final = (
    "opentelemetry-instrumentation-haystack==0.62.4",
    # Of version 3 it finds nothing to trace, and fails.
    "haystack-ai==2.31.0",
)
_INSTRUCTOR: Final = ("openinference-instrumentation-instructor==0.1.29", "instructor==1.17.0")
_BESIDE_SCENARIOS: Final = ("chat", "chat_stream", "cached_stream", "tools", "rate_limited")
"""Where the client is traced, too, which is about what is counted."""
_INSTRUCTOR_SCENARIOS: Final = (
    "chat",
    "chat_stream",
    "cached_stream",
    "reasoning",
    "rate_limited",
    "within_span",
    "chat_async",
)
_DSPY_SCENARIOS: Final = (
    "chat",
    "chat_stream",
    "cached_stream",
    "tools",
    "reasoning",
    "embeddings",
    "rate_limited",
    "broken_stream",
    "abandoned_stream",
    "within_span",
    "chat_async",
)
_HAYSTACK_SCENARIOS: Final = (
    "chat",
    "chat_stream",
    "cached_stream",
    "chat_stream_without_usage",
    "tools",
    "reasoning",
    "embeddings",
    "retrieval",
    "rate_limited",
    "broken_stream",
    "within_span",
    "chat_async",
)

PROGRAMS: Final = (
    Library("openinference-dspy", (*_DSPY, OPENAI, OTLP), _DSPY_SCENARIOS),
    Library(
        "openinference-dspy-litellm",
        (*_DSPY, "openinference-instrumentation-litellm==0.1.51", OPENAI, OTLP),
        _BESIDE_SCENARIOS,
    ),
    Library(
        "openinference-dspy-openai",
        (*_DSPY, _BY_OPENINFERENCE, OPENAI, OTLP),
        _BESIDE_SCENARIOS,
    ),
    Library("openinference-haystack", (*_HAYSTACK, OPENAI, OTLP), _HAYSTACK_SCENARIOS),
    Library(
        "openinference-haystack-openai",
        (*_HAYSTACK, _BY_OPENINFERENCE, OPENAI, OTLP),
        _BESIDE_SCENARIOS,
    ),
    Library(
        "traceloop-haystack",
        (*_HAYSTACK_BY_TRACELOOP, OPENAI, OTLP),
        _BESIDE_SCENARIOS,
    ),
    Library(
        "traceloop-haystack-openai",
        (
            *_HAYSTACK_BY_TRACELOOP,
            "opentelemetry-instrumentation-openai==0.62.4",
            OPENAI,
            OTLP,
        ),
        _BESIDE_SCENARIOS,
    ),
    Library("openinference-instructor", (*_INSTRUCTOR, OTLP), _INSTRUCTOR_SCENARIOS),
    Library(
        "openinference-instructor-openai",
        (*_INSTRUCTOR, _BY_OPENINFERENCE, OTLP),
        ("chat", "chat_stream", "cached_stream", "rate_limited"),
        dict.fromkeys(
            ("chat_stream", "cached_stream"),
            "Instructor takes the stream of a traced client for one of coroutines, "
            "and its caller cannot read it",
        ),
    ),
)
