"""The spans that Anthropic's own client makes, by OpenTelemetry's conventions and its own keys."""

from __future__ import annotations

from typing import Final

from llm_observe.dialects import genai
from llm_observe.dialects.reading import Dialect, Reading
from llm_observe.dialects.source import SourceSpan
from llm_observe.dialects.values import read_text

# Observed on anthropic 2.12 and 2.14.
_STOP_REASON: Final = "anthropic.message.stop_reason"
_CACHED_5M: Final = "anthropic.usage.cache_creation.ephemeral_5m_input_tokens"


def read(span: SourceSpan) -> Reading:
    """Read a call; a stream that began and has neither an end nor an error was abandoned."""
    attributes = span.attributes
    reading = genai.read(span)
    reason = read_text(attributes, _STOP_REASON)
    reading.finish_reasons = (reason,) if reason else reading.finish_reasons
    reading.abandoned = genai.is_left(span, reading)
    return reading


ANTHROPIC_NATIVE: Final = Dialect(
    name="anthropic-native",
    read=read,
    scopes=("com.anthropic.sdk.python",),
    signs=(_STOP_REASON,),
    keys=genai.GENAI_KEYS | {_STOP_REASON, _CACHED_5M},
)
