"""The frameworks that call a provider's client, traced alone or with the client beside them."""

from __future__ import annotations

from typing import Final

from tests.libraries.clients import OPENAI_CLIENT_SCENARIOS
from tests.libraries.library import Library
from tests.libraries.pins import OTLP

_LANGCHAIN: Final = ("langchain==1.5.2", "langchain-openai==1.7.4")

FRAMEWORKS: Final = (
    Library(
        "openinference-langchain",
        (
            "openinference-instrumentation-langchain==0.1.80",
            # Both are traced, so one call has two spans that tell its tokens.
            "openinference-instrumentation-openai==0.1.66",
            *_LANGCHAIN,
            OTLP,
        ),
        OPENAI_CLIENT_SCENARIOS,
    ),
    Library(
        "traceloop-langchain",
        (
            "opentelemetry-instrumentation-langchain==0.62.4",
            "opentelemetry-instrumentation-openai==0.62.4",
            *_LANGCHAIN,
            OTLP,
        ),
        OPENAI_CLIENT_SCENARIOS,
    ),
)
