"""POST /v1/responses: from its body to a conversation, from a generation to its objects.

https://platform.openai.com/docs/api-reference/responses
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
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
from infra.local.offline_openai.errors import refuse
from infra.local.offline_openai.generation import Generation
from infra.local.offline_openai.requests import (
    JsonObject,
    Parts,
    ResponsesRequest,
    tell_tier,
)

_MOST_STORED = 256


class Memory:
    """Conversations kept for ``previous_response_id``: the last 256, in memory only."""

    def __init__(self) -> None:
        self._turns: OrderedDict[str, tuple[Turn, ...]] = OrderedDict()

    def recall(self, response_id: str | None) -> tuple[Turn, ...]:
        """Return the turns up to a response; ApiError 400 if it is not kept."""
        if response_id is None:
            return ()
        if response_id not in self._turns:
            raise refuse(
                f"Previous response with id '{response_id}' not found.",
                param="previous_response_id",
                code="previous_response_not_found",
            )
        return self._turns[response_id]

    def keep(self, response_id: str, turns: tuple[Turn, ...]) -> None:
        """Remember the turns up to and with a response."""
        self._turns[response_id] = turns
        if len(self._turns) > _MOST_STORED:
            self._turns.popitem(last=False)


def read_response_request(
    request: ResponsesRequest, model: Model, earlier: tuple[Turn, ...]
) -> Conversation:
    """Reduce a responses request to its conversation; ApiError 400 where OpenAI would refuse."""
    said = request.input
    turns = (Turn("user", said),) if isinstance(said, str) else _read_items(said)
    check_calls((*earlier, *turns))
    system = (Turn("system", request.instructions),) if request.instructions else ()
    answer_format = (request.text.format if request.text else None) or {"type": "text"}
    conversation = Conversation(
        model=model,
        turns=(*system, *earlier, *turns),
        tools=tuple(
            Tool(str(tool.get("name")), tool.get("description") or "", tool.get("parameters") or {})
            for tool in request.tools or ()
            if tool.get("type") == "function"
        ),
        choice=read_choice(request.tool_choice),
        parallel=bool(request.parallel_tool_calls),
        json=answer_format.get("type") != "text",
        schema=answer_format.get("schema"),
        effort=request.reasoning.effort if request.reasoning else None,
    )
    conversation.check_tools()
    return conversation


def _read_items(items: Parts) -> tuple[Turn, ...]:
    turns = []
    for place, item in enumerate(items):
        kind = item.get("type", "message")
        try:
            if kind == "message":
                text, images = read_content(item["content"])
                turns.append(Turn(item["role"], text, images=images))
            elif kind == "function_call":
                call = Call(item["call_id"], item["name"], item["arguments"])
                turns.append(Turn("assistant", "", (call,)))
            elif kind == "function_call_output":
                text, images = read_content(item["output"])
                turns.append(Turn("tool", text, (), item["call_id"], images))
        except KeyError as error:
            param = f"input[{place}].{error.args[0]}"
            raise refuse(
                f"Missing required parameter: '{param}'.",
                param=param,
                code="missing_required_parameter",
            ) from error
    if not turns:
        raise refuse("'input' holds nothing to answer.", param="input")
    return tuple(turns)


@dataclass(frozen=True)
class Answer:
    """One answered responses request, ready to be sent whole or as events."""

    request: ResponsesRequest
    model: Model
    generation: Generation
    prompt_tokens: int
    cached_tokens: int
    id: str = field(default_factory=lambda: f"resp_offline{secrets.token_hex(19)}")
    created: int = field(default_factory=lambda: int(time.time()))

    @property
    def turns(self) -> tuple[Turn, ...]:
        """Return the answer as turns, for a later request that continues it."""
        generation = self.generation
        return (Turn("assistant", generation.text or "", generation.calls),)

    def usage(self) -> JsonObject:
        """Return the usage object."""
        return {
            "input_tokens": self.prompt_tokens,
            "input_tokens_details": {
                "cached_tokens": self.cached_tokens,
                "cache_write_tokens": 0,
            },
            "output_tokens": self.generation.tokens,
            "output_tokens_details": {"reasoning_tokens": self.generation.reasoning_tokens},
            "total_tokens": self.prompt_tokens + self.generation.tokens,
        }

    def items(self) -> list[JsonObject]:
        """Return the finished output items: reasoning where the model reasons, calls or text."""
        status = "incomplete" if self.generation.finish == "length" else "completed"
        items: list[JsonObject] = []
        if self.model.reasons:
            items.append({"id": _make_id("rs", self.id), "type": "reasoning", "summary": []})
        items += [
            {
                "id": _make_id("fc", call.id),
                "type": "function_call",
                "status": status,
                "arguments": call.arguments,
                "call_id": call.id,
                "name": call.name,
            }
            for call in self.generation.calls
        ]
        if self.generation.text is not None:
            items.append(
                {
                    "id": _make_id("msg", self.id),
                    "type": "message",
                    "status": status,
                    "content": [write_text(self.generation.text)],
                    "role": "assistant",
                }
            )
        return items

    def whole(self) -> JsonObject:
        """Return the finished ``response`` object."""
        if self.generation.finish == "length":
            ended: JsonObject = {
                "status": "incomplete",
                "incomplete_details": {"reason": "max_output_tokens"},
            }
        else:
            ended = {"status": "completed", "incomplete_details": None}
        return self.begun() | ended | {"output": self.items(), "usage": self.usage()}

    def begun(self) -> JsonObject:
        """Return the ``response`` object as it stands before any output."""
        asked = self.request
        effort = asked.reasoning.effort if asked.reasoning else None
        return {
            "id": self.id,
            "object": "response",
            "created_at": self.created,
            "status": "in_progress",
            "background": False,
            "error": None,
            "incomplete_details": None,
            "instructions": asked.instructions,
            "max_output_tokens": asked.max_output_tokens,
            "max_tool_calls": None,
            "metadata": asked.metadata or {},
            "model": self.model.dated,
            "output": [],
            "parallel_tool_calls": asked.parallel_tool_calls is not False,
            "previous_response_id": asked.previous_response_id,
            "reasoning": {
                "effort": effort or ("medium" if self.model.reasons else None),
                "summary": None,
            },
            "service_tier": tell_tier(asked.service_tier),
            "store": asked.store is not False,
            "temperature": 1.0 if asked.temperature is None else asked.temperature,
            "text": {"format": (asked.text and asked.text.format) or {"type": "text"}},
            "tool_choice": asked.tool_choice or "auto",
            "tools": asked.tools or [],
            "top_logprobs": 0,
            "top_p": 1.0 if asked.top_p is None else asked.top_p,
            "truncation": "disabled",
            "usage": None,
            "user": None,
        }


def write_text(text: str) -> JsonObject:
    """Return a text part of an output message."""
    return {"type": "output_text", "annotations": [], "logprobs": [], "text": text}


def _make_id(prefix: str, seed: str) -> str:
    return f"{prefix}_{seed.partition('_')[2]}"
