"""The parts of a stream, which MLflow writes into events of the span: the last tell how it ended.

Observed on mlflow 3.17.2, whose own summary says ``stop`` of a call of a tool, and whose export in
OpenTelemetry's keys leaves out what the last event of OpenAI's responses tells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from llm_observe.dialects.reading import Reading
from llm_observe.dialects.responses import read_finish_reasons, read_usage
from llm_observe.dialects.source import SourceSpan
from llm_observe.dialects.tiers import find_in_answer
from llm_observe.dialects.values import read_mapping, read_quoted, read_text

_CHUNK: Final = "mlflow.chunk.item."
_VALUE: Final = "mlflow.chunk.value"
_MOST: Final = 4
"""Parts from the end: the last has the usage, and the one before it the reason to finish."""


def settle_stream(reading: Reading, span: SourceSpan) -> None:
    """Fill in what a stream's last parts tell, which goes over what was made up of all."""
    for chunk in _list_last(span):
        whole = read_mapping(chunk.get("response")) or chunk
        reading.finish_reasons = read_finish_reasons(whole) or reading.finish_reasons
        reading.usage = read_usage(read_mapping(whole.get("usage"))) or reading.usage
        reading.service_tier = find_in_answer(whole) or reading.service_tier
        if whole is not chunk:
            reading.response_model = read_text(whole, "model") or reading.response_model
            reading.response_id = read_text(whole, "id") or reading.response_id


def _list_last(span: SourceSpan) -> Iterator[Mapping[str, Any]]:
    """Give the last parts in their order; of Anthropic's, none is a whole."""
    chunks = [event for event in span.events if event.name.startswith(_CHUNK)]
    for event in chunks[-_MOST:]:
        found = read_mapping(read_quoted(event.attributes.get(_VALUE)))
        if "choices" in found or read_mapping(found.get("response")).get("object") == "response":
            yield found
