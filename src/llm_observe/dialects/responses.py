"""Readers of raw answers, where a library stores them: OpenAI's and Anthropic's.

Of Gemini's answers, whose choices are ``candidates``, only the finish reasons.

Sources: the response objects of https://platform.openai.com/docs/api-reference (chat completions,
completions, responses) and https://docs.anthropic.com/en/api/messages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from llm_observe.content import Message
from llm_observe.cost.usage import Usage, read_count
from llm_observe.dialects.flattened import MOST_ITEMS
from llm_observe.dialects.messages import read_messages
from llm_observe.dialects.runs import add_runs
from llm_observe.dialects.values import read_list, read_mapping, read_text

_CALL: Final = "function_call"
_PREVIOUS: Final = "previous_response_id"


def read_previous(*told: Mapping[str, Any]) -> str | None:
    """Give the response that a call goes on from, of the first of request and answer to say it."""
    return next(filter(None, (read_text(each, _PREVIOUS) for each in told)), None)


def read_finish_reasons(response: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Give why each choice ended, in the provider's words."""
    listed = read_list(response.get("choices") or response.get("candidates"))
    choices = [read_mapping(each) for each in listed[:MOST_ITEMS]]
    if choices:
        return tuple(filter(None, (read_text(each, "finish_reason") for each in choices))) or None
    reason = read_text(response, "stop_reason", "finish_reason")
    if reason is None and response.get("object") == "response":
        reason = _find_end(response)
    return (reason,) if reason else None


def _find_end(response: Mapping[str, Any]) -> str | None:
    """Read a status, and calls of tools among the output, of OpenAI's responses."""
    incomplete = read_text(read_mapping(response.get("incomplete_details")), "reason")
    if incomplete or response.get("status") != "completed":
        return incomplete
    put_out = read_list(response.get("output"))
    called = any(isinstance(each, Mapping) and each.get("type") == _CALL for each in put_out)
    return _CALL if called else "stop"


def read_output(response: Mapping[str, Any]) -> Sequence[Message]:
    """Give the messages of an answer; of something else, nothing."""
    choices = [read_mapping(each) for each in read_list(response.get("choices"))[:MOST_ITEMS]]
    if choices:
        said = [each.get("message") or each.get("text") for each in choices]
        return read_messages([each for each in said if each is not None], "assistant")
    if isinstance(response.get("output"), list | tuple):
        return read_messages(response["output"], "assistant")
    if response.get("content") is not None:
        return read_messages(
            [{"role": response.get("role") or "assistant", "content": response["content"]}]
        )
    return ()


def read_usage(usage: Mapping[str, Any], *, without_output: bool = False) -> Usage | None:
    """Give a raw usage object's counts; Anthropic's input leaves out what was cached."""
    details = read_mapping(usage.get("prompt_tokens_details") or usage.get("input_tokens_details"))
    output = read_mapping(
        usage.get("completion_tokens_details") or usage.get("output_tokens_details")
    )
    read = read_count(usage, "cache_read_input_tokens")
    written = read_count(usage, "cache_creation_input_tokens")
    kept = read_mapping(usage.get("cache_creation"))
    longer = read_mapping(details.get("cache_write_tokens_details"))
    cached = read_mapping(details.get("cached_tokens_details"))
    found = Usage(
        input_tokens=read_count(usage, "prompt_tokens", "input_tokens"),
        output_tokens=read_count(usage, "completion_tokens", "output_tokens"),
        cache_read=read if read is not None else read_count(details, "cached_tokens"),
        cache_write=written if written is not None else read_count(details, "cache_write_tokens"),
        cache_write_1h=read_count(kept, "ephemeral_1h_input_tokens"),
        reasoning=read_count(output, "reasoning_tokens", "thinking_tokens"),
        input_audio=read_count(details, "audio_tokens"),
        output_audio=read_count(output, "audio_tokens"),
        cache_write_12h=read_count(longer, "ttl_12h_tokens"),
        cache_audio_read=read_count(cached, "audio_tokens"),
        input_image=read_count(details, "image_tokens"),
        cache_image_read=read_count(cached, "image_tokens"),
        output_image=read_count(output, "image_tokens"),
        total=read_count(usage, "total_tokens"),
        without_output=without_output,
    )
    whole = (found if read is written is None else found.with_cache()).if_known()
    return add_runs(whole, usage) if whole else None
