"""The frameworks of agents, and of the graphs and crews that agents make."""

from __future__ import annotations

from typing import Final

from tests.libraries.library import Library
from tests.libraries.pins import OPENAI, OTLP

_BY_OPENINFERENCE: Final = "openinference-instrumentation-openai==0.1.66"
_AGNO: Final = ("openinference-instrumentation-agno==1.0.15", "agno==3.1.10", OPENAI)
_BESIDE_SCENARIOS: Final = ("chat", "chat_stream", "tools", "rate_limited")
"""Where the client is traced, too, which is about what is counted."""
_AGNO_SCENARIOS: Final = (
    "chat",
    "chat_stream",
    "tools",
    "reasoning",
    "responses",
    "responses_stream",
    "rate_limited",
    "broken_stream",
    "abandoned_stream",
    "within_span",
    "chat_async",
    "chat_stream_async",
)

AGENTS: Final = (
    Library("openinference-agno", (*_AGNO, OTLP), _AGNO_SCENARIOS),
    Library("openinference-agno-openai", (*_AGNO, _BY_OPENINFERENCE, OTLP), _BESIDE_SCENARIOS),
)
