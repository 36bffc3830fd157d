"""Lists without a filter: the newest of all, the dearest and the slowest of a week."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from trials.bench.reads.questions import View

NEWEST_MS: Final = 5.0
SORTED_MS: Final = 20.0
_IDS: Final = {"spans": ("trace_id", "span_id"), "traces": ("trace_id",)}
_WEEK: Final = "%(window_end)s::timestamptz - interval '7 days'"
_MEASURES: Final = {
    ("spans", "-cost"): "cost_usd::double precision",
    ("spans", "-duration"): "duration_ms",
    ("traces", "-cost"): "(sum(cost_usd) filter (where counted))::double precision",
    ("traces", "-duration"): "max(end_ns) - min(start_ns)",
}
"""The values that lists are sorted by, as raw rows have them."""


def list_orders() -> Iterator[View]:
    """List the questions to ``list_spans`` and ``list_traces`` that name no value."""
    for kind in _IDS:
        yield View(
            f"newest 50 of {kind}",
            _ask(kind, "'most', 51"),
            f"{_tell(kind, 'true')} order by {_newest(kind)} limit 51",
            NEWEST_MS,
        )
    for (kind, sort), measure in _MEASURES.items():
        word = "dearest" if sort == "-cost" else "slowest"
        since = "jsonb_build_object('field', 'started', 'op', 'ge', 'values', jsonb_build_array("
        yield View(
            f"20 {word} {kind} of 7 days",
            _ask(
                kind,
                f"'most', 21, 'sort', '{sort}', 'filters', jsonb_build_array({since}{_WEEK})))",
            ),
            f"{_tell(kind, _WEEK)} order by {measure} desc nulls last, {_newest(kind)} limit 21",
            SORTED_MS,
        )


def _ask(kind: str, asked: str) -> str:
    shown = ", ".join(f"'{name}'" for name in _IDS[kind])
    columns = ", ".join(f"{name} text" for name in _IDS[kind])
    return (
        f"select * from json_to_recordset(public.list_{kind}(jsonb_build_object("
        f"'shown', jsonb_build_array({shown}), {asked}))) as r({columns})"
    )


def _tell(kind: str, since: str) -> str:
    started = "start_time" if kind == "spans" else "min(start_time)"
    kept = "true" if since == "true" else f"{started} >= {since}"
    if kind == "spans":
        return f"select trace_id, span_id from raw_spans where misdated is null and {kept}"
    return f"select trace_id from raw_spans group by 1 having {kept}"


def _newest(kind: str) -> str:
    if kind == "spans":
        return "start_time desc, trace_id desc, span_id desc"
    return "min(start_time) desc, trace_id desc"
