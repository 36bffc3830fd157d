"""Which clients of model providers have an official instrumentation installed, found in no time.

``importlib.metadata`` knows as well, and takes 40 ms of processor time to import, which every
function would pay at its start. It is asked where this look does not see everything.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from typing import Final

CLIENTS: Final[Mapping[str, str]] = {
    "opentelemetry-instrumentation-genai-anthropic": "anthropic",
    "opentelemetry-instrumentation-genai-bedrock": "boto3",
    "opentelemetry-instrumentation-genai-langchain": "langchain",
    "opentelemetry-instrumentation-genai-openai": "openai",
    "opentelemetry-instrumentation-genai-openai-agents": "agents",
    "opentelemetry-instrumentation-google-genai": "google.genai",
}
"""The module that each distribution instruments; its metadata names only what to install
(https://github.com/open-telemetry/opentelemetry-python-contrib)."""
_FAMILY: Final = (
    "opentelemetry-instrumentation-genai-",
    "opentelemetry-instrumentation-google-genai",
)
"""How OpenTelemetry names its instrumentations of model providers. Others stay untouched."""
_METADATA: Final = (".dist-info", ".egg-info")


def find_instrumentations() -> frozenset[str]:
    """Name the installed distributions that instrument a client, in their normal spelling."""
    found = frozenset(name for name in _list_folders() if name.startswith(_FAMILY))
    if found or not any(map(os.path.isfile, sys.path)):
        return found
    # What is imported from a zip file has its metadata there, too.
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
