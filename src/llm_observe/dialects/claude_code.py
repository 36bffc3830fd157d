"""Claude Code and the Claude Agent SDK: a request's tokens under bare names, without an operation.

Input tokens leave out what was read from a cache and written to one, as Anthropic's interface does.
Keys of Claude Code 2.1.289, from published recordings of its spans; not run here.
"""

from __future__ import annotations

from typing import Final

from llm_observe import semconv
from llm_observe.cost.usage import Usage, read_count
from llm_observe.dialects import genai
from llm_observe.dialects.messages import say, text
from llm_observe.dialects.reading import Dialect, Reading
from llm_observe.dialects.source import SourceSpan
from llm_observe.dialects.tiers import FAST
from llm_observe.dialects.values import read_flag, read_number, read_text

_TYPE: Final = "span.type"
_COUNTS: Final = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_tokens")
_TO_FIRST_CHUNK: Final = "ttft_ms"
_STOP_REASON: Final = "stop_reason"
_SPEED: Final = "speed"
_TOOL: Final = "tool_name"
_MODEL: Final = "model"
_SUCCESS: Final = "success"
_STATUS: Final = "status_code"
_PROMPT: Final = "user_prompt"
_OPERATIONS: Final = {
    "llm_request": semconv.CHAT,
    "tool": semconv.EXECUTE_TOOL,
    "interaction": semconv.INVOKE_AGENT,
}
"""Other types are parts of a tool's span: a wait for permission, the execution, a hook."""
OTHER_FAILURE: Final = "error"


def read(span: SourceSpan) -> Reading:
    """Read a request to a model, a tool, or the prompt that they serve."""
    attributes = span.attributes
    reading = genai.read(span)
    reading.operation = _OPERATIONS.get(read_text(attributes, _TYPE) or "")
    reading.tool_name = reading.tool_name or read_text(attributes, _TOOL)
    if reading.operation == semconv.CHAT:
        _read_call(reading, span)
    elif said := read_text(attributes, _PROMPT):
        reading.input = say("user", text(said))
    return reading


def _read_call(reading: Reading, span: SourceSpan) -> None:
    attributes = span.attributes
    reading.countable = True
    reading.request_model = reading.request_model or read_text(attributes, _MODEL)
    reading.time_to_first_token_ms = read_number(attributes.get(_TO_FIRST_CHUNK))
    reason = read_text(attributes, _STOP_REASON)
    reading.finish_reasons = (reason,) if reason else reading.finish_reasons
    if read_text(attributes, _SPEED) == FAST:
        reading.service_tier = FAST
    reading.failed = read_flag(attributes, _SUCCESS) is False
    if reading.failed and reading.error_type is None:
        status = attributes.get(_STATUS)
        reading.error_type = str(status) if status else OTHER_FAILURE
    given, made, found, written = (read_count(attributes, name) for name in _COUNTS)
    usage = Usage(input_tokens=given, output_tokens=made, cache_read=found, cache_write=written)
    reading.usage = usage.with_cache().if_known()


CLAUDE_CODE: Final = Dialect(
    name="claude-code",
    read=read,
    scopes=("com.anthropic.claude_code", "com.anthropic.claude_code."),
    keys=genai.GENAI_KEYS
    | {_TYPE, *_COUNTS, _TO_FIRST_CHUNK, _STOP_REASON, _TOOL, _MODEL, _PROMPT, "new_context"},
)
