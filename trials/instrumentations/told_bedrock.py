"""What Bedrock's answers tell, https://docs.aws.amazon.com/bedrock/latest/APIReference.

What InvokeModel answers is the maker's own; ``told_anthropic`` reads Anthropic's.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from typing import Any

from botocore.eventstream import EventStreamBuffer

from trials.instrumentations.told import Told


def decode_events(body: bytes) -> Iterator[dict[str, Any]]:
    """Give each whole event as ``{name: payload}``; of a model's own, what its bytes hold."""
    buffer = EventStreamBuffer()
    buffer.add_data(body)
    for message in buffer:
        payload = json.loads(message.payload)
        name = message.headers[":event-type"]
        yield json.loads(base64.b64decode(payload["bytes"])) if name == "chunk" else {name: payload}


def read_converse(documents: Iterable[dict[str, Any]]) -> Told:
    """Read Converse's answer, or the events of ConverseStream, whose last one tells the usage."""
    told = Told()
    for document in documents:
        message = document.get("output", {}).get("message", {})
        for place, block in enumerate(message.get("content", ())):
            if tool := block.get("toolUse"):
                told.add_call(place, tool["name"], json.dumps(tool["input"]))
        _read_block(told, document)
        reason = document.get("messageStop", document).get("stopReason")
        told.finish_reasons = [reason] if reason else told.finish_reasons
        end = document.get("metadata", document)
        if usage := end.get("usage"):
            told.usage = _total_up(usage)
            told.service_tier = end.get("serviceTier", {}).get("type")
    return told


def read_embedding(documents: Iterable[dict[str, Any]]) -> Told:
    """Read Titan's embedding, which names no model and has no output."""
    told = Told()
    for document in documents:
        tokens = document["inputTextTokenCount"]
        told.usage = {"input_tokens": tokens, "output_tokens": 0, "total_tokens": tokens}
    return told


def _read_block(told: Told, document: dict[str, Any]) -> None:
    start, delta = document.get("contentBlockStart"), document.get("contentBlockDelta")
    if start:
        told.add_call(start["contentBlockIndex"], start["start"]["toolUse"]["name"], None)
    if delta and (tool := delta["delta"].get("toolUse")):
        told.add_call(delta["contentBlockIndex"], None, tool["input"])


def _total_up(usage: dict[str, Any]) -> dict[str, int]:
    read, written = usage["cacheReadInputTokens"], usage["cacheWriteInputTokens"]
    whole = usage["inputTokens"] + read + written
    return {
        "input_tokens": whole,
        "output_tokens": usage["outputTokens"],
        "total_tokens": whole + usage["outputTokens"],
        "cache_read_tokens": read,
        "cache_write_tokens": written,
    }
