"""From a span in any convention to one reading of it.

One module per dialect, each with a pure function. A span's scope says which dialect it speaks,
else a key that only one dialect has. A span that no dialect claims is read as a plain one: part
of the trace, no model call.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from llm_observe import semconv
from llm_observe.cost.usage import Usage
from llm_observe.dialects import bedrock
from llm_observe.dialects.attribution import read_attribution
from llm_observe.dialects.calls import settle_call
from llm_observe.dialects.error_types import classify_error, find_error
from llm_observe.dialects.finish_reasons import name_finish_reasons
from llm_observe.dialects.key_looks import Look, look_at
from llm_observe.dialects.mapping import NO_RULES, Rules, apply_rules
from llm_observe.dialects.providers import infer_provider, name_provider
from llm_observe.dialects.raw_usage import settle_runs
from llm_observe.dialects.reading import Dialect, Reading
from llm_observe.dialects.registry import DIALECTS, choose, leave
from llm_observe.dialects.silences import CACHE, ONLY_TIER, TIER, find_untold
from llm_observe.dialects.source import SourceEvent, SourceSpan
from llm_observe.dialects.tags import read_json_metadata, read_tags
from llm_observe.dialects.tier_keys import fill_tiers
from llm_observe.dialects.values import read_number, read_text
from llm_observe.dialects.versions import read_versions

__all__ = ["DIALECTS", "Dialect", "Reading", "SourceEvent", "SourceSpan", "read"]

_WITH_METADATA: Final = "openinference"
_METADATA: Final = "metadata"
_NAMELESS: Final = frozenset({bedrock.PROVIDER, "cohere"})
"""Providers whose responses carry no model; an equal name was copied from the request."""


def read(span: SourceSpan, rules: Rules = NO_RULES) -> Reading:
    """Read a span in the dialect that it speaks; a tenant's rules go over what that says."""
    reading = _read_in_dialect(span)
    if rules:
        apply_rules(rules, span, reading)
    return reading


def _read_in_dialect(span: SourceSpan) -> Reading:
    """Bring what a span says to our words."""
    dialect, look = choose(span), look_at(span.attributes)
    reading = dialect.read(span)
    reading.dialect = reading.dialect or dialect.name
    settle_call(reading, span)
    error = reading.error_type or find_error(span)
    reading.error_type = classify_error(error)
    # Python's way to tell a generator that nobody waits for the rest of it.
    reading.abandoned |= reading.countable and error == "GeneratorExit"
    reading.finish_reasons = name_finish_reasons(reading.finish_reasons)
    reading.provider = name_provider(reading.provider)
    if reading.countable and reading.provider is None:
        reading.provider = infer_provider(reading.response_model, reading.request_model)
    if reading.provider == bedrock.PROVIDER:
        bedrock.settle_bedrock(reading)
    if reading.provider in _NAMELESS and reading.response_model == reading.request_model:
        reading.response_model = None
    if reading.usage is not None:
        raw = (span.attributes[key] for key in look.raw_usages)
        reading.usage = settle_runs(reading.usage, raw)
        fill_tiers(reading, span.attributes, look.tiers)
        reading.service_tier = _trim(reading.service_tier)
        _tell_untold(reading, reading.usage, span)
    _read_environment(reading, span)
    _read_previous(reading, span)
    read_versions(reading, span)
    told = span.attributes.get(_METADATA) if dialect.name == _WITH_METADATA else None
    used = [*read_attribution(reading, span.attributes, look.people, told)]
    used += _read_tags(reading, span, look, told)
    left = leave(dialect, span.attributes, look)
    for key in used:
        left.pop(key, None)
    reading.rest = {**reading.parameters, **left} if reading.parameters else left
    return reading


def _read_tags(reading: Reading, span: SourceSpan, look: Look, told: Any) -> Collection[str]:
    """Read tags where there are any; ``told`` is OpenInference's attribute for such data."""
    dropped = span.attributes.get(semconv.DROPPED_TAGS)
    if dropped is not None:
        reading.dropped_tags = int(read_number(dropped) or 0)
    of_resource = look_at(span.resource).tags
    used = read_tags(reading, span, look.tags, of_resource) if look.tags or of_resource else ()
    if told is not None:
        read_json_metadata(reading, told)
    return used


def _trim(tier: str | None) -> str | None:
    return (tier.strip() or None) if tier else tier


def _tell_untold(reading: Reading, usage: Usage, span: SourceSpan) -> None:
    """Mark the parts of which this instrumentation never says anything.

    A span that tells what was read of a cache has what was written in the same place, if any was.
    """
    untold = find_untold(span.scope, span.scope_version)
    if untold:
        reading.tier_untold = TIER in untold
        parts = untold - ONLY_TIER
        usage.untold |= parts if usage.cache_read is None else parts - CACHE


def _read_previous(reading: Reading, span: SourceSpan) -> None:
    """Read which response of OpenAI's a call goes on from, by the conventions' key on any span."""
    if reading.previous_response_id is None:
        reading.previous_response_id = read_text(span.attributes, semconv.PREVIOUS_RESPONSE_ID)


def _read_environment(reading: Reading, span: SourceSpan) -> None:
    """Read the environment, which has the same keys in every dialect."""
    reading.environment = (
        reading.environment
        or read_text(span.attributes, semconv.ENVIRONMENT)
        or read_text(span.resource, semconv.ENVIRONMENT, semconv.OLD_ENVIRONMENT)
    )
