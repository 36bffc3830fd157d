"""LiteLLM's own callback ("otel"), which uses OpenLLMetry's keys in other ways.

Observed on litellm 1.110.2. Its usage object is a mapping as Python prints it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from llm_observe import semconv
from llm_observe.cost.usage import read_count
from llm_observe.dialects.reading import Reading
from llm_observe.dialects.source import SourceSpan
from llm_observe.dialects.values import read_text

LITELLM: Final = "litellm"
REQUEST_TYPE: Final = "llm.request.type"
OLD_STREAMING: Final = "llm.is_streaming"
"""Keys of OpenLLMetry's, in which LiteLLM speaks, too."""
_USAGE_OBJECT: Final = "metadata.usage_object"
_OPERATIONS: Final = {
    "completion": semconv.CHAT,
    "responses": semconv.CHAT,
    "text_completion": semconv.TEXT_COMPLETION,
    "embedding": semconv.EMBEDDINGS,
    "rerank": semconv.RERANK,
}
"""By the function that was called, without the ``a`` of those for coroutines."""
_MADE_UP: Final = "'prompt_tokens_details': None"
_LONGEST: Final = 4096
_COUNT: Final = re.compile(r"'(cached_tokens|reasoning_tokens)': (\d{1,13})\b", re.ASCII)


def name_operation(span: SourceSpan) -> str | None:
    """Give what was asked of the model; the span of the raw request says nothing."""
    called = read_text(span.attributes, REQUEST_TYPE) or ""
    return _OPERATIONS.get(called) or _OPERATIONS.get(called.removeprefix("a"))


def settle_call(reading: Reading, attributes: Mapping[str, Any]) -> None:
    """Fill in what else is told of tokens, and forget those that LiteLLM counted by itself.

    It does that for streams whose usage was not asked for; a provider's usage has details.
    """
    reading.streamed = read_text(attributes, OLD_STREAMING) == "True"
    told = (read_text(attributes, _USAGE_OBJECT) or "")[:_LONGEST]
    if reading.streamed and (not told or _MADE_UP in told):
        reading.usage = None
    counts = {name: int(count) for name, count in _COUNT.findall(told)}
    if reading.usage is not None:
        reading.usage = replace(
            reading.usage,
            cache_read=read_count(counts, "cached_tokens"),
            reasoning=read_count(counts, "reasoning_tokens"),
        )
    if reading.operation == semconv.EMBEDDINGS:
        # An id of LiteLLM's own.
        reading.response_id = None
