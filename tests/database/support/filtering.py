"""The rows that a filter keeps, told by plain Python over stored spans: another reading of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from unicodedata import category

from infra.local.throwaway import Database
from tests.database.support.callers import read_as_owner

Row = Mapping[str, Any]
Tree = dict[str, Any]
Trace = Sequence[Row]
_SECONDS = {
    "ns": "1e-9",
    "us": "1e-6",
    "ms": "0.001",
    "s": "1",
    "m": "60",
    "h": "3600",
    "d": "86400",
}
_NAMED_ALIKE = {
    **{
        name: name for name in ("environment", "release", "operation", "provider", "name", "status")
    },
    **{name: name for name in ("usage_uncounted", "unknown_because", "misdated", "streamed")},
    **{name: name for name in ("input_tokens", "output_tokens", "counted", "possible_duplicate")},
    **{name: name for name in ("cache_read_tokens", "reasoning_tokens")},
    "service": "service_name",
    "agent": "agent_name",
    "content": "with_content",
    "tool": "tool_name",
    "api_key": "api_key_id",
    "input_digest": "input_digest",
    "trace": "trace_id",
    "span": "span_id",
    "served_model": "model",
    "started": "start_time",
    "cost": "cost_usd",
    "tokens": "total_tokens",
    "duration": "duration_ms",
    "ttft": "time_to_first_token_ms",
}
_SUMS = {"cost": "cost_usd", "tokens": "total_tokens"} | {
    name: name for name in ("input_tokens", "output_tokens")
}
_COUNTED_ALONE = {"model", "provider"}
_COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "lt": lambda told, asked: bool(told < asked),
    "le": lambda told, asked: bool(told <= asked),
    "gt": lambda told, asked: bool(told > asked),
    "ge": lambda told, asked: bool(told >= asked),
}


class Traces(dict[str, list[Row]]):
    """Spans by their trace's id; short where a failing example is printed."""

    def __repr__(self) -> str:
        return f"{len(self)} traces"


def read_traces(database: Database, tenant: str) -> Traces:
    """Give the stored spans of a tenant, each with its content, by trace."""
    query = """select s.*, c.input, c.output, c.input is not null as with_content
      from public.spans s
      left join public.span_contents c using (tenant_id, trace_id, span_id, start_time)
      where tenant_id = %s"""
    by_trace = Traces()
    for row in read_as_owner(database, query, [tenant]):
        by_trace.setdefault(row["trace_id"], []).append(row)
    return by_trace


def keeps(tree: Tree, is_so: Callable[[Tree], bool]) -> bool:
    """Whether a tree keeps a row of which ``is_so`` says what each term asks."""
    match tree:
        case {"and": members}:
            return all(keeps(member, is_so) for member in members)
        case {"or": members}:
            return any(keeps(member, is_so) for member in members)
        case {"not": member}:
            return not keeps(member, is_so)
        case {"field": _}:
            return is_so(tree)
    return True


def keeps_span(tree: Tree, span: Row, trace: Trace) -> bool:
    """Whether a filter keeps a span of a trace."""
    return keeps(tree, lambda term: _fits(term, _tell_span(term["field"], span, trace)))


def keeps_trace(tree: Tree, trace: Trace) -> bool:
    """Whether a filter keeps a trace with these spans."""

    def is_so(term: Tree) -> bool:
        told = _tell_trace(term["field"], trace)
        return any(_fits(term, each) for each in told)

    return keeps(tree, is_so)


def names(tree: Tree, fields: set[str]) -> bool:
    """Whether a tree has a term of one of these fields."""
    members = tree.get("and", tree.get("or", [tree["not"]] if "not" in tree else []))
    return tree.get("field") in fields or any(names(member, fields) for member in members)


def _fits(term: Tree, told: Any) -> bool:
    if told is None or told is False:
        return False
    asked = [_read(term["field"], value) for value in term.get("values", [])]
    match term["op"]:
        case "has" | "is":
            return True
        case "in":
            return told in asked
        case "matches":
            return any(all(_says(piece, texts) for piece in asked[0].split()) for texts in told)
        case "phrase":
            return any(_says(asked[0], texts) for texts in told)
    return _COMPARED[term["op"]](told, asked[0])


def _read(field: str, value: str) -> Any:
    if field == "started":
        moment = datetime.fromisoformat(value)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if field in ("duration", "ttft"):
        digits = value.rstrip("nusmhd")
        return float(Decimal(digits) * Decimal(_SECONDS[value[len(digits) :]]) * 1000)
    if field == "cost" or field.endswith("tokens") or field in ("calls", "spans", "errors"):
        return Decimal(value)
    return value


def _tell_span(field: str, span: Row, trace: Trace) -> Any:
    """Give what a span tells of a field; None where it tells nothing."""
    if field in ("user", "session", "customer"):
        told = span[f"{field}_id"] or _attribute(f"{field}_id", trace)
        chained = field == "session" and (span["chained_session_id"] or _chain(trace))
        return told or chained or None
    if field in _NAMED_ALIKE:
        return span[_NAMED_ALIKE[field]]
    if field.startswith("tag:") or field == "feature":
        return (span["tags"] or {}).get(field.removeprefix("tag:"))
    if field in _FLAGS:
        return _FLAGS[field](span)
    match field:
        case "model":
            return span["canonical_model"] or span["request_model"] or span["model"]
        case "prompt":
            version = span["prompt_version"]
            return span["prompt_name"] and span["prompt_name"] + (f"@{version}" if version else "")
        case "error_type":
            return (span["error_type"] or "_OTHER") if span["status"] == "error" else None
        case "text":
            return _list_texts(span)
    raise AssertionError(field)


def _list_texts(span: Row) -> list[list[str]]:
    """Give the texts in which one search may find all its words: names, and all with content."""
    names = [span[name] for name in ("name", "agent_name", "tool_name") if span[name]]
    told = [*names, span["status_message"], *(span["tags"] or {}).values(), span["attributes"]]
    said = [*_read_texts([span["input"], span["output"]]), *_read_texts(told)]
    lines = [line for name in names for line in name.split("\n")]
    return [lines, said] if span["with_content"] else [lines]


def _read_texts(told: Any) -> list[str]:
    match told:
        case str():
            return [told]
        case list():
            return [text for each in told for text in _read_texts(each)]
        case dict():
            return [
                text
                for key, each in told.items()
                if key not in ("role", "type")
                for text in _read_texts(each)
            ]
    return []


def _says(asked: str, texts: Sequence[str]) -> bool:
    """Whether one of the texts has these words in a row; signs are no part of words."""
    wanted = _split(asked)
    return not wanted or any(
        wanted == said[place : place + len(wanted)]
        for said in map(_split, texts)
        for place in range(len(said))
    )


def _split(text: str) -> list[str]:
    spelled = ""
    for sign in text.lower():
        # A Han character is a word.
        alone = "\u4e00" <= sign <= "\u9fff"
        spelled += f" {sign} " if alone else " " if category(sign)[0] in "PSZC" else sign
    return spelled.split()


def _is_summed(span: Row) -> bool:
    """Whether a span is in the sums: a call, what failed, and what is told as an operation."""
    is_step = not span["countable"] and span["operation"] is not None
    return not span["misdated"] and bool(span["counted"] or span["status"] == "error" or is_step)


def _find_lack(span: Row) -> str | None:
    """Say what is not known of an answered call."""
    if not span["counted"] or span["status"] == "error":
        return None
    if span["total_tokens"] is None:
        return "unmeasured"
    return "unpriced" if span["cost_usd"] is None else None


_FLAGS: Mapping[str, Callable[[Row], bool]] = {
    "failed": lambda span: bool(span["status"] == "error"),
    "summed": _is_summed,
    "unpriced": lambda span: _find_lack(span) == "unpriced",
    "unmeasured": lambda span: _find_lack(span) == "unmeasured",
}


def _tell_trace(field: str, trace: Trace) -> list[Any]:
    """Give what a trace tells of a field itself, or what each of its spans does."""
    dated = [span for span in trace if span["misdated"] is None] or trace
    calls = [span for span in trace if span["counted"]]
    failed = [span for span in trace if span["status"] == "error"]
    root = _find_root(trace)
    match field:
        case "user" | "session" | "customer":
            chained = _chain(trace) if field == "session" else None
            return [_attribute(f"{field}_id", trace) or chained]
        case "environment" | "service":
            return [_least(_NAMED_ALIKE[field], trace)]
        case "name":
            return [root["name"] if root else _find_topmost(trace)["name"]]
        case "status":
            return [root["status"] if root else "error" if failed else "unset"]
        case "started":
            return [min(span["start_time"] for span in dated)]
        case "duration":
            ends, starts = ([span[name] for span in dated] for name in ("end_ns", "start_ns"))
            return [(max(ends) - min(starts)) / 1000000]
        case "calls" | "spans" | "errors":
            return [len({"calls": calls, "spans": trace, "errors": failed}[field])]
    if field in _SUMS:
        told = [span[_SUMS[field]] for span in calls if span[_SUMS[field]] is not None]
        return [sum(told) if told else None]
    of = calls if field in _COUNTED_ALONE else trace
    return [_tell_span(field, span, trace) for span in of]


def _find_root(trace: Trace) -> Row | None:
    roots = [span for span in trace if span["parent_span_id"] is None]
    return min(roots, key=lambda span: (span["start_ns"], span["span_id"])) if roots else None


def _find_topmost(trace: Trace) -> Row:
    known = {span["span_id"] for span in trace}

    def rank(span: Row) -> tuple[Any, ...]:
        below = span["parent_span_id"] in known
        return below, span["misdated"] is not None, span["start_ns"], span["span_id"]

    return min(trace, key=rank)


def _attribute(column: str, trace: Trace) -> str | None:
    root = _find_root(trace)
    return (root[column] if root else None) or _least(column, trace)


def _chain(trace: Trace) -> str | None:
    return _least("chained_session_id", trace)


def _least(column: str, trace: Trace) -> str | None:
    return min((span[column] for span in trace if span[column] is not None), default=None)
