"""What Cohere's answers tell, https://docs.cohere.com/reference/chat: no model, and billed units.

The units are what OpenTelemetry counts, not the tokens that the model has read beside them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from trials.instrumentations.told import Told


def read_chat(documents: Iterable[dict[str, Any]]) -> Told:
    """Read an answer, or the events of one that is streamed."""
    told = Told()
    for document in documents:
        end = document.get("delta", document)
        told.id = document.get("id", told.id)
        if reason := end.get("finish_reason"):
            told.finish_reasons = [reason]
        if usage := end.get("usage"):
            told.usage = _total_up(usage["billed_units"])
        for place, call in enumerate(document.get("message", {}).get("tool_calls", ())):
            told.add_call(place, call["function"]["name"], call["function"]["arguments"])
    return told


def read_embeddings(documents: Iterable[dict[str, Any]]) -> Told:
    """Read embeddings, which have no output."""
    told = Told()
    for document in documents:
        told.id = document["id"]
        told.usage = _total_up(document["meta"]["billed_units"])
    return told


def _total_up(units: dict[str, int]) -> dict[str, int]:
    input_, output = units["input_tokens"], units.get("output_tokens", 0)
    return {"input_tokens": input_, "output_tokens": output, "total_tokens": input_ + output}
