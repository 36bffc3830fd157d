"""What OpenAI's answers tell, https://platform.openai.com/docs/api-reference."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from trials.instrumentations.told import Told


def read_chat(documents: Iterable[dict[str, Any]]) -> Told:
    """Read a ``chat.completion`` or its chunks."""
    told = Told()
    for document in documents:
        told.model = document.get("model", told.model)
        told.id = document.get("id", told.id)
        told.service_tier = document.get("service_tier", told.service_tier)
        told.usage = _read_usage(document, "prompt", "completion") or told.usage
        for choice in document.get("choices", ()):
            said = choice.get("message") or choice.get("delta") or {}
            for place, call in enumerate(said.get("tool_calls") or ()):
                function = call["function"]
                told.add_call(
                    call.get("index", place), function.get("name"), function.get("arguments")
                )
            if choice.get("finish_reason"):
                told.finish_reasons.append(choice["finish_reason"])
    return told


def read_responses(documents: Iterable[dict[str, Any]]) -> Told:
    """Read a ``response``, or the one that the last event carries."""
    told = Told()
    for document in documents:
        response = document.get("response", document)
        if response.get("object") != "response":
            continue
        told.model, told.id = response["model"], response["id"]
        told.service_tier = response.get("service_tier")
        told.usage = _read_usage(response, "input", "output")
        for place, item in enumerate(response["output"]):
            if item["type"] == "function_call":
                told.add_call(place, item["name"], item["arguments"])
        if response["status"] == "completed":
            told.finish_reasons = ["tool_calls" if told.calls() else "stop"]
        elif response["status"] == "incomplete":
            told.finish_reasons = ["length"]
    return told


def read_embeddings(documents: Iterable[dict[str, Any]]) -> Told:
    """Read a list of embeddings, which has no id, no output and no reason to finish."""
    told = Told()
    for document in documents:
        told.model = document["model"]
        told.usage = _read_usage(document, "prompt", "completion")
    return told


def _read_usage(document: dict[str, Any], input_: str, output: str) -> dict[str, int] | None:
    usage = document.get("usage")
    if not usage:
        return None
    read = {
        "input_tokens": usage[f"{input_}_tokens"],
        "output_tokens": usage.get(f"{output}_tokens", 0),
        "total_tokens": usage["total_tokens"],
    }
    if cached := usage.get(f"{input_}_tokens_details"):
        read["cache_read_tokens"] = cached["cached_tokens"]
    if details := usage.get(f"{output}_tokens_details"):
        read["reasoning_tokens"] = details["reasoning_tokens"]
    return read
