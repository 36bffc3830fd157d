"""What Anthropic's answers tell, https://docs.anthropic.com/en/api/messages-streaming."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from trials.instrumentations.told import Told


def read_messages(documents: Iterable[dict[str, Any]]) -> Told:
    """Read a ``message``, or the events that build one.

    A stream's ``message_start`` tells the input's usage; what it says of the output is a beginning,
    and only ``message_delta`` tells the whole. A stream that ends before has no output tokens.
    """
    told = Told()
    usage: dict[str, Any] = {}
    for document in documents:
        message = document.get("message", document)
        if message["type"] == "message":
            told.model, told.id = message["model"], message["id"]
            usage |= message["usage"]
            for place, block in enumerate(message["content"]):
                _read_block(told, place, block, json.dumps(block.get("input")))
        elif document["type"] == "content_block_start":
            _read_block(told, document["index"], document["content_block"], "")
        elif document["type"] == "content_block_delta":
            _read_delta(told, document)
        _read_end(told, document, usage)
    return told


def _read_block(told: Told, place: int, block: dict[str, Any], arguments: str) -> None:
    if block["type"] == "tool_use":
        told.add_call(place, block["name"], arguments)


def _read_delta(told: Told, document: dict[str, Any]) -> None:
    if document["delta"]["type"] == "input_json_delta":
        told.add_call(document["index"], None, document["delta"]["partial_json"])


def _read_end(told: Told, document: dict[str, Any], usage: dict[str, Any]) -> None:
    if document["type"] == "message_delta":
        usage |= document["usage"]
    reason = document.get("delta", document).get("stop_reason")
    if reason:
        told.finish_reasons = [reason]
    # Fast mode has a price of its own, whichever the tier is.
    fast = usage.get("speed") == "fast"
    told.service_tier = "fast" if fast else usage.get("service_tier")
    told.usage = _total_up(usage, ended=bool(told.finish_reasons))


def _total_up(usage: dict[str, Any], *, ended: bool) -> dict[str, int]:
    read, written = usage["cache_read_input_tokens"], usage["cache_creation_input_tokens"]
    whole, output = usage["input_tokens"] + read + written, usage["output_tokens"]
    told = {"output_tokens": output, "total_tokens": whole + output} if ended else {}
    return {
        "input_tokens": whole,
        **told,
        "cache_read_tokens": read,
        "cache_write_tokens": written,
    }
