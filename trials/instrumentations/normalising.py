"""Makes what was recorded the same at every recording: ids, times, places. Pure.

Ids are numbered in the order they appear, times become one millisecond a step, both keep every
order and every reference. Texts lose what is of one run or one machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

_EPOCH_NS: Final = 1_793_491_200_000_000_000
"""2026-11-01; what is recorded begins here, when every tier has a price."""
_STEP_NS: Final = 1_000_000
_MOST_LINES: Final = 3
"""A text of more lines, where an error is told, holds a stack trace."""
TIMES: Final = frozenset({"startTimeUnixNano", "endTimeUnixNano", "timeUnixNano"})
_SPAN_IDS: Final = frozenset({"spanId", "parentSpanId"})
_KEPT_OF_RESOURCE: Final = re.compile(r"^(telemetry\.sdk\..*|service\.(name|instance\.id))$")
_MEASURED: Final = re.compile(r"time|duration|latency|PerSecond|msTo")
_NO_UUID: Final = "00000000-0000-0000-0000-000000000000"
_PROVIDER_ID: Final = re.compile(r"\b(chatcmpl-offline|[a-z_]+_offline|fc_|call_)([0-9a-f]{12,})\b")
_TRACE_NAME: Final = re.compile(r"\btr-([0-9a-f]{32})\b")
_REPLACED: Final = (
    (re.compile(r"\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d(\.\d+)?"), r"2026-11-01\g<1>00:00:00.000000"),
    (re.compile(r"\b1[7-9]\d{8}(\.\d+)?\b"), "1793491200"),
    (re.compile(r'([_-]ms\\*": \\*"?)\d+(\.\d+)?'), r"\g<1>250"),
    (re.compile(r'("duration\\*": )\d+\.\d+'), r"\g<1>0.25"),
    (re.compile(r"\bdatetime\(\d{4}(, \d+){2,6}"), "datetime(2026, 11, 1"),
    (re.compile(r"\btrace_[0-9a-f]{32}\b"), f"trace_{'0' * 32}"),
    (re.compile(r"\A[0-9a-f]{16}\Z"), "0" * 16),
    (re.compile(r"\b00-[0-9a-f]{32}-[0-9a-f]{16}(?=-\d\d\b)"), f"00-{'0' * 32}-{'0' * 16}"),
    (re.compile(r"\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT"), "Sun, 01 Nov 2026 00:00:00 GMT"),
    (re.compile(r"\btook \d+\.\d+s"), "took 0.25s"),
    (re.compile(r"127\.0\.0\.1:\d{4,5}"), "127.0.0.1:8080"),
    (re.compile(r"(file://)?/[^\s\"\\()]*/(?=(site-packages|node_modules|python3\.\d+)/)"), ""),
    (re.compile(r"\b0x[0-9a-f]{8,}\b"), "0x0"),
    (re.compile(r"(?<![0-9a-f])[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), _NO_UUID),
)
_FIXED: Final = {
    "server.port": {"intValue": "8080"},
    "net.peer.port": {"intValue": "8080"},
    "network.peer.port": {"intValue": "8080"},
    "thread.id": {"intValue": "1"},
    "gen_ai.server.time_to_first_token": {"intValue": "250"},
    "code.lineno": {"intValue": "1"},
    "code.line.number": {"intValue": "1"},
}
_PATHS: Final = frozenset({"code.filepath", "code.file.path", "service.name"})
"""Attributes that may hold a file's path: Laminar's service is named by the script that runs."""


class Numbering:
    """Gives each id it sees a number, in order, as long as the id was."""

    def __init__(self) -> None:
        self._numbers: dict[str, dict[str, int]] = {}

    def number(self, kind: str, id_: str) -> str:
        """Give the id's number as so many digits as it has; an empty id stays empty."""
        if not id_:
            return id_
        seen = self._numbers.setdefault(kind, {})
        return f"{seen.setdefault(id_, len(seen) + 1):0{len(id_)}d}"

    def clean(self, text: str) -> str:
        """Give a text without what is of one run or one machine."""
        text = _PROVIDER_ID.sub(lambda found: found[1] + self.number(found[1], found[2]), text)
        # MLflow's own name of a trace holds its id.
        text = _TRACE_NAME.sub(lambda found: "tr-" + self.number("trace", found[1]), text)
        for pattern, replacement in _REPLACED:
            text = pattern.sub(replacement, text)
        return text


def normalise_request(request: dict[str, Any], numbering: Numbering) -> dict[str, Any]:
    """Give an OTLP/JSON request as a fixture keeps it."""
    times = sorted({int(time) for time in _find_times(request)})
    ranks = {time: str(_EPOCH_NS + rank * _STEP_NS) for rank, time in enumerate(times)}
    cleaned: dict[str, Any] = _clean(request, "", ranks, numbering)
    for group in cleaned.get("resourceSpans", ()):
        resource = group.get("resource", {})
        resource["attributes"] = [
            attribute
            for attribute in resource.get("attributes", ())
            if _KEPT_OF_RESOURCE.match(attribute["key"])
        ]
    return cleaned


def clean_truth(served: dict[str, Any], numbering: Numbering) -> dict[str, Any]:
    """Give the truth about a request with its ids numbered as the spans' are."""
    cleaned: dict[str, Any] = _clean(served, "", {}, numbering)
    return cleaned


def _find_times(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _find_times(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in TIMES:
                yield item
            else:
                yield from _find_times(item)


def _clean(value: Any, key: str, ranks: dict[int, str], numbering: Numbering) -> Any:
    if key in TIMES:
        return ranks[int(value)]
    if key == "traceId":
        return numbering.number("trace", value)
    if key in _SPAN_IDS:
        return numbering.number("span", value)
    if isinstance(value, str):
        return numbering.clean(_cut(value) if key == "message" else value)
    if isinstance(value, list):
        return [_clean(item, "", ranks, numbering) for item in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("key"), str) and isinstance(value.get("value"), dict):
        value = value | {"value": _fix(value["key"], value["value"])}
    return {name: _clean(item, name, ranks, numbering) for name, item in value.items()}


def _cut(text: str) -> str:
    """Give a stack trace's first line, and Python's last, which names the error; else the text."""
    first, *rest = text.strip().splitlines() or [""]
    if len(rest) < _MOST_LINES:
        return text
    last = "" if rest[-1].startswith("    at ") else f"\n{rest[-1]}"
    return f"{first}\n  (cut){last}"


def _fix(key: str, value: dict[str, Any]) -> dict[str, Any]:
    """Give an attribute's value, or a fixed one where it is of one run or one machine."""
    if "doubleValue" in value and _MEASURED.search(key):
        return {"doubleValue": 0.25}
    if key in _FIXED:
        return _FIXED[key]
    text = value.get("stringValue")
    if isinstance(text, str) and key == "exception.stacktrace":
        return {"stringValue": _cut(text)}
    if isinstance(text, str) and key in _PATHS:
        return {"stringValue": text.rpartition("/")[2]}
    return value
