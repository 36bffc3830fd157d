"""From a provider's exchange to the truth about it: what was asked, served and sent. Pure.

Usage is what the provider sent, in one arithmetic: input holds what was read from and written to
a cache, output holds reasoning. It is None where nothing was sent, as for a stream of OpenAI's
without ``include_usage``: then nobody but the provider can know.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from trials.instrumentations import (
    told_anthropic,
    told_bedrock,
    told_cohere,
    told_gemini,
    told_openai,
)
from trials.instrumentations.told import Told
from trials.instrumentations.witness import Exchange

_Reader = Callable[[Iterable[dict[str, Any]]], Told]
_VERTEX: Final = r"/v1/projects/[^/]+/locations/[^/]+/publishers/anthropic/models/(?P<model>[^:]+):"
_GEMINI: Final = r"/v1(?:beta)?/models/(?P<model>[^:]+):"
_BEDROCK: Final = "/model/(?P<model>[^/]+)/"
_TITAN: Final = r"/model/(?P<model>amazon\.titan-embed[^/]+)/"
_ROUTES: Final[tuple[tuple[str, str, str, _Reader], ...]] = (
    ("/v1/chat/completions", "openai", "chat", told_openai.read_chat),
    ("/v1/responses", "openai", "chat", told_openai.read_responses),
    ("/v1/embeddings", "openai", "embeddings", told_openai.read_embeddings),
    ("/v1/messages", "anthropic", "chat", told_anthropic.read_messages),
    (_VERTEX + "rawPredict", "gcp.vertex_ai", "chat", told_anthropic.read_messages),
    (
        _VERTEX + "(?P<stream>streamRawPredict)",
        "gcp.vertex_ai",
        "chat",
        told_anthropic.read_messages,
    ),
    (_GEMINI + "batchEmbedContents", "gcp.gemini", "embeddings", told_gemini.read_embeddings),
    (_GEMINI + "generateContent", "gcp.gemini", "generate_content", told_gemini.read_content),
    (
        _GEMINI + "(?P<stream>streamGenerateContent)",
        "gcp.gemini",
        "generate_content",
        told_gemini.read_content,
    ),
    (_BEDROCK + "converse", "aws.bedrock", "chat", told_bedrock.read_converse),
    (_BEDROCK + "(?P<stream>converse-stream)", "aws.bedrock", "chat", told_bedrock.read_converse),
    (_TITAN + "invoke", "aws.bedrock", "embeddings", told_bedrock.read_embedding),
    (_BEDROCK + "invoke", "aws.bedrock", "chat", told_anthropic.read_messages),
    (
        _BEDROCK + "(?P<stream>invoke-with-response-stream)",
        "aws.bedrock",
        "chat",
        told_anthropic.read_messages,
    ),
    ("/openai/v1/chat/completions", "groq", "chat", told_openai.read_chat),
    ("/mistral/v1/chat/completions", "mistral_ai", "chat", told_openai.read_chat),
    ("/mistral/v1/embeddings", "mistral_ai", "embeddings", told_openai.read_embeddings),
    ("/v2/chat", "cohere", "chat", told_cohere.read_chat),
    ("/v2/embed", "cohere", "embeddings", told_cohere.read_embeddings),
)
"""A path, who answers there, what it is, and who reads it; some paths name the model."""


def read_exchange(exchange: Exchange) -> dict[str, Any]:
    """Give the truth about one request, as a fixture keeps it and ``truth`` reads it.

    ``ended`` is ``complete``, ``refused`` (an HTTP error), ``broken`` (the provider stopped within
    its answer) or ``abandoned`` (the client left before the end).
    """
    asked = json.loads(exchange.request)
    documents = _read_documents(exchange)
    error = _find_error(exchange, documents)
    path, provider, operation, read = _find_route(exchange.path)
    told = Told() if error and exchange.status != 200 else read(documents)
    return {
        "path": exchange.path,
        "provider": provider,
        "operation": operation,
        "request_model": path.get("model") or asked.get("model"),
        "streamed": bool(path.get("stream") or asked.get("stream")),
        "http_status": exchange.status,
        "ended": _tell_end(exchange, broke=error is not None),
        "error_type": _name_error(error) if error else None,
        "response_model": told.model,
        "response_id": told.id,
        "service_tier": told.service_tier,
        "usage": told.usage,
        "finish_reasons": told.finish_reasons,
        "tool_calls": told.calls(),
    }


def _find_route(path: str) -> tuple[dict[str, str], str, str, _Reader]:
    """Give what the path tells, and its route; LookupError for a path that nobody serves."""
    for pattern, provider, operation, read in _ROUTES:
        if found := re.fullmatch(pattern, path):
            return found.groupdict(), provider, operation, read
    raise LookupError(path)


def _find_error(exchange: Exchange, documents: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Give what an answer says of an error; AWS names its kind in a header.

    Of Cohere's, and of Mistral's in its own words, it is the HTTP status.
    """
    kind = exchange.headers.get("x-amzn-errortype")
    told = next((document["error"] for document in documents if document.get("error")), None)
    if exchange.status >= 400 and not told:
        return {"type": kind or str(exchange.status)}
    return told


def _name_error(error: dict[str, Any]) -> Any:
    """Give an error's name; Google's ``code`` is the HTTP status, beside a ``status``."""
    return error.get("status") or error.get("code") or error.get("type")


def _read_documents(exchange: Exchange) -> list[dict[str, Any]]:
    """Give the JSON documents of an answer: its one object, or its events' data."""
    if exchange.headers.get("content-type") == "application/vnd.amazon.eventstream":
        return list(told_bedrock.decode_events(bytes(exchange.answer)))
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
