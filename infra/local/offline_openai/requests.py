"""Request bodies, as far as the server reads them; other parameters are taken and ignored.

A parameter that would change the answer's shape and is not offered (log probabilities, audio) is
refused.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from infra.local.offline_openai.errors import explain_validation

JsonObject = dict[str, Any]
Parts = list[JsonObject]
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]


class _Body(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)


class CalledFunction(_Body):
    name: str
    arguments: str


class ToolCall(_Body):
    id: str
    function: CalledFunction


class ChatMessage(_Body):
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | Parts | None = None
    name: str | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None


class FunctionDefinition(_Body):
    name: str = Field(min_length=1)
    description: str | None = None
    parameters: JsonObject | None = None


class ChatTool(_Body):
    type: Literal["function"]
    function: FunctionDefinition


class StreamOptions(_Body):
    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class ChatRequest(_Body):
    """The body of POST /v1/chat/completions."""

    model: str
    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    tools: list[ChatTool] | None = None
    tool_choice: str | JsonObject | None = None
    parallel_tool_calls: bool | None = None
    n: Annotated[int, Field(ge=1, le=128)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    stop: str | Annotated[list[str], Field(max_length=4)] | None = None
    response_format: JsonObject | None = None
    reasoning_effort: Effort | None = None
    logprobs: Literal[False] | None = None
    modalities: list[Literal["text"]] | None = None
    metadata: dict[str, str] | None = None
    service_tier: str | None = None


class Reasoning(_Body):
    effort: Effort | None = None


class TextOptions(_Body):
    format: JsonObject | None = None


class ResponsesRequest(_Body):
    """The body of POST /v1/responses."""

    model: str
    input: str | Parts
    instructions: str | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    tools: Parts | None = None
    tool_choice: str | JsonObject | None = None
    parallel_tool_calls: bool | None = None
    max_output_tokens: Annotated[int, Field(ge=16)] | None = None
    previous_response_id: str | None = None
    store: bool | None = None
    text: TextOptions | None = None
    reasoning: Reasoning | None = None
    temperature: float | None = None
    top_p: float | None = None
    metadata: dict[str, str] | None = None
    service_tier: str | None = None


class EmbeddingsRequest(_Body):
    """The body of POST /v1/embeddings; an input is a text or a list of token numbers."""

    model: str
    input: (
        Annotated[str, Field(min_length=1)]
        | Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1, max_length=2048)]
        | Annotated[list[int], Field(min_length=1)]
        | Annotated[list[list[int]], Field(min_length=1, max_length=2048)]
    )
    dimensions: Annotated[int, Field(ge=1)] | None = None
    encoding_format: Literal["float", "base64"] | None = None


def tell_tier(asked: str | None) -> str:
    """Give the tier that serves: one with a price of its own only where it was asked for."""
    return asked if asked in {"flex", "priority"} else "default"


_Request = TypeVar("_Request", ChatRequest, ResponsesRequest, EmbeddingsRequest)


def parse_request(kind: type[_Request], body: JsonObject) -> _Request:
    """Check a body against its kind; ApiError 400 names the parameter that is wrong."""
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        raise explain_validation(error) from error
