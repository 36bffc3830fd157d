"""LangSmith's SDK in its OpenTelemetry mode, which guesses the provider by the model's name.

Its counts of input include what was cached; how much, it tells in a mapping as Python prints it.
Source: langsmith 0.15.1.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from llm_observe import semconv
from llm_observe.dialects import genai
from llm_observe.dialects.operations import find_operation
from llm_observe.dialects.reading import Dialect, Reading
from llm_observe.dialects.source import SourceSpan
from llm_observe.dialects.values import read_flag, read_text

_KIND: Final = "langsmith.span.kind"
_PROVIDER: Final = "langsmith.metadata.ls_provider"
_STREAMING: Final = "langsmith.request.streaming"
_RAISED: Final = re.compile(r"[A-Za-z_]\w{0,99}(?=\()", re.ASCII)
_GUESS: Final = "langchain"
"""The provider that stands where the model's name gives no hint."""


def read(span: SourceSpan) -> Reading:
    """Read a run; its kind is told where no operation is."""
    attributes = span.attributes
    operation = read_text(attributes, semconv.OPERATION_NAME, _KIND) or ""
    told = find_operation(operation)
    if told is not None:
        span = replace(span, attributes={**attributes, semconv.OPERATION_NAME: told})
    reading = genai.read(span)
    reading.operation = told
    reading.provider = read_text(attributes, _PROVIDER) or reading.provider
    if reading.provider == _GUESS:
        reading.provider = None
    _read_failure(reading, span)
    if reading.countable:
        reading.streamed = read_flag(attributes, _STREAMING) or reading.streamed
    return reading


def _read_failure(reading: Reading, span: SourceSpan) -> None:
    """Each span is called ok; a failure is recorded beside, as Python prints its exception."""
    if event := span.find_event("exception"):
        reading.failed = True
        raised = _RAISED.match(read_text(event.attributes, semconv.EXCEPTION_MESSAGE) or "")
        reading.error_type = reading.error_type or (raised[0] if raised else None)


LANGSMITH: Final = Dialect(
    name="langsmith",
    read=read,
    scopes=("langsmith",),
    signs=(_KIND,),
    keys=genai.GENAI_KEYS | {_KIND, _PROVIDER, _STREAMING},
)
