"""POST /v1/chat/completions: from its body to a conversation, from generations to its objects.

https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from infra.local.offline_openai.catalogue import Model
from infra.local.offline_openai.conversation import (
    Call,
    Conversation,
    Tool,
    Turn,
    check_calls,
    read_choice,
    read_content,
)
from infra.local.offline_openai.delivery import Event
from infra.local.offline_openai.errors import refuse
from infra.local.offline_openai.generation import Generation
from infra.local.offline_openai.requests import ChatMessage, ChatRequest, JsonObject
from infra.local.offline_openai.tokens import split_tokens

_FINGERPRINT = "fp_offline"
STREAM_END = b"data: [DONE]\n\n"


def read_chat(request: ChatRequest, model: Model) -> Conversation:
    """Reduce a chat request to its conversation; ApiError 400 where OpenAI would refuse it."""
    if request.max_tokens is not None and model.reasons:
        raise refuse(
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            param="max_tokens",
            code="unsupported_parameter",
        )
    if request.stream_options is not None and not request.stream:
        raise refuse(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            param="stream_options",
        )
    turns = tuple(_read_message(message) for message in request.messages)
    check_calls(turns)
    wants_json, schema = _read_format(request.response_format, turns)
    functions = [tool.function for tool in request.tools or ()]
    conversation = Conversation(
        model=model,
        turns=turns,
        tools=tuple(Tool(f.name, f.description or "", f.parameters or {}) for f in functions),
        choice=read_choice(request.tool_choice),
        parallel=bool(request.parallel_tool_calls),
        json=wants_json,
        schema=schema,
        effort=request.reasoning_effort,
    )
    conversation.check_tools()
    return conversation


def _read_message(message: ChatMessage) -> Turn:
    text, images = read_content(message.content)
    calls = tuple(
        Call(call.id, call.function.name, call.function.arguments)
        for call in message.tool_calls or ()
    )
    return Turn(message.role, text, calls, message.tool_call_id, images)


def _read_format(
    wanted: JsonObject | None, turns: tuple[Turn, ...]
) -> tuple[bool, JsonObject | None]:
    kind = (wanted or {"type": "text"}).get("type")
    if kind == "text":
        return False, None
    if kind == "json_object":
        if not any("json" in turn.text.lower() for turn in turns):
            raise refuse(
                "'messages' must contain the word 'json' in some form, "
                "to use 'response_format' of type 'json_object'.",
                param="messages",
            )
        return True, None
    schema = (wanted or {}).get("json_schema", {}).get("schema")
    if kind == "json_schema" and isinstance(schema, dict):
        return True, schema
    raise refuse("Invalid value for 'response_format'.", param="response_format")


@dataclass(frozen=True)
class Completion:
    """One answered chat request, ready to be sent whole or as chunks."""

    model: Model
    choices: list[Generation]
    prompt_tokens: int
    cached_tokens: int
    service_tier: str = "default"
    id: str = field(default_factory=lambda: f"chatcmpl-offline{secrets.token_hex(11)}")
    created: int = field(default_factory=lambda: int(time.time()))

    def usage(self) -> JsonObject:
        """Return the usage object; the prompt counts once, every choice's completion counts."""
        completion = sum(choice.tokens for choice in self.choices)
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": completion,
            "total_tokens": self.prompt_tokens + completion,
            "prompt_tokens_details": {"cached_tokens": self.cached_tokens, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": sum(choice.reasoning_tokens for choice in self.choices),
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        }

    def whole(self) -> JsonObject:
        """Return the ``chat.completion`` object."""
        choices = [
            {
                "index": index,
                "message": _write_message(choice),
                "logprobs": None,
                "finish_reason": choice.finish,
            }
            for index, choice in enumerate(self.choices)
        ]
        return self._envelope("chat.completion", choices) | {"usage": self.usage()}

    def chunks(self, *, include_usage: bool, obfuscate: bool) -> Iterator[Event]:
        """Yield the ``chat.completion.chunk`` events.

        Usage is sent only when asked for, in a last chunk without choices; every chunk before it
        then carries ``usage: null``, and otherwise no such field.
        """
        unknown = {"usage": None} if include_usage else {}
        for index, choice in enumerate(self.choices):
            for delta, finish, tokens in _write_deltas(choice):
                sent = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
                chunk = self._envelope("chat.completion.chunk", [sent]) | unknown
                if obfuscate:
                    chunk["obfuscation"] = pad(delta.get("content"))
                yield Event(chunk, tokens=tokens)
        if include_usage:
            chunk = self._envelope("chat.completion.chunk", []) | {"usage": self.usage()}
            yield Event(chunk, tokens=0)

    def _envelope(self, kind: str, choices: list[JsonObject]) -> JsonObject:
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model.dated,
            "choices": choices,
            "service_tier": self.service_tier,
            "system_fingerprint": _FINGERPRINT,
        }


def pad(text: object, width: int = 16) -> str:
    """Return filler that hides how long a piece of text is, as OpenAI's ``obfuscation`` does."""
    return "x" * (width - len(str(text or "")) % width)


def _write_message(choice: Generation) -> JsonObject:
    message: JsonObject = {
        "role": "assistant",
        "content": choice.text,
        "refusal": None,
        "annotations": [],
    }
    if choice.calls:
        message["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in choice.calls
        ]
    return message


def _write_deltas(choice: Generation) -> Iterator[tuple[JsonObject, str | None, int]]:
    """Yield each delta with its finish reason and how many tokens it took to write."""
    opening = None if choice.calls else ""
    yield {"role": "assistant", "content": opening, "refusal": None}, None, 0
    for piece in choice.pieces:
        yield {"content": piece}, None, 1
    for place, call in enumerate(choice.calls):
        start = {"name": call.name, "arguments": ""}
        opened = {"index": place, "id": call.id, "type": "function", "function": start}
        yield {"tool_calls": [opened]}, None, 4
        for piece in split_tokens(call.arguments):
            yield {"tool_calls": [{"index": place, "function": {"arguments": piece}}]}, None, 1
    yield {}, choice.finish, 0
