"""One span with all there is of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, cast

from functions.common.answer_size import MOST_BYTES, measure
from functions.common.auth.access import CallerIdentity
from functions.common.database import read_as
from functions.common.summaries import name_tokens
from functions.trace.bodies import SpanWhole
from llm_observe.privacy.protection import count_characters

_RATE: Final = "_per_mtok"
_LARGE: Final[Mapping[Literal["attributes", "input", "output"], Any]] = {
    "attributes": {},
    "input": None,
    "output": None,
}
"""The parts of a span that may be large, and what stands in the place of each."""


def read_span(caller: CallerIdentity, trace_id: str, span_id: str) -> SpanWhole | None:
    """Read all there is of a span, or None where the caller's tenant has no such span.

    Raises:
        httpx.HTTPError: if nobody answers.
        postgrest.exceptions.APIError: if the answer is an error.
    """
    asked = {"trace_id": trace_id, "span_id": span_id}
    found = cast("dict[str, Any] | None", read_as(caller).rpc("read_span", asked).execute().data)
    return None if found is None else _make_span(found)


def _make_span(found: dict[str, Any]) -> SpanWhole:
    content = found.pop("content") or {"input": None, "output": None}
    row = name_tokens(found.pop("span")) | content | found | {"price": _name_rates(found["price"])}
    for side in ("input", "output"):
        kept = None if row[side] is None else count_characters(row[side])
        told = row[f"{side}_length"]
        row[f"{side}_kept_length"] = kept
        row[f"{side}_cut"] = None if kept is None or told is None else kept < told
    left_out = _leave_out(row)
    return SpanWhole.model_validate(row | {"left_out": left_out, "truncated": bool(left_out)})


def _leave_out(row: dict[str, Any]) -> list[str]:
    """Take the largest parts away until the rest has room in an answer; name them."""
    sizes = {name: measure({name: row[name]}) for name in _LARGE}
    others = measure({name: row[name] for name in row if name not in _LARGE})
    left_out: list[str] = []
    for name in sorted(_LARGE, key=lambda name: -sizes[name]):
        if others + sum(sizes.values()) <= MOST_BYTES:
            break
        row[name] = _LARGE[name]
        del sizes[name]
        left_out.append(name)
    return left_out


def _name_rates(price: dict[str, Any] | None) -> dict[str, Any] | None:
    """Give a price its rates by kind, without those that it does not have."""
    if price is None:
        return None
    rates = {
        name.removesuffix(_RATE): value
        for name, value in price.items()
        if name.endswith(_RATE) and value is not None
    }
    return price | {"rates": rates}
