"""From the fuzz's bytes to a request: a body in either encoding, or attributes of known names."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from tests.functions.ingest.spans import make_request
from trials.fuzz.oracle import judge_body

TEXTS: Final = (
    "chat",
    "openai",
    "gpt-4o-mini",
    "[]",
    "{}",
    '[{"role": "user", "parts": [{"type": "text", "content": "x"}]}]',
    '{"messages": [{"role": 5, "content": null}]}',
    '{"usage": {"input": -1, "output": 1e400}}',
    "[" * 900 + "]" * 900,
    '[{"role": "user", "parts": ' * 400 + "1" + "}]" * 400,
    "NaN",
    "\ud800",
    "a\0b",
)
_NUMBERS: Final = (0, 1, -1, 2**53, 2**63 - 1, -(2**63), 17)
_DOUBLES: Final = (0.0, -1.5, 1e308, 21.0)


def judge(data: bytes, words: Sequence[str]) -> None:
    """Judge what the bytes stand for; the first says what they are.

    Raises:
        AssertionError: if a row would cost its batch; whatever else is raised is a bug, too.
    """
    kind, body = data[:1], data[1:]
    if kind in {b"\0", b"\1"}:
        judge_body(kind[0], body)
    elif kind == b"\3":
        judge_body(0, json.dumps(_make_groups(iter(body))).encode())
    elif kind:
        judge_body(0, json.dumps(_make_request(body, words)).encode())


def _make_request(data: bytes, words: Sequence[str]) -> dict[str, Any]:
    """Make a span whose scope, attributes and events are spelt by the bytes, three a value."""
    draw = iter(data)
    span = {
        "traceId": "ab" * 16,
        "spanId": "cd" * 8,
        "status": {"code": next(draw, 0) % 4},
        "attributes": _make_attributes(draw, words, next(draw, 0) % 24),
        "events": [
            {"name": _choose_word(draw, words), "attributes": _make_attributes(draw, words, 3)}
            for _ in range(next(draw, 0) % 3)
        ],
    }
    return make_request(span, scope=_choose_word(draw, words))


_MEMBERS: Final = (
    *("resourceSpans", "resource_spans", "ResourceSpans", "scopeSpans", "scope_spans", "spans"),
    *(
        "instrumentationLibrarySpans",
        "resource",
        "scope",
        "Spans",
        "span",
        "batch",
        "data",
        "links",
    ),
)


def _make_groups(draw: Any, depth: int = 0) -> Any:
    """Make members and lists of any names within each other, with spans in them."""
    kind = next(draw, 0)
    if kind % 4 == 0 or depth > 5:
        ids = ("traceId", "spanId") if kind % 8 else ("trace_id", "span_id")
        return dict(zip(ids, ("ab" * 16, f"{kind:016x}"), strict=True))
    if kind % 4 == 1:
        return [_make_groups(draw, depth + 1) for _ in range(next(draw, 0) % 4)]
    names = [_MEMBERS[next(draw, 0) % len(_MEMBERS)] for _ in range(kind % 3 + 1)]
    return {name: _make_groups(draw, depth + 1) for name in names}


def _make_attributes(draw: Any, words: Sequence[str], count: int) -> list[dict[str, Any]]:
    return [
        {"key": _choose_word(draw, words), "value": _make_value(draw, words)} for _ in range(count)
    ]


def _choose_word(draw: Any, words: Sequence[str]) -> str:
    return words[(next(draw, 0) << 8 | next(draw, 0)) % len(words)]


def _make_value(draw: Any, words: Sequence[str], depth: int = 0) -> dict[str, Any]:
    number = next(draw, 0)
    kind, choice = number % 8, number // 8
    if kind < 3:
        return {"stringValue": TEXTS[choice % len(TEXTS)]}
    if kind == 3:
        return {"intValue": str(_NUMBERS[choice % len(_NUMBERS)])}
    if kind == 4:
        return {"doubleValue": _DOUBLES[choice % len(_DOUBLES)]}
    if kind == 5 or depth > 3:
        return {"boolValue": bool(choice % 2)}
    if kind == 6:
        values = [_make_value(draw, words, depth + 1) for _ in range(choice % 4)]
        return {"arrayValue": {"values": values}}
    pairs = [
        {"key": _choose_word(draw, words), "value": _make_value(draw, words, depth + 1)}
        for _ in range(choice % 4)
    ]
    return {"kvlistValue": {"values": pairs}}
