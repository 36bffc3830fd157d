"""The versions that a span tells: of the application, and of the stored prompt that it used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from llm_observe import semconv
from llm_observe.dialects.reading import Reading
from llm_observe.dialects.source import SourceSpan
from llm_observe.dialects.values import read_text

_RELEASES: Final = ("langfuse.release", semconv.SERVICE_VERSION)
_PROMPTS: Final = (semconv.PROMPT_NAME, "langfuse.observation.prompt.name")
_PROMPT_VERSIONS: Final = (semconv.PROMPT_VERSION, "langfuse.observation.prompt.version")
VERSION_KEYS: Final = frozenset({*_RELEASES, *_PROMPTS, *_PROMPT_VERSIONS})
"""Attributes with a column, whatever the dialect."""


def read_versions(reading: Reading, span: SourceSpan) -> None:
    """Fill in the application's release, which its resource has, and the prompt of a call."""
    attributes = span.attributes
    reading.release = read_text(span.resource, semconv.SERVICE_VERSION)
    if VERSION_KEYS.isdisjoint(attributes):
        return
    reading.release = read_text(attributes, *_RELEASES) or reading.release
    reading.prompt_name = read_text(attributes, *_PROMPTS)
    if reading.prompt_name is not None:
        reading.prompt_version = _read_version(attributes)


def _read_version(attributes: Mapping[str, Any]) -> str | None:
    """Text, or a whole number, as Langfuse counts its prompts' versions."""
    for key in _PROMPT_VERSIONS:
        value = attributes.get(key)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return None
