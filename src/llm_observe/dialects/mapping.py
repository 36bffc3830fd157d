"""A tenant's own rules: which attribute says what, where no dialect knows.

Pure. A rule names one attribute by its whole key, ``resource.`` before a resource's, and the field
that it fills, over what the dialect said. A value that cannot be the field's counts as not said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from llm_observe import semconv
from llm_observe.content import Message
from llm_observe.cost.usage import MOST_TOKENS, Usage
from llm_observe.dialects.calls import settle_call
from llm_observe.dialects.counts import read_counts
from llm_observe.dialects.error_types import classify_error
from llm_observe.dialects.finish_reasons import name_finish_reasons
from llm_observe.dialects.operations import name_operation
from llm_observe.dialects.providers import infer_provider, name_provider
from llm_observe.dialects.reading import Reading
from llm_observe.dialects.source import SourceSpan
from llm_observe.dialects.values import read_json, read_number
from llm_observe.tags import is_tag_key, read_tag

_MOST_NAME: Final = 256
"""Characters; what is longer is no name, and may be content under the wrong field."""
_LONGEST_LIST: Final = 4096
"""Characters of a list of reasons: any of 200 rules may ask for the same text as one."""
_NUMBER: Final = re.compile(r"[0-9]{1,16}(\.[0-9]{1,9})?")
_OF_RESOURCE: Final = "resource."
TAG: Final = "tag:"
"""Begins the fields that are tags; the key follows."""
_TOKENS: Final = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cache_read_tokens": "cache_read",
    "cache_write_tokens": "cache_write",
    "reasoning_tokens": "reasoning",
}
"""Fields of tokens, and what ``Usage`` calls them."""
BESIDE: Final = {
    "input_tokens_without_cache": "input_tokens",
    "output_tokens_without_reasoning": "output_tokens",
}
"""Fields of tokens that leave a part out, each with the column that has it with that part."""


@dataclass(frozen=True, slots=True)
class MappingRule:
    """Fill a field from an attribute; with ``value``, with that, where the attribute is there."""

    attribute: str
    field: str
    value: str | None = None


Rules = tuple[MappingRule, ...]
"""In the order in which they are asked; made by ``compile_rules``."""
NO_RULES: Final[Rules] = ()


def compile_rules(rules: Iterable[MappingRule]) -> Rules:
    """Order rules by attribute, less those of a field that this version does not know."""
    known = (rule for rule in rules if is_field(rule.field))
    return tuple(sorted(known, key=lambda rule: (rule.attribute, rule.field)))


def is_field(name: str) -> bool:
    """Whether a rule can fill it: a field by its name, or a tag as ``tag:`` and its key."""
    return name in FIELDS or (name.startswith(TAG) and is_tag_key(name.removeprefix(TAG)))


def apply_rules(rules: Rules, span: SourceSpan, reading: Reading) -> None:
    """Fill a span's reading with what the rules find in it; each field by the first that does.

    Attributes that were used leave ``rest``; ``mapped`` tells the fields.
    """
    said: dict[str, object] = {}
    used: set[str] = set()
    for rule in rules:
        found = None if rule.field in said else _look_up(span, rule.attribute)
        if found is None:
            continue
        reader: Callable[[object], object] = FIELDS.get(rule.field, read_tag)
        value = reader(found if rule.value is None else rule.value)
        if value is not None:
            said[rule.field] = value
            if rule.value is None:
                used.add(rule.attribute)
    if said:
        _fill(reading, span, said)
        reading.rest = {key: value for key, value in reading.rest.items() if key not in used}
        _leave_metadata(reading, used)
        reading.mapped = sorted(said)


def _leave_metadata(reading: Reading, used: set[str]) -> None:
    """Metadata that a rule has put elsewhere is no tag besides."""
    if reading.metadata:
        reading.metadata = {
            name: told for name, told in reading.metadata.items() if told[0] not in used
        }


def _look_up(span: SourceSpan, attribute: str) -> object:
    """A span's own attribute, even one whose key starts like a resource's, goes first."""
    found = span.attributes.get(attribute)
    if found is None and attribute.startswith(_OF_RESOURCE):
        return span.resource.get(attribute.removeprefix(_OF_RESOURCE))
    return found


def _fill(reading: Reading, span: SourceSpan, said: Mapping[str, object]) -> None:
    """Another operation may make a model call of the span, or make it none; so may a model."""
    operation = reading.operation
    tags: dict[str, str] = {}
    for field, value in said.items():
        if field.startswith(TAG):
            tags[field.removeprefix(TAG)] = str(value)
        elif field not in _TOKENS and field not in BESIDE:
            setattr(reading, field, value)
    if tags:
        reading.tags = tags | {key: tag for key, tag in reading.tags.items() if key not in tags}
    another = reading.operation != operation
    if another:
        reading.countable = reading.operation in semconv.MODEL_CALLS
    if not reading.countable:
        settle_call(reading, span)
    if reading.countable and (another or not (_TOKENS | BESIDE).keys().isdisjoint(said)):
        reading.usage = _count(reading, span, said)
    if reading.countable and reading.provider is None:
        reading.provider = infer_provider(reading.response_model, reading.request_model)


def _count(reading: Reading, span: SourceSpan, said: Mapping[str, object]) -> Usage | None:
    """Totals and parts stay one usage, which cuts them into buckets that are disjoint."""
    usage = reading.usage or read_counts(span.attributes)
    tokens: dict[str, Any] = {part: said[field] for field, part in _TOKENS.items() if field in said}
    left = {
        total: said[field]
        for field, total in BESIDE.items()
        if total not in tokens and field in said
    }
    tokens |= left
    if usage is None and not tokens:
        return None
    without_output = reading.operation == semconv.EMBEDDINGS
    told = replace(usage or Usage(), without_output=without_output, **tokens)
    told = told.with_cache() if "input_tokens" in left else told
    return told.with_reasoning() if "output_tokens" in left else told


def _read_name(value: object) -> str | None:
    """Text, or a whole number: ids are often one."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if value.bit_length() <= _MOST_NAME else None
    named = isinstance(value, str) and 0 < len(value) <= _MOST_NAME
    return str(value) if named else None


def _read_operation(value: object) -> str | None:
    return name_operation(_read_name(value))


def _read_number(value: object) -> float | None:
    """A number from 0 on, also where it was written as text."""
    written = isinstance(value, str) and _NUMBER.fullmatch(value)
    return read_number(float(written[0]) if written else value)


def _read_count(value: object) -> int | None:
    number = _read_number(value)
    if number is None or number > MOST_TOKENS or number != int(number):
        return None
    return int(number)


def _read_switch(value: object) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return value if isinstance(value, bool) else None


def _read_reasons(value: object) -> tuple[str, ...] | None:
    """A list, also as JSON, or a single name."""
    found = read_json(value[:_LONGEST_LIST]) if isinstance(value, str) else value
    items = found if isinstance(found, list | tuple) else [found]
    named = [item for item in items if isinstance(item, str) and _read_name(item)]
    return name_finish_reasons(named)


def _read_provider(value: object) -> str | None:
    return name_provider(_read_name(value))


def _read_error(value: object) -> str | None:
    return classify_error(_read_name(value))


def _read_input(value: object) -> list[Message] | None:
    return _make_message("user", value)


def _read_output(value: object) -> list[Message] | None:
    return _make_message("assistant", value)


def _make_message(role: str, value: object) -> list[Message] | None:
    said = isinstance(value, str) and value
    return [{"role": role, "parts": [{"type": "text", "content": value}]}] if said else None


FIELDS: Final[Mapping[str, Callable[[object], object]]] = {
    "operation": _read_operation,
    "provider": _read_provider,
    "request_model": _read_name,
    "response_model": _read_name,
    "response_id": _read_name,
    "service_tier": _read_name,
    "agent_name": _read_name,
    "tool_name": _read_name,
    "session_id": _read_name,
    "user_id": _read_name,
    "customer_id": _read_name,
    "release": _read_name,
    "prompt_name": _read_name,
    "prompt_version": _read_name,
    "environment": _read_name,
    "error_type": _read_error,
    "streamed": _read_switch,
    "finish_reasons": _read_reasons,
    "time_to_first_token_ms": _read_number,
    **dict.fromkeys((*_TOKENS, *BESIDE), _read_count),
    "input": _read_input,
    "output": _read_output,
}
"""The fields that a rule can fill, each with its reader: None for a value that does not fit.

The names are columns of ``spans``, but for those of ``BESIDE``. ``app.mapping_fields`` has the
same. A field that begins with ``TAG`` is a tag, and is read as one.
"""
