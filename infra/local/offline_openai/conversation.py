"""The common form of chat and responses requests: turns, tools and a wanted format."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from infra.local.offline_openai.catalogue import Model
from infra.local.offline_openai.errors import refuse
from infra.local.offline_openai.requests import Effort, JsonObject, Parts
from infra.local.offline_openai.tokens import split_tokens

# Tokens of a high-detail square image of 512 pixels or less: 85 base + 170 for its one tile,
# https://platform.openai.com/docs/guides/images-vision#calculating-costs
_IMAGE_TOKENS = 255


@dataclass(frozen=True)
class Call:
    """A function call the model made; ``arguments`` is JSON text."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class Turn:
    """One message; ``answers`` is the id of the call whose result it carries."""

    role: str
    text: str
    calls: tuple[Call, ...] = ()
    answers: str | None = None
    images: int = 0


@dataclass(frozen=True)
class Tool:
    """A function the caller offers; ``parameters`` is its JSON schema."""

    name: str
    description: str
    parameters: JsonObject


@dataclass(frozen=True)
class Choice:
    """Whether tools may, must or must not be called; ``name`` is the one that must."""

    mode: Literal["auto", "none", "required"]
    name: str | None = None


@dataclass(frozen=True)
class Conversation:
    """A request reduced to what decides its answer; ``schema`` is a JSON answer's own."""

    model: Model
    turns: tuple[Turn, ...]
    tools: tuple[Tool, ...] = ()
    choice: Choice = Choice("auto")
    parallel: bool = False
    json: bool = False
    schema: JsonObject | None = None
    effort: Effort | None = None

    def flatten(self) -> list[str]:
        """Return the prompt as tokens in the order that prefix caching sees: tools, then turns."""
        tokens = []
        for tool in self.tools:
            parameters = json.dumps(tool.parameters)
            tokens += split_tokens(f"{tool.name}\n{tool.description}\n{parameters}\n")
        if self.schema is not None:
            tokens += split_tokens(json.dumps(self.schema))
        for turn in self.turns:
            # Three tokens frame a message, https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken
            tokens += ["<start>", turn.role, "<message>", *split_tokens(turn.text)]
            tokens += ["<image>"] * (_IMAGE_TOKENS * turn.images)
            for call in turn.calls:
                tokens += ["<call>", *split_tokens(f"{call.name}\n{call.arguments}")]
        return [*tokens, "<start>", "assistant", "<message>"]

    def check_tools(self) -> None:
        """Raise ApiError 400 where a forced tool is not offered."""
        names = {tool.name for tool in self.tools}
        if self.choice.name is not None and self.choice.name not in names:
            raise refuse(
                f"Tool choice '{self.choice.name}' not found in 'tools' parameter.",
                param="tool_choice",
            )
        if self.choice.mode == "required" and not names:
            raise refuse(
                "'tool_choice' is only allowed when 'tools' are specified.", param="tool_choice"
            )


def read_content(content: str | Parts | None) -> tuple[str, int]:
    """Return a message's text and how many images it carries."""
    if content is None or isinstance(content, str):
        return content or "", 0
    texts = [str(part.get("text") or part.get("refusal") or "") for part in content]
    images = sum(part.get("type") in {"image_url", "input_image"} for part in content)
    return "\n".join(text for text in texts if text), images


def read_choice(choice: str | JsonObject | None) -> Choice:
    """Read ``tool_choice`` of either API; ApiError 400 if it is neither a mode nor a function."""
    if choice is None or choice == "auto":
        return Choice("auto")
    if choice == "none":
        return Choice("none")
    if choice == "required":
        return Choice("required")
    if isinstance(choice, dict):
        # Chat nests the name, {"type": "function", "function": {"name": …}}; responses does not.
        name = (choice.get("function") or choice).get("name")
        if isinstance(name, str):
            return Choice("required", name)
    raise refuse("Invalid value for 'tool_choice'.", param="tool_choice", code="invalid_value")


def check_calls(turns: tuple[Turn, ...]) -> None:
    """Raise ApiError 400 unless each tool call is followed by its result, and no result is stray.

    OpenAI refuses such conversations; an agent that loses a result must notice offline too.
    """
    open_calls: set[str] = set()
    for turn in turns:
        if turn.answers is not None:
            if turn.answers not in open_calls:
                raise refuse(
                    "A tool result must be a response to a preceding tool call with its id.",
                    param="messages",
                )
            open_calls.discard(turn.answers)
        elif open_calls and not turn.calls:
            break
        open_calls |= {call.id for call in turn.calls}
    if open_calls:
        raise refuse(
            "Every tool call must be followed by a tool result responding to its id. "
            f"Without one: {', '.join(sorted(open_calls))}.",
            param="messages",
        )
