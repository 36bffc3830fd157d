"""What Gemini's answers tell, https://ai.google.dev/api/generate-content#UsageMetadata."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from trials.instrumentations.told import Told


def read_content(documents: Iterable[dict[str, Any]]) -> Told:
    """Read a ``GenerateContentResponse``, or those of a stream.

    Each of a stream counts the answer up to itself, so a stream without its end tells the input
    only. Thoughts are beside the candidates, what was cached is inside the prompt.
    """
    told = Told()
    usage: dict[str, Any] = {}
    calls = 0
    for document in documents:
        told.model, told.id = document["modelVersion"], document["responseId"]
        usage = document["usageMetadata"]
        told.service_tier = usage.get("serviceTier") or told.service_tier
        for candidate in document["candidates"]:
            for part in candidate["content"]["parts"]:
                if call := part.get("functionCall"):
                    told.add_call(calls, call["name"], json.dumps(call["args"]))
                    calls += 1
            if reason := candidate.get("finishReason"):
                told.finish_reasons.append(reason)
    told.usage = _total_up(usage, ended=bool(told.finish_reasons)) if usage else None
    return told


def read_embeddings(documents: Iterable[dict[str, Any]]) -> Told:
    """Read a batch of embeddings, which names no model and has no output."""
    told = Told()
    for document in documents:
        tokens = document["usageMetadata"]["promptTokenCount"]
        told.usage = {"input_tokens": tokens, "output_tokens": 0, "total_tokens": tokens}
    return told


def _total_up(usage: dict[str, Any], *, ended: bool) -> dict[str, int]:
    thoughts = usage.get("thoughtsTokenCount", 0)
    output = {
        "output_tokens": usage["candidatesTokenCount"] + thoughts,
        "total_tokens": usage["totalTokenCount"],
        "reasoning_tokens": thoughts,
    }
    return {
        "input_tokens": usage["promptTokenCount"],
        **(output if ended else {}),
        "cache_read_tokens": usage.get("cachedContentTokenCount", 0),
    }
