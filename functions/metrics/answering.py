"""The database's sums in the API's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from functions.common.answer_size import MOST_BYTES, measure
from functions.common.asking.writing import tell_value, write_filter_text
from functions.common.summaries import Row, name_tokens
from functions.metrics.bodies import (
    Group,
    Metrics,
    ModelTotals,
    PreviousTotals,
    SeriesPoint,
    Totals,
    Window,
    WindowTotals,
)
from functions.metrics.query import MetricsQuery, find_previous


def to_metrics(
    tenant: str, query: MetricsQuery, window: Window, found: Mapping[str, Any]
) -> Metrics:
    """Make the body of what ``query_metrics`` answered."""
    other = found["other"]
    group_by, then_by = query.group_by or "", query.then_by or ""
    body = Metrics(
        tenant_id=tenant,
        generated=found["generated"],
        window=window,
        filter=query.write_filter(),
        totals=WindowTotals.model_validate(name_tokens(found["totals"])),
        series=[SeriesPoint.model_validate(name_tokens(row)) for row in found["series"]],
        by_model=[
            ModelTotals.model_validate(_lead("model", row, row["model"]))
            for row in found["by_model"]
        ],
        relative_error=found["relative_error"],
        groups=[],
        truncated=False,
        other=None if other is None else Totals.model_validate(name_tokens(other)),
        previous=_to_previous(window, found.get("previous")),
    )
    groups = [_to_group(group_by, then_by, row) for row in found["groups"]]
    return fit_groups(_fit_models(body), groups)


def _fit_models(body: Metrics) -> Metrics:
    """Leave out the models' filters, which repeat their names, where they have no room."""
    if measure(body) <= MOST_BYTES:
        return body
    bare = [row.model_copy(update={"filter": None}) for row in body.by_model]
    return body.model_copy(update={"by_model": bare})


def fit_groups(body: Metrics, groups: Sequence[Group]) -> Metrics:
    """Add the groups that the answer has room for: all, before any has its parts.

    The parts of the first groups are added then, while there is room.
    """
    left = MOST_BYTES - measure(body)
    shown: list[Group] = []
    for group in groups:
        bare = group.model_copy(update={"series": [], "groups": []})
        left -= measure(bare)
        if left < 0:
            break
        shown.append(bare)
    # The database gives no series where all of them would be too much.
    truncated = len(shown) < len(groups) or not all(group.series for group in groups)
    for bare, group in zip(shown, groups, strict=False):
        size = measure(group) - measure(bare)
        if size > left:
            truncated = True
            break
        left -= size
        bare.series, bare.groups = group.series, group.groups
    return body.model_copy(update={"groups": shown, "truncated": truncated})


def _to_group(group_by: str, then_by: str, row: Row) -> Group:
    inner = [_lead(then_by, each, each["key"]) for each in row.get("groups") or []]
    return Group.model_validate(_lead(group_by, row, row["key"]) | {"groups": inner})


def _lead(dimension: str, row: Row, value: str | None) -> dict[str, Any]:
    """Give a group's row with the filter's terms that keep its spans."""
    told = [tell_value(dimension, value)]
    if dimension == "model" and value is not None:
        told.append(tell_value("provider", row["provider"]))
    return {**name_tokens(row), "filter": write_filter_text({"and": told})}


def _to_previous(window: Window, row: Row | None) -> PreviousTotals | None:
    if row is None:
        return None
    start, end = find_previous(window.start, window.end)
    return PreviousTotals.model_validate(name_tokens(row) | {"start": start, "end": end})
