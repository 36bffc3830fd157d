"""One span as both encodings bring it to: checked, bounded, and what was repaired is told."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any, Final, NamedTuple, TypeVar

from functions.common.errors import BodyTooLargeError
from functions.ingest.limits import (
    MOST_ATTRIBUTES,
    MOST_DEPTH,
    MOST_EVENTS,
    MOST_ITEMS,
    MOST_KEY,
    MOST_LINKS,
    MOST_SPANS,
    MOST_TEXT,
    SMALLER,
)
from functions.ingest.rejections import UnacceptableSpanError
from llm_observe import semconv
from llm_observe.dialects import SourceEvent, SourceSpan
from llm_observe.privacy.work import WorkBudget
from llm_observe.records import Kind, Status, clean_text
from llm_observe.semconv import Repair
from llm_observe.times import order_times, scale_ns

_KINDS: Final[tuple[Kind, ...]] = (
    "internal",
    "internal",
    "server",
    "client",
    "producer",
    "consumer",
)
"""By ``SpanKind``'s number; unspecified counts as internal, as the specification says."""
_STATUSES: Final[tuple[Status, ...]] = ("unset", "ok", "error")
_MOST_INTEGER: Final = 2**63
_TRACE_DIGITS: Final = 32
_SPAN_DIGITS: Final = 16

KNOWN_KEYS: Final[dict[str, str]] = {}
"""Keys that need no cleaning, each one object for all spans, which whoever looks for it later finds
by itself: 3 µs less a span. As many as there is room for, since senders choose them."""
_MOST_KNOWN: Final = 4096
_LONGEST_KNOWN: Final = 128

T = TypeVar("T")


class Scope(NamedTuple):
    """The instrumentation that made a span; its version is empty where it told none."""

    name: str
    version: str


class Values:
    """Attribute values of one span: what is odd in them is made storable, and noted."""

    __slots__ = ("_left", "_work", "pairs", "repairs")

    def __init__(self, work: WorkBudget, repairs: Iterable[Repair] = ()) -> None:
        """Begin with the repairs of what the span shares with others: its resource and scope.

        ``work`` is what may be read of values in others, in all of the request.
        """
        self._work = work
        self.repairs: set[Repair] = set(repairs)
        self.pairs = 0
        self._left = MOST_ITEMS

    def clean_text(self, text: str | bytes) -> str:
        """Give a text without NUL and lone surrogates, of 1,000,000 characters at most.

        Bytes are a text which may be no UTF-8.
        """
        if isinstance(text, bytes):
            text = text.decode("utf-8", "surrogateescape")
        # A span has forty texts, nearly all plain: most of what cleaning them costs is calls.
        if text.isascii() and "\x00" not in text and len(text) <= MOST_TEXT:
            return text
        if len(text) > MOST_TEXT:
            self.repairs.add("value_cut")
            text = text[:MOST_TEXT]
        cleaned = clean_text(text, MOST_TEXT)
        if cleaned != text:
            self.repairs.add("text_cleaned")
        return cleaned

    def clean_key(self, key: str | bytes) -> str:
        """Give a key as ``clean_text`` does, and know it from then on."""
        cleaned = self.clean_text(key)
        if cleaned == key and len(key) <= _LONGEST_KNOWN and len(KNOWN_KEYS) < _MOST_KNOWN:
            KNOWN_KEYS[cleaned] = cleaned
        return cleaned

    def check_integer(self, number: int) -> int | str:
        """Give an integer, as text where no 64 bits hold it."""
        if -_MOST_INTEGER <= number < _MOST_INTEGER:
            return number
        self.repairs.add("number_as_text")
        return str(number) if number.bit_length() < MOST_KEY else "out of range"

    def check_double(self, number: float) -> float | str:
        """Give a number, as text where JSON has none for it."""
        if math.isfinite(number):
            return number
        self.repairs.add("number_as_text")
        return str(number)

    def may_descend(self, depth: int) -> bool:
        """Whether one more value may be read, so deep in others."""
        self._left -= 1
        if self._left >= 0 and depth <= MOST_DEPTH:
            return True
        self.repairs.add("value_dropped")
        return False

    def take_items(self, items: Collection[T], depth: int) -> Iterator[T]:
        """Give a value's items up to the first that may not be read: then none after it may."""
        if not self._work.take_values(min(len(items), self._left)):
            self.repairs.add("value_dropped")
            return iter(())
        return takewhile(lambda _: self.may_descend(depth), items)

    def bound_attributes(self, attributes: dict[str, Any], sent: int) -> dict[str, Any]:
        """Give the attributes that were read of those ``sent``, less those of too long a key."""
        self.pairs += min(sent, MOST_ATTRIBUTES)
        if max(map(len, attributes), default=0) > MOST_KEY:
            attributes = {key: value for key, value in attributes.items() if len(key) <= MOST_KEY}
        if len(attributes) < sent:
            self.repairs.add("attributes_dropped")
        return attributes

    def scale_time(self, time: int) -> int:
        """Give an event's time in nanoseconds, whatever unit it came in."""
        if (nanoseconds := scale_ns(time)) != time:
            self.repairs.add("time_unit_changed")
        return nanoseconds

    def take_events(self, events: Sequence[T]) -> Sequence[T]:
        """Give the first 512 events."""
        return self._take_first(events, MOST_EVENTS, "events_dropped")

    def take_links(self, links: Sequence[T]) -> Sequence[T]:
        """Give the first 32 links."""
        return self._take_first(links, MOST_LINKS, "links_dropped")

    def _take_first(self, items: Sequence[T], most: int, repair: Repair) -> Sequence[T]:
        if len(items) > most:
            self.repairs.add(repair)
        return items[:most]


def check_count(number: int, what: str, most: int = MOST_SPANS) -> None:
    """Refuse a request of too many spans, of groups of these, or of attributes.

    Raises:
        BodyTooLargeError: if there are more.
    """
    if number > most:
        raise BodyTooLargeError(f"A request has at most {most:,} {what}. {SMALLER}")


def describe_links(links: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Give the spans that a span is linked to, as ``trace_id/span_id``; other ids are none."""
    if not links:
        return {}
    named = [
        f"{trace_id}/{span_id}"
        for trace_id, span_id in links
        if (len(trace_id), len(span_id)) == (_TRACE_DIGITS, _SPAN_DIGITS)
    ]
    return {semconv.LINKS: named} if named else {}


def build_span(  # noqa: PLR0913  # a span has that many parts
    *,
    values: Values,
    trace_id: str,
    span_id: str,
    parent_span_id: str,
    name: str | bytes,
    kind: int,
    start_ns: int,
    end_ns: int,
    status: int,
    description: str | bytes,
    scope: Scope,
    attributes: Mapping[str, Any],
    resource: Mapping[str, Any],
    events: Iterable[SourceEvent],
    notes: Mapping[str, Any],
) -> SourceSpan:
    """Check the parts that a row cannot do without and give the span.

    Raises:
        UnacceptableSpanError: without a usable trace and span id.
    """
    _require_id(trace_id, _TRACE_DIGITS, "trace_id")
    _require_id(span_id, _SPAN_DIGITS, "span_id")
    start, end, changes = order_times(start_ns, end_ns)
    values.repairs.update(changes)
    return SourceSpan(
        trace_id=trace_id,
        span_id=span_id,
        parent_span_id=_read_parent(values, parent_span_id),
        name=values.clean_text(name),
        kind=_choose(values, _KINDS, kind),
        start_ns=start,
        end_ns=end,
        status=_choose(values, _STATUSES, status),
        description=values.clean_text(description) or None,
        scope=scope.name,
        scope_version=scope.version,
        attributes=attributes,
        resource=resource,
        events=tuple(events),
        repairs=tuple(sorted(values.repairs)) if values.repairs else (),
        notes=notes,
    )


def _choose(values: Values, names: Sequence[T], number: int) -> T:
    """Give an enum's name; a number that has none counts as the first, unspecified."""
    if 0 <= number < len(names):
        return names[number]
    values.repairs.add("field_dropped")
    return names[0]


def _require_id(hexadecimal: str, digits: int, name: str) -> None:
    if len(hexadecimal) != digits or not hexadecimal.strip("0"):
        raise UnacceptableSpanError(
            f"{name} is not {digits // 2} bytes with at least one that is not zero."
        )


def _read_parent(values: Values, parent: str) -> str | None:
    if not parent.strip("0"):
        return None
    if len(parent) != _SPAN_DIGITS:
        values.repairs.add("parent_dropped")
        return None
    return parent
