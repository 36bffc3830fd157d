"""The provider's own answer, which OpenInference writes into a span's output where content is on.

OpenAI's, Anthropic's, Groq's and Gemini's stand there as they came, Mistral's streams within
``data``; LangChain passes on what its integration has kept of one, in up to three places.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Any, Final

from llm_observe.cost.usage import Usage
from llm_observe.dialects.raw_usage import settle_runs
from llm_observe.dialects.responses import read_usage
from llm_observe.dialects.tiers import find_in_answer
from llm_observe.dialects.values import read_mapping, read_text

_SIGNS: Final = frozenset({"choices", "usage", "usageMetadata", "usage_metadata", "candidates"})
"""Members of which a provider's answer has one: a model may well put out JSON of other kinds."""
_GENERATIONS: Final = "generations"
_METADATA: Final = ("message", "kwargs", "response_metadata")
_OTHER: Final = frozenset(
    {"input_tokens", "output_tokens", "without_output", "total", "untold", "compacted", "mixed"}
)
_PARTS: Final = tuple(field.name for field in fields(Usage) if field.name not in _OTHER)
_DETAILS: Final = ("cache_read", "cache_write", "reasoning")


def unwrap(output: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the answer of what a client put out."""
    inner = output.get("data")
    return inner if isinstance(inner, Mapping) and "choices" in inner else output


def find_id(answer: Mapping[str, Any]) -> str | None:
    """Give the provider's id of its answer."""
    found = read_text(answer, "id", "response_id")
    return found or next(filter(None, (read_text(each, "id") for each in _list_kept(answer))), None)


def find_tier(answer: Mapping[str, Any]) -> str | None:
    """Give the tier that served, where the answer tells it."""
    if not _SIGNS.isdisjoint(answer):
        return find_in_answer(answer)
    return next(filter(None, map(find_in_answer, _list_kept(answer))), None)


def fill_usage(usage: Usage, answer: Mapping[str, Any]) -> Usage:
    """Fill in the parts that the span's own counts lack, of an answer with the same totals.

    A part that an answer with a usage does not mention was not cached and not reasoned.
    """
    usage = settle_runs(usage, (answer, *_list_kept(answer)))
    if usage.compacted or (usage.cache_read is not None and usage.reasoning is not None):
        return usage
    told = answer.get("usage")
    raw = read_usage(read_mapping(told)) if told else None
    if raw is None:
        return usage
    if (raw.input_tokens, raw.output_tokens) != (usage.input_tokens, usage.output_tokens):
        return usage
    lacking = {part: getattr(raw, part) for part in _PARTS if getattr(usage, part) is None}
    lacking |= {part: lacking[part] or 0 for part in _DETAILS if part in lacking}
    return replace(usage, **lacking)


def _list_kept(answer: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """LangChain keeps what is told beside its generations, or in the first of them."""
    if _GENERATIONS not in answer:
        return
    yield read_mapping(answer.get("llm_output"))
    found: Any = answer[_GENERATIONS]
    while isinstance(found, list) and found:
        found = found[0]
    yield read_mapping(read_mapping(found).get("generation_info"))
    for key in _METADATA:
        found = read_mapping(found).get(key)
    yield read_mapping(found)
