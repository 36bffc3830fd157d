"""From a span in any convention to one reading of it.

One module per dialect, each a pure function. The first of ``DIALECTS`` that a span speaks reads
it; each looks at the instrumentation scope first and at keys second. What no dialect claims is
read as a plain span: part of the trace, no model call.
"""

from __future__ import annotations

from typing import Final

from llm_observe import semconv
from llm_observe.dialects.error_types import classify_error
from llm_observe.dialects.genai import GENAI
from llm_observe.dialects.reading import Dialect, Reading
from llm_observe.dialects.source import SourceEvent, SourceSpan
from llm_observe.dialects.values import read_text

__all__ = ["DIALECTS", "Dialect", "Reading", "SourceEvent", "SourceSpan", "read"]

DIALECTS: Final[tuple[Dialect, ...]] = (GENAI,)
"""In the order in which they are asked: what claims by scope before what claims by keys."""

_PLAIN: Final = Dialect(name="plain", speaks=lambda _span: True, read=lambda _span: Reading())
_COMMON: Final = frozenset(
    {semconv.TENANT_ID, semconv.SESSION_ID, semconv.USER_ID, semconv.ENVIRONMENT}
)
"""Attributes with a column, whatever the dialect."""


def read(span: SourceSpan) -> Reading:
    """Read a span as what it is about, in the first dialect that it speaks."""
    dialect = next((dialect for dialect in DIALECTS if dialect.speaks(span)), _PLAIN)
    reading, attributes = dialect.read(span), span.attributes
    reading.dialect = dialect.name
    reading.session_id = reading.session_id or read_text(attributes, semconv.SESSION_ID)
    reading.user_id = reading.user_id or read_text(attributes, semconv.USER_ID)
    reading.environment = (
        reading.environment
        or read_text(attributes, semconv.ENVIRONMENT)
        or read_text(span.resource, semconv.ENVIRONMENT, semconv.OLD_ENVIRONMENT)
    )
    reading.error_type = classify_error(reading.error_type or _find_error(span))
    reading.rest = {
        key: value
        for key, value in attributes.items()
        if key not in _COMMON and not dialect.owns(key)
    }
    return reading


def _find_error(span: SourceSpan) -> str | None:
    """What failed: said by the span itself, else by the exception that it recorded."""
    said = read_text(span.attributes, semconv.ERROR_TYPE)
    if said is not None or span.status != "error":
        return said
    exception = span.find_event("exception")
    return read_text(exception.attributes, semconv.EXCEPTION_TYPE) if exception else None
