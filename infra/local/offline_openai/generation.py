"""The answer to a conversation: by rule, always the same, and plainly not a model's.

1. Tools offered and allowed: each is called once per user message, in the order offered, one per
   turn (all at once with ``parallel_tool_calls: true``), three at most; then comes the answer.
   A forced tool is always called.
2. JSON asked for: an object that satisfies the schema.
3. Else a sentence that says it is an offline answer and quotes the question's first paragraph,
   and the tools' results where there are any.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace
from typing import Literal

from infra.local.offline_openai.arguments import Source, fill_schema
from infra.local.offline_openai.conversation import Call, Conversation, Tool, Turn
from infra.local.offline_openai.tokens import count_tokens, split_tokens

Finish = Literal["stop", "length", "tool_calls"]
_MOST_CALLS = 3
_QUOTE_LENGTH = 400
# Reasoning comes in steps of 64 tokens; how many steps an effort takes is our choice.
_REASONING_STEP = 64
_STEPS = {"none": 0, "minimal": 0, "low": 1, "medium": 3, "high": 8, "xhigh": 16, "max": 24}


@dataclass(frozen=True)
class Generation:
    """The content of one choice: text, as tokens, or function calls, and why it ended."""

    pieces: tuple[str, ...]
    calls: tuple[Call, ...]
    finish: Finish
    reasoning_tokens: int

    @property
    def text(self) -> str | None:
        """Return the text, None where the choice is function calls only."""
        return None if self.calls else "".join(self.pieces)

    @property
    def tokens(self) -> int:
        """Count the completion's tokens, reasoning included, as OpenAI bills them."""
        called = sum(_measure(call) for call in self.calls)
        return len(self.pieces) + called + self.reasoning_tokens


def generate(
    conversation: Conversation,
    *,
    limit: int | None = None,
    stops: tuple[str, ...] = (),
    index: int = 0,
) -> Generation:
    """Answer a conversation within a limit of tokens; ``index`` is the choice, from 0."""
    reasoning = _measure_reasoning(conversation)
    budget = None if limit is None else max(0, limit - reasoning)
    reasoning = reasoning if limit is None else min(reasoning, limit)
    calls = _choose_calls(conversation)
    if calls:
        kept = _cut_calls(calls, budget)
        # A function forced by name ends with "stop": the choice was the caller's,
        # https://platform.openai.com/docs/guides/function-calling
        finish: Finish = "stop" if conversation.choice.name else "tool_calls"
        return Generation((), kept, finish if kept == calls else "length", reasoning)
    text = _write(conversation, index)
    for stop in stops:
        text = text.split(stop)[0]
    pieces = tuple(split_tokens(text))
    kept_pieces = pieces if budget is None else pieces[:budget]
    return Generation(kept_pieces, (), "stop" if kept_pieces == pieces else "length", reasoning)


def _measure_reasoning(conversation: Conversation) -> int:
    if not conversation.model.reasons:
        return 0
    steps = _STEPS[conversation.effort or "medium"]
    # A longer question is thought about longer, up to double.
    longer = min(count_tokens(_find_question(conversation)) // 64, steps)
    return _REASONING_STEP * (steps + longer)


def _choose_calls(conversation: Conversation) -> tuple[Call, ...]:
    choice = conversation.choice
    if choice.mode == "none" or not conversation.tools:
        return ()
    if choice.name is not None:
        wanted = [tool for tool in conversation.tools if tool.name == choice.name]
    else:
        called = {call.name for turn in _find_answered(conversation) for call in turn.calls}
        offered = conversation.tools[:_MOST_CALLS]
        wanted = [tool for tool in offered if tool.name not in called]
        if not wanted and choice.mode == "required":
            wanted = [offered[0]]
    return tuple(
        _call(tool, conversation) for tool in wanted[: None if conversation.parallel else 1]
    )


def _call(tool: Tool, conversation: Conversation) -> Call:
    results = _find_results(conversation)
    source = Source(_find_question(conversation), results[-1][1] if results else "")
    arguments = json.dumps(fill_schema({"type": "object", **tool.parameters}, source))
    return Call(f"call_{secrets.token_hex(12)}", tool.name, arguments)


def _cut_calls(calls: tuple[Call, ...], budget: int | None) -> tuple[Call, ...]:
    if budget is None:
        return calls
    kept = []
    for call in calls:
        fixed = _measure(replace(call, arguments=""))
        room = budget - fixed
        if room < 0:
            break
        arguments = "".join(split_tokens(call.arguments)[:room])
        kept.append(replace(call, arguments=arguments))
        budget -= _measure(kept[-1])
    return tuple(kept)


def _measure(call: Call) -> int:
    # Four tokens frame a call, beside its name and its arguments.
    return 4 + count_tokens(call.name) + count_tokens(call.arguments)


def _write(conversation: Conversation, index: int) -> str:
    question, results = _find_question(conversation), _find_results(conversation)
    if conversation.schema is not None:
        source = Source(question, results[-1][1] if results else "")
        return json.dumps(fill_schema(conversation.schema, source))
    variant = f" This is choice {index + 1}." if index else ""
    # The text after the first paragraph is material; quoting it too would nest answers in answers.
    asked, _, material = question.partition("\n\n")
    given = f", from the {len(material.split())} words given with it" if material else ""
    if results:
        told = "; ".join(f'{name} returned "{_quote(result)}"' for name, result in results)
        text = f'You asked "{_quote(asked)}"{given}. The tools answered: {told}.'
    else:
        text = f'A model would answer "{_quote(asked)}" here{given}.'
    text = f"(offline answer, no model was called) {text}{variant}"
    return json.dumps({"offline": True, "answer": text}) if conversation.json else text


def _quote(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _QUOTE_LENGTH else f"{text[:_QUOTE_LENGTH]}…"


def _find_question(conversation: Conversation) -> str:
    turns = [turn for turn in conversation.turns if turn.role == "user"]
    return (turns or [*conversation.turns])[-1].text


def _find_answered(conversation: Conversation) -> tuple[Turn, ...]:
    """Return the turns since the user last spoke."""
    turns = conversation.turns
    spoken = [place for place, turn in enumerate(turns) if turn.role == "user"]
    return turns[spoken[-1] + 1 :] if spoken else turns


def _find_results(conversation: Conversation) -> list[tuple[str, str]]:
    turns = _find_answered(conversation)
    names = {call.id: call.name for turn in turns for call in turn.calls}
    return [
        (names.get(turn.answers, "a tool"), turn.text) for turn in turns if turn.answers is not None
    ]
