"""The spans that Anthropic's own clients make in every language, and those of its interface.

Both follow OpenTelemetry's conventions, with keys of their own beside them. The clients' scopes are
``com.anthropic.sdk.<language>`` with the platform after it where it is not Anthropic's own, those
of the interface ``com.anthropic.claude-platform``: one dialect by the beginning of the scope.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from llm_observe.cost.usage import Usage, read_count
from llm_observe.dialects import genai
from llm_observe.dialects.reading import Dialect, Reading
from llm_observe.dialects.source import SourceSpan
from llm_observe.dialects.values import read_text

# Observed on anthropic 2.12 and 2.14, and on @anthropic-ai/sdk 1.14.
_STOP_REASON: Final = "anthropic.message.stop_reason"
_CACHED_5M: Final = "anthropic.usage.cache_creation.ephemeral_5m_input_tokens"
_COMPACTED: Final = "anthropic.usage.compaction."
"""Sums of the runs that made a long context shorter first: billed, and in no other count."""

_SIDES: Final = ("input", "output")


def read(span: SourceSpan) -> Reading:
    """Read a call; a stream that began and has neither an end nor an error was abandoned."""
    attributes = span.attributes
    reading = genai.read(span)
    reason = read_text(attributes, _STOP_REASON)
    reading.finish_reasons = (reason,) if reason else reading.finish_reasons
    reading.abandoned = genai.is_left(span, reading)
    if reading.usage:
        reading.usage = _add_compaction(reading.usage, attributes)
    return reading


def _add_compaction(usage: Usage, attributes: Mapping[str, Any]) -> Usage:
    """Add what compaction took to both sides; a side of which it is not told is unknown."""
    read, written = (read_count(attributes, f"{_COMPACTED}{side}_tokens") for side in _SIDES)
    if not read and not written:
        return usage
    return replace(
        usage,
        input_tokens=_add(usage.input_tokens, read),
        output_tokens=_add(usage.output_tokens, written),
        compacted=read or 0,
    )


def _add(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


ANTHROPIC_NATIVE: Final = Dialect(
    name="anthropic-native",
    read=read,
    scopes=(
        "com.anthropic.sdk.",
        "com.anthropic.claude-platform",
        "com.anthropic.claude-platform.",
    ),
    signs=(_STOP_REASON,),
    keys=genai.GENAI_KEYS
    | {_STOP_REASON, _CACHED_5M, *(f"{_COMPACTED}{side}_tokens" for side in _SIDES)},
)
