"""From a provider's exchange to the truth about it: what was asked, served and sent. Pure.

Usage is what the provider sent, in one arithmetic: input holds what was read from and written to
a cache, output holds reasoning. It is None where nothing was sent, as for a stream of OpenAI's
without ``include_usage``: then nobody but the provider can know.
"""

from __future__ import annotations

import json
from typing import Any

from tests.libraries import told_anthropic, told_openai
from tests.libraries.told import Told
from tests.libraries.witness import Exchange

_READERS = {
    "/v1/chat/completions": ("openai", "chat", told_openai.read_chat),
    "/v1/responses": ("openai", "chat", told_openai.read_responses),
    "/v1/embeddings": ("openai", "embeddings", told_openai.read_embeddings),
    "/v1/messages": ("anthropic", "chat", told_anthropic.read_messages),
}


def read_exchange(exchange: Exchange) -> dict[str, Any]:
    """Give the truth about one request, as a fixture keeps it and ``truth`` reads it.

    ``ended`` is ``complete``, ``refused`` (an HTTP error), ``broken`` (the provider stopped within
    its answer) or ``abandoned`` (the client left before the end).
    """
    asked = json.loads(exchange.request)
    documents = _read_documents(exchange)
    error = next((document["error"] for document in documents if document.get("error")), None)
    provider, operation, read = _READERS[exchange.path]
    told = Told() if error and exchange.status != 200 else read(documents)
    return {
        "path": exchange.path,
        "provider": provider,
        "operation": operation,
        "request_model": asked.get("model"),
        "streamed": bool(asked.get("stream")),
        "http_status": exchange.status,
        "ended": _tell_end(exchange, broke=error is not None),
        "error_type": (error.get("code") or error.get("type")) if error else None,
        "response_model": told.model,
        "response_id": told.id,
        "usage": told.usage,
        "finish_reasons": told.finish_reasons,
        "tool_calls": told.calls(),
    }


def _read_documents(exchange: Exchange) -> list[dict[str, Any]]:
    """Give the JSON documents of an answer: its one object, or its events' data."""
    text = exchange.answer.decode()
    if not text.startswith(("event:", "data:")):
        return [json.loads(text)] if exchange.is_whole else []
    data = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
    return [json.loads(each) for each in data if each != "[DONE]"]


def _tell_end(exchange: Exchange, *, broke: bool) -> str:
    if exchange.status >= 400:
        return "refused"
    if exchange.is_whole:
        return "broken" if broke else "complete"
    return "abandoned" if exchange.client_left else "broken"
