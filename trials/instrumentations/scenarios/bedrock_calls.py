"""One function per scenario, on AWS's client of Bedrock; runs in a library's own environment."""

from __future__ import annotations

import contextlib
import json
from typing import Any, Final

import boto3
from botocore.config import Config

from trials.instrumentations.scenarios.steps import (
    LONG_STREAMED_QUESTION,
    LONGER_QUESTION,
    QUESTION,
    WEATHER_QUESTION,
    drain,
    enclose,
    leave,
)

MODEL: Final = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
"""An inference profile; the model's own id begins with its maker."""
INVOKED_MODEL: Final = "anthropic.claude-3-haiku-20240307-v1:0"
EMBEDDING_MODEL: Final = "amazon.titan-embed-text-v2:0"
LONG_INSTRUCTION: Final = "a1" * 600
"""1,200 tokens, marked to be cached."""
_POINT: Final = {"cachePoint": {"type": "default"}}
TOOL: Final = {
    "toolSpec": {
        "name": "get_weather",
        "description": "Tell the weather in a city.",
        "inputSchema": {
            "json": {
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
            }
        },
    }
}


def _client() -> Any:
    return boto3.client(
        "bedrock-runtime", config=Config(retries={"total_max_attempts": 1}, read_timeout=20)
    )


def _describe(question: str = QUESTION, model: str = MODEL, **options: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": [{"text": question}]}]
    limit = {"maxTokens": 200}
    return {"modelId": model, "messages": messages, "inferenceConfig": limit, **options}


def _describe_invocation(model: str = INVOKED_MODEL, **options: Any) -> dict[str, Any]:
    body = {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 200,
        "messages": [{"role": "user", "content": [{"type": "text", "text": QUESTION}]}],
        **options,
    }
    return {"modelId": model, "body": json.dumps(body)}


def chat() -> None:
    """One question, one answer, by Converse."""
    _client().converse(**_describe())


def chat_stream() -> None:
    """A stream of events, by ConverseStream."""
    drain(_client().converse_stream(**_describe())["stream"])


def tools() -> None:
    """A tool is called."""
    asked = _describe(WEATHER_QUESTION, toolConfig={"tools": [TOOL]})
    _client().converse(**asked)


def cached() -> None:
    """A long instruction is written to the provider's cache, then read from it."""
    for _ in range(2):
        _client().converse(**_describe(system=[{"text": LONG_INSTRUCTION}, _POINT]))


def cached_stream() -> None:
    """The same of streams: written to the provider's cache, then read from it."""
    system = [{"text": LONG_STREAMED_QUESTION}, _POINT]
    for _ in range(2):
        drain(_client().converse_stream(**_describe(system=system))["stream"])


def priority() -> None:
    """A dearer tier was asked for and serves."""
    _client().converse(**_describe(serviceTier={"type": "priority"}))


def priority_stream() -> None:
    """The same of a stream."""
    drain(_client().converse_stream(**_describe(serviceTier={"type": "priority"}))["stream"])


def invoke() -> None:
    """InvokeModel, with the maker's own body."""
    _client().invoke_model(**_describe_invocation())["body"].read()


def invoke_stream() -> None:
    """InvokeModelWithResponseStream, with the maker's own events."""
    drain(_client().invoke_model_with_response_stream(**_describe_invocation())["body"])


def invoke_cached() -> None:
    """InvokeModel with a long instruction that is written to the cache, then read from it."""
    for _ in range(2):
        asked = _describe_invocation(MODEL, system=[_mark("c3" * 600)])
        _client().invoke_model(**asked)["body"].read()


def invoke_cached_stream() -> None:
    """The same of InvokeModelWithResponseStream."""
    for _ in range(2):
        asked = _describe_invocation(MODEL, system=[_mark("d4" * 600)])
        drain(_client().invoke_model_with_response_stream(**asked)["body"])


def _mark(text: str) -> dict[str, Any]:
    """Give a text that is to be cached, in the maker's own words."""
    return {"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}


def embeddings() -> None:
    """A text; 256 dimensions, the fewest."""
    body = {"inputText": "the Eiffel tower", "dimensions": 256}
    _client().invoke_model(modelId=EMBEDDING_MODEL, body=json.dumps(body))["body"].read()


def rate_limited() -> None:
    """The provider refuses: 429."""
    with contextlib.suppress(Exception):
        _client().converse(**_describe(model="anthropic.offline-rate-limit"))


def bad_request() -> None:
    """The provider refuses: 400."""
    with contextlib.suppress(Exception):
        _client().converse(**_describe(model="anthropic.offline-bad-request"))


def overloaded() -> None:
    """The provider refuses: 503."""
    with contextlib.suppress(Exception):
        _client().converse(**_describe(model="anthropic.offline-overloaded"))


def broken_stream() -> None:
    """The provider's connection breaks within a stream."""
    with contextlib.suppress(Exception):
        asked = _describe(model="anthropic.offline-drop-stream")
        drain(_client().converse_stream(**asked)["stream"])


def abandoned_stream() -> None:
    """The application stops to read a stream and closes it."""
    stream = _client().converse_stream(**_describe(LONGER_QUESTION))["stream"]
    leave(stream, after=3)
    stream.close()


within_span = enclose(chat, chat_stream)
