"""Messages, texts and documents, as OpenInference flattens them into keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from llm_observe.content import Message
from llm_observe.dialects.flattened import gather
from llm_observe.dialects.messages import Part, call, result, say, text

TOOL_CALL_ID: Final = "tool_call.id"


def read_flattened(attributes: Mapping[str, Any], name: str) -> Sequence[Message]:
    """Give the messages of a flattened list."""
    return [
        message
        for item in gather(attributes, name)
        for message in say(item.get("message.role"), *_read_parts(item))
    ]


def _read_parts(message: Mapping[str, Any]) -> Iterator[Part]:
    content, called = message.get("message.content"), message.get("message.tool_call_id")
    if called is not None:
        yield result(called, content)
    elif content is not None:
        yield text(content)
    calls = gather(message, "message.tool_calls")
    for item in gather(message, "message.contents"):
        # Anthropic's calls are told in both places.
        if not (calls and TOOL_CALL_ID in item):
            yield from _read_part(item)
    for item in calls:
        yield _read_tool_call(item)
    if name := message.get("message.function_call_name"):
        yield call(None, name, message.get("message.function_call_arguments_json"))


def _read_part(item: Mapping[str, Any]) -> Iterator[Part]:
    if TOOL_CALL_ID in item or "tool_call.function.name" in item:
        yield _read_tool_call(item)
        return
    kind, said = item.get("message_content.type"), item.get("message_content.text")
    if said is not None:
        yield {"type": "reasoning" if kind == "reasoning" else "text", "content": said}
        return
    others = {
        key.removeprefix("message_content."): value
        for key, value in item.items()
        if key != "message_content.type"
    }
    if others:
        yield {"type": kind, "content": others}


def _read_tool_call(item: Mapping[str, Any]) -> Part:
    return call(
        item.get(TOOL_CALL_ID),
        item.get("tool_call.function.name"),
        item.get("tool_call.function.arguments"),
    )


def read_texts(attributes: Mapping[str, Any], name: str, key: str, role: str) -> Sequence[Message]:
    """Give one message of a role with a text of each item of a flattened list."""
    return say(role, *(text(item.get(key)) for item in gather(attributes, name)))


def read_documents(attributes: Mapping[str, Any], name: str, role: str) -> Sequence[Message]:
    """Give one message with the content of each document."""
    return read_texts(attributes, name, "document.content", role)
