"""From a span in any convention to one reading of it.

One module per dialect, each with a pure function. A span's scope says which dialect it speaks,
else a key that only one dialect has. What no dialect claims is read as a plain span: part of the
trace, no model call.
"""

from __future__ import annotations

import re
from typing import Final

from llm_observe import semconv
from llm_observe.dialects import bedrock
from llm_observe.dialects.anthropic_native import ANTHROPIC_NATIVE
from llm_observe.dialects.detection import build_choice
from llm_observe.dialects.error_types import classify_error
from llm_observe.dialects.finish_reasons import name_finish_reasons
from llm_observe.dialects.genai import GENAI
from llm_observe.dialects.google_adk import GOOGLE_ADK
from llm_observe.dialects.langfuse import LANGFUSE
from llm_observe.dialects.leftovers import build_leave
from llm_observe.dialects.logfire import LOGFIRE
from llm_observe.dialects.mlflow import MLFLOW
from llm_observe.dialects.openinference import OPENINFERENCE
from llm_observe.dialects.openlit import OPENLIT
from llm_observe.dialects.otel_v2 import OTEL_V2
from llm_observe.dialects.providers import infer_provider, name_provider
from llm_observe.dialects.reading import Dialect, Reading
from llm_observe.dialects.source import SourceEvent, SourceSpan
from llm_observe.dialects.traceloop import TRACELOOP
from llm_observe.dialects.values import read_text
from llm_observe.dialects.vercel import VERCEL

__all__ = ["DIALECTS", "Dialect", "Reading", "SourceEvent", "SourceSpan", "read"]

DIALECTS: Final[tuple[Dialect, ...]] = (
    OPENINFERENCE,
    LANGFUSE,
    LOGFIRE,
    MLFLOW,
    VERCEL,
    TRACELOOP,
    OPENLIT,
    ANTHROPIC_NATIVE,
    OTEL_V2,
    GOOGLE_ADK,
    GENAI,
)
"""In the order in which they are asked: GenAI's keys last, since others put theirs beside them."""

_NAMELESS: Final = frozenset({bedrock.PROVIDER, "cohere"})
"""Whose answers name no model, or not as it was asked for: the same name is the request's."""
_PLAIN: Final = Dialect(name="plain", read=lambda _span: Reading())
_HTTP_ERROR: Final = re.compile(r"(?:[^\n]{0,100}\{'error': ')?Error code: (\d{3})\b", re.ASCII)
"""How errors of OpenAI's and Anthropic's clients begin, also where an agent's error holds one."""
_VAGUE: Final = ("APIError", "ClientError", "SDKError", "ServerError")
"""Classes that stand for any refusal of Google's, AWS's and Mistral's clients."""
_TOLD: Final = re.compile(
    r"""(?:\w{1,64}(?:\.\w{1,64}){0,8}:\ )?(?:
    (?P<google>\d{3})\ [A-Z_]{2,64}\.
    |An\ error\ occurred\ \((?P<aws>\w{1,64})\)\ when\ calling
    |API\ error\ occurred:\ Status\ (?P<mistral>\d{3})\b
    )""",
    re.ASCII | re.VERBOSE,
)
"""How their messages begin, which tell the kind that the class does not."""

_choose: Final = build_choice(DIALECTS, _PLAIN)
_leave: Final = build_leave(DIALECTS)


def read(span: SourceSpan) -> Reading:
    """Read a span in the dialect that it speaks, and bring what it says to our words."""
    dialect = _choose(span)
    reading = dialect.read(span)
    reading.dialect = reading.dialect or dialect.name
    error = reading.error_type or _find_error(span)
    reading.error_type = classify_error(error)
    # Python's way to tell a generator that nobody waits for the rest of it.
    reading.abandoned |= reading.countable and error == "GeneratorExit"
    reading.finish_reasons = name_finish_reasons(reading.finish_reasons)
    reading.provider = name_provider(reading.provider)
    if reading.countable and reading.provider is None:
        reading.provider = infer_provider(reading.response_model, reading.request_model)
    if reading.provider == bedrock.PROVIDER:
        bedrock.settle_bedrock(reading)
    if reading.provider in _NAMELESS and reading.response_model == reading.request_model:
        reading.response_model = None
    _read_common(reading, span)
    left = _leave(dialect, span.attributes)
    reading.rest = {**reading.parameters, **left} if reading.parameters else left
    return reading


def _read_common(reading: Reading, span: SourceSpan) -> None:
    """Whose span it is and where it ran, which has the same keys in every dialect."""
    attributes = span.attributes
    reading.session_id = reading.session_id or read_text(attributes, semconv.SESSION_ID)
    reading.user_id = reading.user_id or read_text(attributes, semconv.USER_ID)
    reading.environment = (
        reading.environment
        or read_text(attributes, semconv.ENVIRONMENT)
        or read_text(span.resource, semconv.ENVIRONMENT, semconv.OLD_ENVIRONMENT)
    )


def _find_error(span: SourceSpan) -> str | None:
    """What failed: said by the span, its exception, or the HTTP status its description tells."""
    said = read_text(span.attributes, semconv.ERROR_TYPE)
    exception = span.find_event("exception")
    if said is None and span.status == "error" and exception is not None:
        said = read_text(exception.attributes, semconv.EXCEPTION_TYPE)
    if said is not None and said.endswith(_VAGUE):
        message = read_text(exception.attributes, semconv.EXCEPTION_MESSAGE) if exception else None
        found = _TOLD.match(message or "") or _TOLD.match(span.description or "")
        return found[found.lastgroup or 0] if found else said
    if said is not None or span.status != "error":
        return said
    told = _HTTP_ERROR.match(span.description or "")
    return told[1] if told else None
