"""Laminar's SDK: OpenLLMetry's keys of old, and the kind of a span in a key of its own.

Its counts of input include what was cached, whichever provider. Source: lmnr 0.8.2.
"""

from __future__ import annotations

from typing import Final

from llm_observe import semconv
from llm_observe.dialects import traceloop
from llm_observe.dialects.counts import count_any
from llm_observe.dialects.operations import find_operation
from llm_observe.dialects.reading import Dialect, Reading
from llm_observe.dialects.source import SourceSpan
from llm_observe.dialects.values import read_text

_SPAN: Final = "lmnr.span."
_TYPE: Final = _SPAN + "type"
_LLM: Final = "LLM"
_EXECUTOR: Final = "EXECUTOR"
_EMBEDDINGS: Final = ".embeddings"


def read(span: SourceSpan) -> Reading:
    """Read a span by its type; one of a model that names none only wraps others."""
    attributes = span.attributes
    kind = read_text(attributes, _TYPE) or ""
    reading = traceloop.read(span)
    if reading.operation is None:
        reading.operation = _find_operation(kind, span.name)
        if reading.operation in semconv.MODEL_CALLS:
            named = reading.request_model or reading.response_model
            traceloop.read_call(reading, span)
            reading.usage = reading.usage or count_any(attributes)
            reading.countable = named is not None
    if reading.operation == semconv.EXECUTE_TOOL:
        reading.tool_name = reading.tool_name or span.name
    return reading


def _find_operation(kind: str, name: str) -> str | None:
    if kind == _LLM and name.endswith(_EMBEDDINGS):
        return semconv.EMBEDDINGS
    return semconv.INVOKE_WORKFLOW if kind == _EXECUTOR else find_operation(kind)


LAMINAR: Final = Dialect(
    name="laminar",
    read=read,
    scopes=("lmnr.tracer", "lmnr."),
    signs=(_TYPE,),
    keys=traceloop.TRACELOOP.keys | {_TYPE},
    roots=(_SPAN + "input", _SPAN + "output"),
)
