"""The spans that Anthropic's own clients make in every language, and those of its interface.

Both follow OpenTelemetry's conventions, with keys of their own beside them. The clients' scopes are
``com.anthropic.sdk.<language>`` with the platform after it where it is not Anthropic's own, those
of the interface ``com.anthropic.claude-platform``: one dialect by the beginning of the scope.
"""

from __future__ import annotations

from typing import Final

from llm_observe.cost.usage import read_count
from llm_observe.dialects import genai
from llm_observe.dialects.reading import Dialect, Reading
from llm_observe.dialects.runs import add_compaction
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
        took = (read_count(attributes, f"{_COMPACTED}{side}_tokens") for side in _SIDES)
        reading.usage = add_compaction(reading.usage, *took)
    return reading


ANTHROPIC_NATIVE: Final = Dialect(
    name="anthropic-native",
    read=read,
    scopes=(
        "com.anthropic.sdk.",
        "com.anthropic.claude-platform",
        "com.anthropic.claude-platform.",
    ),
    signs=(_STOP_REASON, f"{_COMPACTED}input_tokens", f"{_COMPACTED}output_tokens"),
    keys=genai.GENAI_KEYS
    | {_STOP_REASON, _CACHED_5M, *(f"{_COMPACTED}{side}_tokens" for side in _SIDES)},
)
