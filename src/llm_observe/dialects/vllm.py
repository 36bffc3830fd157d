"""vLLM's own spans of the requests that it serves, which tell no operation and often no model.

Keys of vllm.tracing.SpanAttributes, from its source; not run here.
"""

from __future__ import annotations

from typing import Final

from llm_observe import semconv
from llm_observe.dialects import genai
from llm_observe.dialects.counts import count_any, tells_tokens
from llm_observe.dialects.reading import Dialect, Reading
from llm_observe.dialects.source import SourceSpan
from llm_observe.dialects.values import read_milliseconds

_PROVIDER: Final = "vllm"
_REQUEST: Final = "llm_request"
_LATENCIES: Final = tuple(
    semconv.LATENCY + each for each in ("time_in_queue", "e2e", "time_in_model_inference")
)


def read(span: SourceSpan) -> Reading:
    """Read a request that was served; spans of its phases tell of no tokens."""
    reading = genai.read(span)
    if reading.countable or not (span.name == _REQUEST or tells_tokens(span.attributes)):
        return reading
    reading.operation, reading.countable = semconv.CHAT, True
    reading.provider = reading.provider or _PROVIDER
    reading.usage = count_any(span.attributes)
    reading.time_to_first_token_ms = read_milliseconds(
        span.attributes, semconv.LATENCY + "time_to_first_token"
    )
    return reading


VLLM: Final = Dialect(
    name="vllm",
    read=read,
    scopes=("vllm.",),
    signs=_LATENCIES,
    keys=genai.GENAI_KEYS | {*_LATENCIES, semconv.LATENCY + "time_to_first_token"},
)
