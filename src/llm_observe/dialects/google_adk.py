"""Google's Agent Development Kit, which speaks GenAI but sees every provider as Gemini.

Observed on google-adk 2.13.0, where other providers' models are called by LiteLLM.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from llm_observe import semconv
from llm_observe.dialects import genai
from llm_observe.dialects.providers import leave_provider_out
from llm_observe.dialects.reading import Dialect, Reading
from llm_observe.dialects.source import SourceSpan

_AGENT: Final = "invoke_agent"
_GOOGLE: Final = "gcp."
_SAID: Final = ("data", "llm_request", "llm_response", "tool_call_args", "tool_response")


def read(span: SourceSpan) -> Reading:
    """Read a span of ADK's; a provider that is not Google's is told in its own terms."""
    reading = genai.read(span)
    if reading.countable and span.name.startswith(_AGENT):
        # OpenInference's instrumentation takes away the calls' own spans, so that each writes over
        # what the one before has told of itself in the agent's.
        reading.operation, reading.countable, reading.usage = semconv.INVOKE_AGENT, False, None
    elif reading.countable and not (reading.provider or _GOOGLE).startswith(_GOOGLE):
        _settle(reading)
    return reading


def _settle(reading: Reading) -> None:
    reading.operation = semconv.CHAT
    if reading.request_model:
        reading.request_model = leave_provider_out(reading.request_model)
    if reading.finish_reasons == ("stop",):
        # As Gemini says it, also of a call of a tool.
        reading.finish_reasons = None
    usage = reading.usage
    if usage and usage.output_tokens is not None:
        # Gemini counts what was reasoned beside the output, others within it: it was added twice.
        told = usage.output_tokens - (usage.reasoning or 0)
        reading.usage = replace(usage, output_tokens=told)


GOOGLE_ADK: Final = Dialect(
    name="google-adk",
    read=read,
    scopes=("gcp.vertex.agent",),
    keys=genai.GENAI_KEYS,
    roots=tuple(f"gcp.vertex.agent.{each}" for each in _SAID),
)
