"""The way down to the items of a request in JSON: no item is passed by without being counted.

A member that OTLP does not have is no error by itself: later versions add some. Its values are
looked through for items, since those would be lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from functions.common.errors import BadRequestError
from functions.ingest.building import check_count
from functions.ingest.field_names import Restored, find_fields, fold
from functions.ingest.limits import MOST_NESTED

_NAMEABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,40}")
_MOST_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Signal:
    """One of OTLP's signals: its path, its messages on the way down, and how an item is known."""

    path: str
    request: str
    resources: str
    scopes: str
    items: str
    marks: tuple[frozenset[str], ...]
    """An item has all members of one of these sets, as ``fold`` writes them."""

    @property
    def resource_message(self) -> str:
        """The message that holds a resource and its groups."""
        return self.resources[0].upper() + self.resources[1:]

    @property
    def scope_message(self) -> str:
        """The message that holds a scope and its items."""
        return self.scopes[0].upper() + self.scopes[1:]


SPANS: Final = Signal(
    path="/v1/traces",
    request="ExportTraceServiceRequest",
    resources="resourceSpans",
    scopes="scopeSpans",
    items="spans",
    marks=(frozenset({"spanid"}), frozenset({"traceid", "id"})),
)
LOG_RECORDS: Final = Signal(
    path="/v1/logs",
    request="ExportLogsServiceRequest",
    resources="resourceLogs",
    scopes="scopeLogs",
    items="logRecords",
    marks=(
        frozenset({"body"}),
        frozenset({"timeunixnano"}),
        frozenset({"observedtimeunixnano"}),
        frozenset({"severitynumber"}),
    ),
)
METRICS: Final = Signal(
    path="/v1/metrics",
    request="ExportMetricsServiceRequest",
    resources="resourceMetrics",
    scopes="scopeMetrics",
    items="metrics",
    marks=(
        frozenset({"asint"}),
        frozenset({"asdouble"}),
        frozenset({"bucketcounts"}),
        frozenset({"quantilevalues"}),
        frozenset({"timeunixnano"}),
    ),
)
_SIGNALS: Final = (SPANS, LOG_RECORDS, METRICS)
_ELSEWHERE: Final[Mapping[str, str]] = {
    fold(each.resources): f"{each.resources} belong to POST {each.path}." for each in _SIGNALS
} | {
    "batch": "A batch of Langfuse's own ingestion API is not read; its SDKs also speak OTLP.",
    "data": "Traces of OpenAI's Agents SDK or of Jaeger are not read; both have exporters of OTLP.",
    "post": "Runs of LangSmith's own API are not read; its SDK also speaks OTLP.",
    "spans": "Spans stand in resourceSpans, in their scopeSpans.",
    "scopespans": "Spans stand in resourceSpans, in their scopeSpans.",
}
"""The likely kinds of a body that has no groups, by the folded name of the member that it has."""


class ScopeGroup(NamedTuple):
    """Items of one scope; ``renamed`` if a name on the way to them was spelt otherwise."""

    scope: Any
    items: list[Any]
    renamed: bool


class ResourceGroup(NamedTuple):
    """Groups of one resource."""

    resource: Any
    scopes: list[ScopeGroup]
    renamed: bool


@dataclass(slots=True)
class Strays:
    """Items in members that OTLP does not have, by the message that they stood in."""

    signal: Signal
    counts: dict[str, int] = field(default_factory=dict)
    names: dict[str, set[str]] = field(default_factory=dict)

    def look_through(self, message: str, members: Mapping[str, Any], held: Any) -> None:
        """Count the items in what members hold that are no fields of a message."""
        if not members:
            return
        self.counts[message] = self.counts.get(message, 0) + count_items(self.signal, held)
        told = self.names.setdefault(message, set())
        told.update(_choose_names(members, _MOST_NAMED - len(told)))

    def take(self) -> Iterator[tuple[str, int]]:
        """Give where items stood, and how many; none, of what may be no items at all."""
        for message, count in self.counts.items():
            names = _list_names(self.names[message])
            yield f"{names}: OTLP has no such member of {message}.", count


def count_items(signal: Signal, held: Any) -> int:
    """Count the items anywhere in a value; what is within an item is the item's.

    Raises:
        BodyTooLargeError: if it holds more than 300,000 values; nobody then knows how many items.
    """
    count, seen, coming = 0, 1, [held]
    while coming:
        value = coming.pop()
        if isinstance(value, list | dict):
            seen += len(value)
            check_count(seen, "values in members that OTLP does not have", MOST_NESTED)
        if isinstance(value, dict):
            names = {fold(name) for name in value}
            if any(mark <= names for mark in signal.marks):
                count += 1
            else:
                coming += value.values()
        elif isinstance(value, list):
            coming += value
    return count


def open_groups(document: Any, signal: Signal) -> tuple[list[ResourceGroup], Strays]:
    """Give the groups of a request, and what items of it stand elsewhere.

    Raises:
        BadRequestError: if it is another kind of body, or nobody knows how many items it has.
        BodyTooLargeError: if it has more than 10,000 resources or scopes.
    """
    strays = Strays(signal)
    request = _restore(strays, signal.request, _require_request(document, signal))
    members = _require_objects(request.fields, signal.resources)
    check_count(len(members), "resources")
    groups, number = [], 0
    for member in members:
        holder = _restore(strays, signal.resource_message, member)
        renamed = request.renamed or holder.renamed
        held = _require_objects(holder.fields, signal.scopes)
        number += len(held)
        check_count(number, "scopes")
        scopes = [_open_scope(strays, scope, renamed) for scope in held]
        resource, respelt = _open_shared(strays, "Resource", holder.fields.get("resource"))
        groups.append(ResourceGroup(resource, scopes, renamed or respelt))
    return groups, strays


def _open_scope(strays: Strays, member: Mapping[str, Any], renamed: bool) -> ScopeGroup:
    holder = _restore(strays, strays.signal.scope_message, member)
    scope, respelt = _open_shared(strays, "InstrumentationScope", holder.fields.get("scope"))
    items = _require_list(holder.fields, strays.signal.items)
    return ScopeGroup(scope, items, renamed or holder.renamed or respelt)


def _open_shared(strays: Strays, message: str, held: Any) -> tuple[Any, bool]:
    """Give a resource or a scope; one that is no object is for its reader to tell."""
    if not isinstance(held, dict):
        strays.look_through(message, {message: held} if held else {}, held)
        return held, False
    restored = _restore(strays, message, held)
    return restored.fields, restored.renamed


def _restore(strays: Strays, message: str, owner: Mapping[str, Any]) -> Restored:
    fields = find_fields(message)
    if owner.keys() <= fields.names:
        return Restored(owner, {}, renamed=False)
    restored = fields.restore(owner)
    strays.look_through(message, restored.strays, restored.strays)
    return restored


def _require_request(document: Any, signal: Signal) -> Mapping[str, Any]:
    if isinstance(document, dict) and signal.resources in document:
        return document
    wanted = f"Send an {signal.request}: an object with {signal.resources}."
    if isinstance(document, list):
        raise BadRequestError(f"The body is a JSON list, as Zipkin's is. {wanted}")
    if not isinstance(document, dict):
        raise BadRequestError(f"The body is no JSON object. {wanted}")
    names = [fold(name) for name in document]
    if not names or fold(signal.resources) in names:
        return document
    found = _list_names(set(_choose_names(document, _MOST_NAMED)))
    known = [_ELSEWHERE[name] for name in names if name in _ELSEWHERE]
    raise BadRequestError(
        " ".join([f"The body has no {signal.resources}, but {found}.", *known[:1], wanted])
    )


def _require_objects(owner: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """Give groups: where one cannot be read, nobody knows how many items that costs."""
    members = _require_list(owner, key)
    if not all(isinstance(member, dict) for member in members):
        raise BadRequestError(f"{key} holds something that is no object.")
    return members


def _require_list(owner: Mapping[str, Any], key: str) -> list[Any]:
    members = owner.get(key)
    if members is not None and not isinstance(members, list):
        raise BadRequestError(f"{key} is no list.")
    return members or []


def _choose_names(members: Mapping[str, Any], most: int) -> list[str]:
    """Give the first names; one that is no name may be anything, and is not repeated."""
    return [name for name in members if _NAMEABLE.fullmatch(name)][: max(most, 0)]


def _list_names(names: set[str]) -> str:
    return " and ".join(sorted(names)) or "members of other names"
