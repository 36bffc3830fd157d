"""A span less what would be too much work to read. Pure.

Dialects parse texts that hold JSON. How many values such a text has is told from its signs before
it is parsed, since that is a hundred times faster.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from llm_observe.dialects import SourceSpan
from llm_observe.dialects.values import count_values
from llm_observe.privacy.work import WorkBudget

_OPENING: Final = frozenset({"[", "{"})
_CONTAINERS: Final = (list, tuple, dict)


def bound_span(span: SourceSpan, work: WorkBudget) -> SourceSpan:
    """Give the span without the attributes, its events' included, that ``work`` has no room for."""
    attributes = _bound(span.attributes, work)
    if not span.events and attributes is span.attributes:
        return span
    events = [_bound(event.attributes, work) for event in span.events]
    if attributes is span.attributes and all(
        kept is event.attributes for kept, event in zip(events, span.events, strict=True)
    ):
        return span
    bounded = [
        replace(event, attributes=kept) for kept, event in zip(events, span.events, strict=True)
    ]
    return replace(span, attributes=attributes, events=bounded)


def _bound(attributes: Mapping[str, Any], work: WorkBudget) -> Mapping[str, Any]:
    refused = {
        key
        for key, value in attributes.items()
        if (value[:1] in _OPENING if isinstance(value, str) else isinstance(value, _CONTAINERS))
        and not work.take_values(count_values(value))
    }
    if not refused:
        return attributes
    return {key: value for key, value in attributes.items() if key not in refused}
