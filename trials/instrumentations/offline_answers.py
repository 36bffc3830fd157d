"""What the offline servers of several providers answer: by rule, and saying that it is no model."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Any

from infra.local.offline_openai.tokens import count_tokens

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """A text, or a call of the first tool that was offered, and the tokens of both sides."""

    text: str
    calls: list[Json]
    input_tokens: int
    output_tokens: int


def make_answer(asked: Json) -> Answer:
    """Answer a request with ``messages`` and perhaps ``tools``, as OpenAI describes them."""
    question = str(asked["messages"][-1]["content"])
    text = f'(offline answer, no model was called) A model would answer "{question[:200]}" here.'
    tools = asked.get("tools") or []
    calls = [_call(tool["function"]) for tool in tools[:1]]
    told = sum(count_tokens(str(each["content"])) for each in asked["messages"])
    told += count_tokens(json.dumps(tools)) if tools else 0
    written = json.dumps(calls[0]["function"]) if calls else text
    return Answer(text, calls, told, count_tokens(written))


def _call(function: Json) -> Json:
    arguments = dict.fromkeys(function["parameters"].get("properties", {}), "Paris")
    return {
        "id": f"call_{secrets.token_hex(12)}",
        "type": "function",
        "function": {"name": function["name"], "arguments": json.dumps(arguments)},
    }
