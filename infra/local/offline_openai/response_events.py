"""The events of a streamed response, https://platform.openai.com/docs/api-reference/responses-streaming."""

from __future__ import annotations

from collections.abc import Iterator

from infra.local.offline_openai.chat import pad
from infra.local.offline_openai.delivery import Event
from infra.local.offline_openai.requests import JsonObject
from infra.local.offline_openai.responses import Answer, write_text
from infra.local.offline_openai.tokens import split_tokens

_Step = tuple[str, JsonObject, int]


def stream_answer(answer: Answer, *, obfuscate: bool) -> Iterator[Event]:
    """Yield the events of an answer in OpenAI's order, numbered from 0; no ``[DONE]`` follows."""
    for number, (name, fields, tokens) in enumerate(_list_steps(answer)):
        data = {"type": name, "sequence_number": number, **fields}
        if obfuscate and "delta" in fields:
            data["obfuscation"] = pad(fields["delta"])
        yield Event(data, name=name, tokens=tokens)


def _list_steps(answer: Answer) -> Iterator[_Step]:
    yield "response.created", {"response": answer.begun()}, 0
    yield "response.in_progress", {"response": answer.begun()}, 0
    for index, item in enumerate(answer.items()):
        begun = item | _BEGUN[item["type"]]
        yield "response.output_item.added", {"output_index": index, "item": begun}, 0
        place = {"item_id": item["id"], "output_index": index}
        if item["type"] == "message":
            yield from _write_text_part(place | {"content_index": 0}, answer.generation.pieces)
        elif item["type"] == "function_call":
            yield from _write_arguments(place, item["arguments"])
        yield "response.output_item.done", {"output_index": index, "item": item}, 0
    whole = answer.whole()
    yield f"response.{whole['status']}", {"response": whole}, 0


# Fields that an item lacks when it is announced.
_BEGUN: dict[str, JsonObject] = {
    "reasoning": {},
    "message": {"status": "in_progress", "content": []},
    "function_call": {"status": "in_progress", "arguments": ""},
}


def _write_text_part(place: JsonObject, pieces: tuple[str, ...]) -> Iterator[_Step]:
    text = "".join(pieces)
    yield "response.content_part.added", {**place, "part": write_text("")}, 0
    for piece in pieces:
        yield "response.output_text.delta", {**place, "delta": piece, "logprobs": []}, 1
    yield "response.output_text.done", {**place, "text": text, "logprobs": []}, 0
    yield "response.content_part.done", {**place, "part": write_text(text)}, 0


def _write_arguments(place: JsonObject, arguments: str) -> Iterator[_Step]:
    for piece in split_tokens(arguments):
        yield "response.function_call_arguments.delta", {**place, "delta": piece}, 1
    yield "response.function_call_arguments.done", {**place, "arguments": arguments}, 0
