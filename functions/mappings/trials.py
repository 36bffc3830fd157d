"""A trial of a span: the way of ingestion up to its row, without key and database. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from functions.common.errors import BodyTooLargeError
from functions.ingest.otlp_json import read_request
from functions.ingest.rejections import Rejections
from functions.mappings.bodies import TrialResult, TriedSpan
from llm_observe import semconv
from llm_observe.config import Settings
from llm_observe.cost.pricing import load_prices
from llm_observe.dialects import SourceSpan
from llm_observe.dialects.mapping import Rules
from llm_observe.privacy.work import WorkBudget
from llm_observe.transcription import transcribe

_MOST_SPANS: Final = 100
_NOTES: Final = {semconv.DIALECT, semconv.MAPPED, semconv.REPAIRS, semconv.DROPPED_ATTRIBUTES}
"""Attributes of a row that the answer gives beside them."""
_ELSEWHERE: Final = frozenset(
    {*TriedSpan.model_fields, "parent_span_id", "kind", "start_ns", "end_ns"}
    | {"price_provider", "price_model", "price_tier"}
)


def try_spans(pasted: Mapping[str, Any], rules: Rules, settings: Settings) -> TrialResult:
    """Read a span, or a request of at most 100, as the tenant's would be.

    Raises:
        BodyTooLargeError: if there are more.
    """
    rejections = Rejections()
    spans = list(islice(read_request(_wrap(pasted), rejections), _MOST_SPANS + 1))
    if len(spans) > _MOST_SPANS:
        raise BodyTooLargeError(f"A trial has at most {_MOST_SPANS} spans. Paste fewer.")
    work = WorkBudget()
    return TrialResult(
        spans=[_try_span(span, rules, settings, work) for span in spans],
        rejected_spans=len(rejections),
        rejection_reasons=rejections.describe(),
    )


def _wrap(pasted: Mapping[str, Any]) -> Mapping[str, Any]:
    if "resourceSpans" in pasted:
        return pasted
    return {"resourceSpans": [{"scopeSpans": [{"spans": [pasted]}]}]}


def _try_span(span: SourceSpan, rules: Rules, settings: Settings, work: WorkBudget) -> TriedSpan:
    # Without the tenant's key there is no digest: its salt is not for those who read.
    row = transcribe(
        span,
        tenant="",
        key=None,
        prices=load_prices(),
        settings=settings,
        rules=rules,
        work=work,
    ).to_row()
    notes = row["attributes"]
    return TriedSpan.model_validate(
        dict.fromkeys(TriedSpan.model_fields)
        | {name: value for name, value in row.items() if name in TriedSpan.model_fields}
        | {
            "fields": {name: value for name, value in row.items() if name not in _ELSEWHERE},
            "dialect": notes.get(semconv.DIALECT),
            "mapped": notes.get(semconv.MAPPED, []),
            "repairs": notes.get(semconv.REPAIRS, []),
            "dropped_attributes": notes.get(semconv.DROPPED_ATTRIBUTES, 0),
            "attributes": {name: value for name, value in notes.items() if name not in _NOTES},
        }
    )
