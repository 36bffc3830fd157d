"""The clients that can be traced, one row each, and which of them can be here, found in no time.

``importlib.metadata`` knows as well, and takes 40 ms of processor time to import, which every
function would pay at its start. It is asked where this look does not see everything.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple


class InstrumentedClient(NamedTuple):
    """A client of a model provider with an instrumentation of OpenTelemetry's own project."""

    module: str
    """The client's: its import is waited for. Metadata names only what to install."""
    repair: str | None = None
    """A module of ours that adds what the instrumentation leaves out, with ``switch_on(settings)``
    and ``switch_off()``; it may import the client."""
    unrepaired: str = ""
    """The line of log where that fails."""


CLIENTS: Final[Mapping[str, InstrumentedClient]] = {
    "opentelemetry-instrumentation-genai-anthropic": InstrumentedClient("anthropic"),
    "opentelemetry-instrumentation-genai-bedrock": InstrumentedClient("boto3"),
    "opentelemetry-instrumentation-genai-langchain": InstrumentedClient("langchain"),
    "opentelemetry-instrumentation-genai-openai": InstrumentedClient(
        "openai",
        repair="llm_observe._tracing.stream_usage",
        unrepaired="streams are not asked for their usage",
    ),
    "opentelemetry-instrumentation-genai-openai-agents": InstrumentedClient("agents"),
    "opentelemetry-instrumentation-google-genai": InstrumentedClient("google.genai"),
}
"""By the instrumentation's distribution
(https://github.com/open-telemetry/opentelemetry-python-contrib)."""
FAMILIES: Final[Mapping[str, str]] = {
    "opentelemetry-instrumentation-genai-": "opentelemetry.instrumentation.genai.",
    "opentelemetry-instrumentation-google-genai": "opentelemetry.instrumentation.google_genai",
}
"""How OpenTelemetry names its instrumentations of model providers: the distribution, and the module
of its entry point. Others stay untouched."""
_FAMILY: Final = tuple(FAMILIES)
_METADATA: Final = (".dist-info", ".egg-info")


def find_instrumentations() -> frozenset[str]:
    """Name the installed distributions that instrument a client, in their normal spelling."""
    found = frozenset(name for name in _list_folders() if name.startswith(_FAMILY))
    if found or not any(map(os.path.isfile, sys.path)):
        return found
    # A package in a zip file has its metadata there, too.
    from importlib.metadata import distributions  # noqa: PLC0415  # see the top

    names = (_normalize(distribution.name or "") for distribution in distributions())
    return frozenset(name for name in names if name.startswith(_FAMILY))


def _list_folders() -> Iterator[str]:
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")  # noqa: PTH208  # pathlib, too, takes time to import
        except OSError:
            continue
        for name in names:
            if name.endswith(_METADATA):
                yield _normalize(name.partition("-")[0])


def _normalize(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
