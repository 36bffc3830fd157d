"""The spans that Mistral's own client makes of its requests, beside those of instrumentations.

Of streams they tell no usage, of failures nothing: they are kept as steps, and what they tell of
tokens is told to be left out. OpenInference's, OpenLIT's and OpenLLMetry's spans are the calls.
"""

from __future__ import annotations

from typing import Final

from llm_observe.dialects import genai
from llm_observe.dialects.counts import tells_tokens
from llm_observe.dialects.reading import Dialect, Reading
from llm_observe.dialects.source import SourceSpan


def read(span: SourceSpan) -> Reading:
    """Read a request; without an operation it is no call: its parent, or a span beside it, is."""
    reading = genai.read(span)
    if not reading.countable and tells_tokens(span.attributes):
        reading.usage_uncounted = "repeats_calls"
    return reading


# Observed on mistralai 1.12.4, under OpenInference, OpenLIT and OpenLLMetry.
MISTRAL: Final = Dialect(
    name="mistral-native",
    read=read,
    scopes=("mistralai_sdk_tracer",),
    keys=genai.GENAI_KEYS,
)
