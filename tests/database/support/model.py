"""What a trace's summary is and which spans count, computed in Python from the spans."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
_HOUR = 3600 * 10**9
_TOKENS = ("input_tokens", "output_tokens")
_STEPS = 32
_OWN_ACCOUNT = {
    *("gen_ai.tool.name", "gen_ai.tool.call.id", "gen_ai.agent.name", "gen_ai.agent.id"),
    "mcp.method.name",
}
Pair = Callable[[Row, Row], bool]


def find_counted(spans: Sequence[Row]) -> set[tuple[str, str]]:
    """Give trace and span id of those of a tenant's spans that stand for a call each."""
    return {(span["trace_id"], span["span_id"]) for span in _count(spans)}


def find_duplicates(spans: Sequence[Row]) -> set[tuple[str, str]]:
    """Give trace and span id of those that count and may be another's wrapper."""
    calls = [span for span in spans if span["countable"]]
    is_below = _look_up(spans)
    return {
        (span["trace_id"], span["span_id"])
        for span in _count(spans)
        if any(_is_doubtful(call, span, is_below) for call in calls)
    }


def _is_doubtful(call: Row, span: Row, is_below: Pair) -> bool:
    if _resembles(call, span) and not _is_proven(call, span):
        return True
    return is_below(call, span) and _retells(span, call) and not _is_proven_below(call, span)


def _count(spans: Sequence[Row]) -> list[Row]:
    calls = [span for span in spans if span["countable"]]
    alone = [span for span in calls if not any(_wraps(span, other) for other in calls)]
    hollow = [max(each, key=_age) for parent in calls if (each := _find_hollow(parent, calls))]
    standing = [
        span
        for span in alone
        if span not in hollow and not any(_is_better(other, span) for other in alone)
    ]
    is_below = _look_up(spans)
    for opened in (True, False):
        enclosing = _match(standing, opened, is_below)
        standing = [span for span in standing if span not in enclosing]
    return standing


def _match(standing: Sequence[Row], opened: bool, is_below: Pair) -> list[Row]:
    """Give those that enclose a call each: the last ones, as many as there are pairs at once."""
    inside = {
        place: [
            number
            for number, call in enumerate(standing)
            if (call["instrumentation"] == span["instrumentation"]) == opened
            and _is_pair(call, span, is_below)
        ]
        for place, span in enumerate(standing)
    }
    order = sorted(inside, key=lambda place: _order(standing[place]))
    owners: dict[int, int] = {}
    return [standing[place] for place in order if _take(place, inside, owners, set())]


def _is_pair(call: Row, span: Row, is_below: Pair) -> bool:
    if _resembles(call, span) and _is_proven(call, span):
        return True
    return is_below(call, span) and _retells(span, call) and _is_proven_below(call, span)


def _take(
    place: int, inside: dict[int, list[int]], owners: dict[int, int], asked: set[int]
) -> bool:
    for call in inside[place]:
        if call not in asked:
            asked.add(call)
            if call not in owners or _take(owners[call], inside, owners, asked):
                owners[call] = place
                return True
    return False


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
        "models": sorted({name for span in calls if (name := _name_model(span))}),
        "error_types": sorted(
            {
                each["error_type"]
                for each in spans
                if each["status"] == "error" and each["error_type"]
            }
        ),
        "operations": sorted({span["operation"] for span in spans if span["operation"]}),
    }


def _wraps(span: Row, other: Row) -> bool:
    same_response = span["response_id"] is not None and span["response_id"] == other["response_id"]
    return (
        other["trace_id"] == span["trace_id"]
        and other["parent_span_id"] == span["span_id"] != other["span_id"]
        and (
            span["model"] in {None, other["model"]}
            or _asks_the_same(span, other)
            or _spells_otherwise(span, other)
        )
        and not same_response
        and not _is_in_vain(other, span)
        and not _is_hollow(other, span)
    )


def _is_in_vain(child: Row, span: Row) -> bool:
    """Whether a child failed without usage, and its parent was answered with some."""
    answered = span["status"] != "error" and span["usage_status"] == "reported"
    failed = child["status"] == "error" and child["usage_status"] != "reported"
    return bool(answered and failed)


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


def _asks_the_same(span: Row, other: Row) -> bool:
    """Whether two instrumentations tell of the same requested model, whatever answered."""
    makers = {span["instrumentation"], other["instrumentation"]}
    asked = {span["request_model"], other["request_model"]}
    return None not in makers | asked and (len(makers), len(asked)) == (2, 1)


def _find_hollow(span: Row, calls: Sequence[Row]) -> list[Row]:
    return [each for each in calls if each["status"] != "error" and _is_hollow(each, span)]


def _resembles(call: Row, span: Row) -> bool:
    """Whether a span without a response id may be what another instrumentation tells of a call."""
    if span["response_id"] is not None or None in (
        call["instrumentation"],
        span["instrumentation"],
    ):
        return False
    same = ("service_name", "environment", "request_model")
    if span["request_model"] is None or any(call[name] != span[name] for name in same):
        return False
    if _are_apart(call, span):
        return False
    if call["instrumentation"] == span["instrumentation"]:
        return _opens(span, call)
    agree: bool = (call["status"] == "error") == (span["status"] == "error")
    return agree and _nests(span, call)


def _look_up(spans: Sequence[Row]) -> Pair:
    """Give whether one span is below another, through none but transparent spans and calls."""
    rows = {(span["trace_id"], span["span_id"]): span for span in spans}
    above = {place: _climb(place, rows) for place in rows}
    return lambda call, span: (
        call["trace_id"] == span["trace_id"]
        and span["span_id"] in above[call["trace_id"], call["span_id"]]
    )


def _climb(place: tuple[str, str], rows: dict[tuple[str, str], Row]) -> list[str]:
    """Give the ids of a span's ancestors, none where it is its own."""
    trace, up = place[0], rows[place]["parent_span_id"]
    found: list[str] = []
    while up is not None and len(found) < 2 * _STEPS:
        span = rows.get((trace, up))
        if up == place[1]:
            return []
        if span is None or not (span["countable"] or _is_transparent(span)):
            break
        found.append(up)
        up = span["parent_span_id"]
    return found[:_STEPS]


def _is_transparent(span: Row) -> bool:
    """Whether nothing tells of a call, an agent, a tool or another operation."""
    told = any(span[name] for name in ("countable", "operation", "agent_name", "tool_name"))
    return not told and _OWN_ACCOUNT.isdisjoint(span["attributes"])


def _retells(span: Row, call: Row) -> bool:
    """Whether a span without a response id may tell of a call that is known to be below it."""
    makers = {span["instrumentation"], call["instrumentation"]}
    if span["response_id"] is not None or None in makers or len(makers) == 1:
        return False
    last = min(span["end_ns"], span["start_ns"] + _HOUR) + 10**9
    if not span["start_ns"] - 10**9 <= call["start_ns"] <= last:
        return False
    if (call["status"] == "error") != (span["status"] == "error"):
        return False
    if "reported" == call["usage_status"] == span["usage_status"]:
        return all(call[name] == span[name] for name in _TOKENS)
    return _names_alike(span, call)


def _is_proven_below(call: Row, span: Row) -> bool:
    """Whether a call that a span above it may tell of has its model, and all it knows of tokens."""
    known = [each["usage_status"] == "reported" for each in (span, call)]
    if known == [True, False]:
        return False
    return _names_alike(span, call) or _spells_otherwise(span, call)


def _spells_otherwise(span: Row, call: Row) -> bool:
    """Whether two of the same tokens name one model, one with a date or a place besides."""
    if not ("reported" == call["usage_status"] == span["usage_status"]):
        return False
    if None in (span["model"], call["model"]) or any(call[name] != span[name] for name in _TOKENS):
        return False
    longer, shorter = sorted((call["model"], span["model"]), key=len, reverse=True)
    places = tuple(mark + shorter for mark in "/:.")
    return bool(longer.startswith(shorter + "-20") or longer.endswith(places))


def _names_alike(span: Row, call: Row) -> bool:
    return any(
        call[name] is not None and call[name] == span[name] for name in ("request_model", "model")
    )


def _opens(span: Row, log: Row) -> bool:
    """Whether a log may be of the stream that a span of the same instrumentation opened."""
    opening: bool = (
        span["streamed"] and span["usage_status"] != "reported" and span["status"] != "error"
    )
    if not (opening and log["streamed"] and span["instrumentation"].startswith("logfire.")):
        return False
    beside = ("parent_span_id", "input_length", *(["trace_id"] if span["parent_span_id"] else []))
    follows: bool = span["start_ns"] < span["end_ns"] <= log["start_ns"] == log["end_ns"]
    near: bool = log["start_ns"] - span["start_ns"] <= _HOUR // 6
    return follows and near and all(span[name] == log[name] for name in beside)


def _nests(span: Row, call: Row) -> bool:
    known = "reported" == call["usage_status"] == span["usage_status"]
    if known and any(call[name] != span[name] for name in _TOKENS):
        return False
    before, after = call["start_ns"] - span["start_ns"], span["end_ns"] - call["end_ns"]
    if not (0 <= before <= _HOUR and (after >= 0 or (before > 0 and _begins_inside(call, span)))):
        return False
    return before > 0 or after > 0 or call["response_id"] is not None or _merit(call) > _merit(span)


def _is_proven(call: Row, span: Row) -> bool:
    """Whether two that resemble each other are of one process and know the same of their tokens."""
    opened: bool = call["instrumentation"] == span["instrumentation"]
    if opened and span["parent_span_id"] is not None:
        return True
    if not {*(call["process_keys"] or ())} & {*(span["process_keys"] or ())}:
        return False
    if (call["usage_status"] == "reported") != (span["usage_status"] == "reported"):
        return opened
    return opened or all(call[name] == span[name] for name in _TOKENS)


def _are_apart(call: Row, span: Row) -> bool:
    """Whether two spans name their processes in a way that both know, and never the same."""
    one, other = ({*(each["process_keys"] or ())} for each in (call, span))
    kinds = ({key.split(":")[0] for key in keys} for keys in (one, other))
    return (not one & other and bool(set.intersection(*kinds))) or _are_contained_apart(one, other)


def _are_contained_apart(*processes: set[str]) -> bool:
    """Whether both are in containers, and in no common one, whatever host they share."""
    one, other = ({key for key in keys if key.startswith("container:")} for keys in processes)
    return bool(one and other and not one & other)


def _begins_inside(call: Row, span: Row) -> bool:
    """Whether a call's first part came before the one with which a stream's span ends."""
    first, last = call["time_to_first_token_ms"], span["time_to_first_token_ms"]
    if not span["streamed"] or first is None or last is None:
        return False
    cut_off: bool = last >= (span["end_ns"] - span["start_ns"]) / 10**6
    inside: bool = (call["start_ns"] - span["start_ns"]) / 10**6 + first <= last
    return cut_off and inside


def _merit(span: Row) -> tuple[bool, bool, int, str, str]:
    reported, tiered = span["usage_status"] == "reported", span["service_tier"] is not None
    return reported, tiered, span["start_ns"], span["span_id"], span["trace_id"]


def _age(span: Row) -> tuple[int, str]:
    return span["start_ns"], span["span_id"]


def _order(span: Row) -> tuple[int, int, str, str]:
    return -span["start_ns"], span["end_ns"], span["span_id"], span["trace_id"]


def _name_model(span: Mapping[str, Any]) -> str | None:
    """Give the name of a call's model that sums tell it by."""
    name: str | None = span["canonical_model"] or span["request_model"] or span["model"]
    return name


def _known(total: Callable[[Iterable[Any]], Any], values: Iterable[Any]) -> Decimal | int | None:
    known = [value for value in values if value is not None]
    return total(known) if known else None
