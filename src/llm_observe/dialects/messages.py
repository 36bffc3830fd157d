"""Messages in OpenTelemetry's shape, from what providers' interfaces send and answer.

The shape is ``gen-ai-input-messages.json`` of
https://github.com/open-telemetry/semantic-conventions-genai; the others are those of OpenAI's chat
and responses, of Anthropic's messages and of the Vercel AI SDK. A part of no known shape is kept
with its own type, because it is content all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from llm_observe.content import Message
from llm_observe.dialects.flattened import MOST_ITEMS
from llm_observe.dialects.media import read_media
from llm_observe.dialects.values import read_json

_TEXT_TYPES: Final = frozenset({"text", "input_text", "output_text"})
_CALL_TYPES: Final = frozenset({"tool_use", "tool-call", "function_call"})
_RESULT_TYPES: Final = frozenset({"tool_result", "tool-result", "function_call_output"})
_THOUGHT_TYPES: Final = frozenset({"thinking", "reasoning"})
_LONGEST_ROLE: Final = 32

Part = dict[str, Any]


def text(content: Any) -> Part:
    """Make a part that is text."""
    return {"type": "text", "content": content}


def call(call_id: Any, name: Any, arguments: Any) -> Part:
    """Make a part that calls a tool; arguments that were written as JSON are parsed."""
    return {"type": "tool_call", "id": call_id, "name": name, "arguments": read_json(arguments)}


def result(call_id: Any, response: Any) -> Part:
    """Make a part that answers a tool's call."""
    return {"type": "tool_call_response", "id": call_id, "response": response}


def say(role: Any, *parts: Part) -> Sequence[Message]:
    """Make the one message of a role, none where it would say nothing."""
    kept = [part for part in parts if part.get("content", part) not in (None, "")]
    known = role if isinstance(role, str) and len(role) <= _LONGEST_ROLE else "unknown"
    return [{"role": known, "parts": kept}] if kept else ()


def read_messages(value: Any, role: str = "user") -> Sequence[Message]:
    """Give the messages of a list, of one message or of a bare text; ``role`` says who says that.

    The value may be structured or written as JSON.
    """
    found = read_json(value)
    if not isinstance(found, list | tuple):
        found = (found,)
    return [message for item in found[-MOST_ITEMS:] for message in _read_message(item, role)]


def _read_message(item: Any, role: str) -> Sequence[Message]:
    if not isinstance(item, Mapping):
        return say(role, text(item))
    speaker = item.get("role") or role
    if isinstance(item.get("parts"), list | tuple):
        return [dict(item)]
    if "role" not in item and "type" in item and item["type"] != "message":
        return say(speaker, *_read_part(item))
    said = item.get("content", item.get("text"))
    if said is None and not item.get("tool_calls") and "role" not in item:
        return say(speaker, text(dict(item)))
    if "tool_call_id" in item:
        return say(speaker, result(item["tool_call_id"], said))
    return say(speaker, *_read_parts(said), *_read_calls(item.get("tool_calls")))


def _read_parts(content: Any) -> Iterator[Part]:
    """Content is a text or a list of parts."""
    if not isinstance(content, list | tuple):
        yield text(content)
        return
    for item in content:
        if isinstance(item, Mapping):
            yield from _read_part(item)
        else:
            yield text(item)


def _read_part(item: Mapping[str, Any]) -> Iterator[Part]:
    kind = item["type"] if isinstance(item.get("type"), str) else None
    if medium := read_media(item):
        yield medium
    elif kind in _TEXT_TYPES:
        yield text(item.get("text", item.get("content")))
    elif kind in _CALL_TYPES:
        yield call(
            item.get("call_id") or item.get("toolCallId") or item.get("id"),
            item.get("name") or item.get("toolName"),
            item.get("arguments", item.get("input", item.get("args"))),
        )
    elif kind in _RESULT_TYPES:
        response = item.get("output", item.get("content", item.get("result")))
        called = item.get("tool_use_id") or item.get("call_id") or item.get("toolCallId")
        yield result(called, response)
    elif kind in _THOUGHT_TYPES:
        thought = item.get("thinking", item.get("text", item.get("summary")))
        yield {"type": "reasoning", "content": thought}
    else:
        yield {"type": kind, "content": {k: v for k, v in item.items() if k != "type"}}


def _read_calls(calls: Any) -> Iterator[Part]:
    """OpenAI's chat has the calls beside the content."""
    for item in calls if isinstance(calls, list | tuple) else ():
        if isinstance(item, Mapping):
            function = item.get("function")
            told = function if isinstance(function, Mapping) else item
            yield call(item.get("id"), told.get("name"), told.get("arguments", told.get("args")))
