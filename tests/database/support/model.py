"""What a trace's summary is and which spans count, computed in Python from the spans."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
_HOUR = 3600 * 10**9


def find_counted(spans: Sequence[Row]) -> set[tuple[str, str]]:
    """Give trace and span id of those of a tenant's spans that stand for a call each."""
    calls = [span for span in spans if span["countable"]]
    alone = [span for span in calls if not any(_wraps(span, other) for other in calls)]
    hollow = [
        span
        for span in calls
        if span["status"] != "error" and any(_is_hollow(span, other) for other in calls)
    ]
    counted = (
        span
        for span in alone
        if span not in hollow and not any(_is_better(x, span) or _is_inside(x, span) for x in alone)
    )
    return {(span["trace_id"], span["span_id"]) for span in counted}


def summarize(spans: Sequence[Row]) -> Row:
    """Give the summary of one trace, as far as the model goes."""
    calls = [span for span in spans if span["counted"]]
    roots = sorted(
        (span["start_ns"], span["span_id"]) for span in spans if span["parent_span_id"] is None
    )
    answered = [span for span in calls if span["status"] != "error"]
    measured = [span for span in answered if span["total_tokens"] is not None]
    return {
        "root_span_id": roots[0][1] if roots else None,
        "start_ns": min(span["start_ns"] for span in spans),
        "end_ns": max(span["end_ns"] for span in spans),
        "span_count": len(spans),
        "error_count": sum(span["status"] == "error" for span in spans),
        "requests": len(calls),
        "unpriced_requests": sum(span["cost_usd"] is None for span in measured),
        "unmeasured_requests": len(answered) - len(measured),
        "total_tokens": _known(sum, (span["total_tokens"] for span in calls)),
        "input_tokens": _known(sum, (span["input_tokens"] for span in calls)),
        "total_cost_usd": _known(sum, (span["cost_usd"] for span in calls)),
        "models": sorted({span["model"] for span in calls if span["model"]}),
        "operations": sorted({span["operation"] for span in spans if span["operation"]}),
    }


def _wraps(span: Row, other: Row) -> bool:
    same_response = span["response_id"] is not None and span["response_id"] == other["response_id"]
    return (
        other["trace_id"] == span["trace_id"]
        and other["parent_span_id"] == span["span_id"] != other["span_id"]
        and span["model"] in {None, other["model"]}
        and not same_response
        and not _is_hollow(other, span)
    )


def _is_hollow(child: Row, span: Row) -> bool:
    """Whether a child of another instrumentation tells nothing of the answer its parent tells."""
    told = span["response_id"] is not None and span["usage_status"] == "reported"
    silent = child["response_id"] is None and child["usage_status"] != "reported"
    models = {span["request_model"], child["request_model"]} - {None}
    return (
        told
        and silent
        and child["trace_id"] == span["trace_id"]
        and child["parent_span_id"] == span["span_id"] != child["span_id"]
        and None not in (child["instrumentation"], span["instrumentation"])
        and child["instrumentation"] != span["instrumentation"]
        and child["operation"] is not None
        and child["operation"] == span["operation"]
        and len(models) < 2
    )


def _is_better(span: Row, other: Row) -> bool:
    if span["response_id"] is None or span["response_id"] != other["response_id"]:
        return False
    near = abs(span["start_ns"] - other["start_ns"]) <= _HOUR
    return near and _merit(span) > _merit(other)


def _is_inside(call: Row, span: Row) -> bool:
    """Whether a call is what a span of another instrumentation, without a response id, repeats."""
    if span["response_id"] is not None or None in (
        call["instrumentation"],
        span["instrumentation"],
    ):
        return False
    if call["instrumentation"] == span["instrumentation"] or span["request_model"] is None:
        return False
    same = ("service_name", "environment", "request_model")
    tokens = ("input_tokens", "output_tokens") if span["usage_status"] == "reported" else ()
    if any(call[name] != span[name] for name in (*same, *tokens)):
        return False
    before, after = call["start_ns"] - span["start_ns"], span["end_ns"] - call["end_ns"]
    if not (0 <= before <= _HOUR and (after >= 0 or (before > 0 and _begins_inside(call, span)))):
        return False
    return before > 0 or after > 0 or call["response_id"] is not None or _merit(call) > _merit(span)


def _begins_inside(call: Row, span: Row) -> bool:
    """Whether a call's first part came before the one with which a stream's span ends."""
    first, last = call["time_to_first_token_ms"], span["time_to_first_token_ms"]
    if not span["streamed"] or first is None or last is None:
        return False
    cut_off: bool = last >= (span["end_ns"] - span["start_ns"]) / 10**6
    inside: bool = (call["start_ns"] - span["start_ns"]) / 10**6 + first <= last
    return cut_off and inside


def _merit(span: Row) -> tuple[bool, int, str, str]:
    reported = span["usage_status"] == "reported"
    return reported, span["start_ns"], span["span_id"], span["trace_id"]


def _known(total: Callable[[Iterable[Any]], Any], values: Iterable[Any]) -> Decimal | int | None:
    known = [value for value in values if value is not None]
    return total(known) if known else None
