"""Puts a numbered marker into the texts of a recorded request, and knows where each stood. Pure.

A place is an attribute's key, with what holds it before it (``event exception.type``) and, where
its value is JSON, the way to a text within (``output.value:choices.finish_reason``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any, Final

from tests.functions.ingest.spans import to_any

MARKER: Final = "marker4711zebra"
_SERIES: Final = count()
"""Each marking's number: a database may hold what others have left in it."""
_UNKNOWN: Final = (
    "acme.note",
    "gen_ai.response.text",
    "gen_ai.response.tool_calls",
    "gen_ai.usage.note",
    "openai.response.text",
    "exception.message",
    "exception.stacktrace",
    "db.query.text",
    "http.request.header.x-note",
    "http.url",
    "url.full",
    "url.path",
    "url.query",
)
"""Attributes that no recorded library has, of which some look like those that are kept."""


class Marking:
    """Marks the texts whose place ``is_marked``; within JSON texts only where ``within``."""

    def __init__(self, is_marked: Callable[[str], bool], *, within: bool) -> None:
        self._is_marked = is_marked
        self._within = within
        self._numbers: dict[str, int] = {}
        self._marker = f"{MARKER}{next(_SERIES):03d}"

    @property
    def places(self) -> set[str]:
        """Where a marker was put."""
        return set(self._numbers)

    def find(self, text: str) -> set[str]:
        """Give the places whose marker stands in a text."""
        places = list(self._numbers)
        numbered = re.compile(self._marker + r"(\d{6})")
        return {places[int(found[1])] for found in numbered.finditer(text)}

    def mark_request(self, request: Any, trace_prefix: str) -> Any:
        """Give the request with its texts marked, under traces of its own."""
        for group in request["resourceSpans"]:
            resource = group.setdefault("resource", {})
            resource["attributes"] = [
                *self._mark_all(resource.get("attributes", ()), "resource "),
                *self._add("resource ", ("process.command_line", "acme.note")),
            ]
            for scope in group["scopeSpans"]:
                scope["scope"]["attributes"] = self._add("scope ", ("acme.note",))
                for span in scope["spans"]:
                    span["traceId"] = trace_prefix + span["traceId"][len(trace_prefix) :]
                    self._mark_span(span)
        return request

    def _mark_span(self, span: dict[str, Any]) -> None:
        span["attributes"] = [
            *self._mark_all(span.get("attributes", ())),
            *self._add("", _UNKNOWN),
        ]
        for event in span.setdefault("events", []):
            event["attributes"] = self._mark_all(event.get("attributes", ()), "event ")
        for place in filter(self._is_marked, ("status", "event", "link")):
            self._mark_beside(span, place)

    def _mark_beside(self, span: dict[str, Any], place: str) -> None:
        """Mark what is no attribute of the span's own."""
        text, attributes = self._put(place), self._add(f"{place} ", ("acme.note",))
        match place:
            case "status":
                span["status"] = {**span.get("status", {}), "message": text}
            case "event":
                time = span["endTimeUnixNano"]
                span["events"].append(
                    {"timeUnixNano": time, "name": text, "attributes": attributes}
                )
            case "link":
                ids = {"traceId": span["traceId"], "spanId": span["spanId"]}
                span["links"] = [{**ids, "traceState": f"a={text}", "attributes": attributes}]

    def _add(self, holder: str, keys: Iterable[str]) -> list[dict[str, Any]]:
        return [
            {"key": key, "value": to_any(self._put(holder + key))}
            for key in keys
            if self._is_marked(holder + key)
        ]

    def _mark_all(self, attributes: Iterable[Any], holder: str = "") -> list[dict[str, Any]]:
        return [
            {"key": each["key"], "value": self._mark_value(each["value"], holder + each["key"])}
            for each in attributes
        ]

    def _mark_value(self, value: Any, place: str) -> Any:
        """Mark the texts of an ``AnyValue``, in lists and maps as well."""
        match value:
            case {"stringValue": str(text)}:
                return {"stringValue": self._mark_text(text, place)}
            case {"arrayValue": {"values": list(items)}}:
                return {"arrayValue": {"values": [self._mark_value(each, place) for each in items]}}
            case {"kvlistValue": {"values": list(items)}}:
                return {"kvlistValue": {"values": self._mark_all(items, f"{place}.")}}
        return value

    def _mark_text(self, text: str, place: str) -> str:
        if self._within and text[:1] in tuple('[{"'):
            try:
                return json.dumps(self._mark_json(json.loads(text), place, ":"))
            except ValueError:
                pass
        return self._put(place) if self._is_marked(place) else text

    def _mark_json(self, value: Any, place: str, joint: str) -> Any:
        if isinstance(value, list):
            return [self._mark_json(item, place, joint) for item in value]
        if isinstance(value, dict):
            return {
                key: self._mark_json(item, f"{place}{joint}{key}", ".")
                for key, item in value.items()
            }
        return self._put(place) if isinstance(value, str) and self._is_marked(place) else value

    def _put(self, place: str) -> str:
        number = self._numbers.setdefault(place, len(self._numbers))
        return f"{self._marker}{number:06d}"
