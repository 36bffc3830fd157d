"""Why a model stopped, in OpenTelemetry's words, whichever provider's word it was.

The words are the ``FinishReason`` of
https://github.com/open-telemetry/semantic-conventions-genai ``gen-ai-output-messages.json``.
Sources of the others: ``finish_reason`` and ``incomplete_details`` of OpenAI's API reference,
``stop_reason`` of Anthropic's and Bedrock's, ``FinishReason`` of Gemini's and Cohere's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_WORDS: Final = {
    "complete": "stop",
    "completed": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "tool_calls": "tool_call",
    "tool_use": "tool_call",
    "function_call": "tool_call",
    "function_calls": "tool_call",
    "refusal": "content_filter",
    "safety": "content_filter",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
}


def name_finish_reasons(reasons: Sequence[str] | None) -> tuple[str, ...] | None:
    """Give the words of one call's choices; an unknown word stays, in lower case with ``_``."""
    return tuple(_name(reason) for reason in reasons) if reasons else None


def _name(reason: str) -> str:
    # OpenLIT writes the name of Gemini's enumeration before its member.
    plain = reason.lower().replace("-", "_").removeprefix("finishreason.")
    return _WORDS.get(plain, plain)
