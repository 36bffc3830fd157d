"""What an instrumentation trips over does not cost the application its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from openai import AsyncOpenAI, NotFoundError, OpenAI
from openai.types.chat import ChatCompletionMessageParam
from opentelemetry.instrumentation.genai.openai import chat_wrappers, patch, patch_responses

import llm_observe

Start = Callable[..., None]
HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "hello there"}]
PLACES: list[tuple[Any, str]] = [
    (patch, "create_chat_invocation"),
    (patch, "_set_response_properties"),
    (patch, "wrap_stream_result"),
    (patch, "_create_embedding_invocation"),
    (patch, "_safe_set_embeddings_response_properties"),
    (patch_responses, "wrap_stream_result"),
    (patch_responses, "apply_request_attributes"),
    (patch_responses, "set_invocation_response_attributes"),
]


def trip(*_args: object, **_kwargs: object) -> None:
    raise TypeError("The author had another version.")


def use_all_ways(client: OpenAI) -> list[Any]:
    """What each way of calling gives."""
    chat: Any = client.chat.completions
    return [
        chat.create(model="gpt-4o-mini", messages=HELLO).choices[0].message.content,
        [
            chunk.choices[0].delta.content
            for chunk in chat.create(model="gpt-4o-mini", messages=HELLO, stream=True)
        ],
        len(client.embeddings.create(model="text-embedding-3-small", input="hello").data),
        client.responses.create(model="gpt-5-mini", input="hello").output_text,
        [e.type for e in client.responses.create(model="gpt-5-mini", input="hi", stream=True)],
    ]


async def use_async_ways(client: AsyncOpenAI) -> list[Any]:
    async with client:
        chat: Any = client.chat.completions
        answer = await chat.create(model="gpt-4o-mini", messages=HELLO)
        stream = await chat.create(model="gpt-4o-mini", messages=HELLO, stream=True)
        return [
            answer.choices[0].message.content,
            [chunk.choices[0].delta.content async for chunk in stream],
        ]


@pytest.mark.parametrize(
    ("module", "name"), PLACES, ids=[f"{module.__name__}.{name}" for module, name in PLACES]
)
def test_calls_go_through_where_the_instrumentation_breaks(  # fixtures
    start: Start,
    client: OpenAI,
    async_client: AsyncOpenAI,
    monkeypatch: pytest.MonkeyPatch,
    module: Any,
    name: str,
) -> None:
    """Before the call, after its answer, or in a stream: the same answers as untraced."""
    expected = use_all_ways(client)
    expected_async = expected[:2]
    start(tenant="guarded", exporters=())
    monkeypatch.setattr(module, name, trip)

    assert use_all_ways(client) == expected
    assert asyncio.run(use_async_ways(async_client)) == expected_async


@pytest.mark.parametrize("name", ["_process_chunk", "_on_stream_end"])
def test_streams_go_on_where_telemetry_breaks(
    start: Start, client: OpenAI, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A chunk that telemetry cannot read is the application's all the same."""
    kind = next(k for k in chat_wrappers.ChatStreamWrapper.__mro__ if name in vars(k))
    expected = use_all_ways(client)[1]
    monkeypatch.setattr(kind, name, trip)
    start(tenant="guarded", exporters=())

    assert use_all_ways(client)[1] == expected


def test_the_clients_own_errors_are_its_own(start: Start, client: OpenAI) -> None:
    """They are raised once, unchanged, and the call is not made again."""
    start(tenant="guarded", exporters=())
    with pytest.raises(NotFoundError):
        client.chat.completions.create(model="no-such-model", messages=HELLO)

    assert llm_observe.stats()["emitted"] == 1
