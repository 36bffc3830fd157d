"""GET /facets: the values of fields, and how many rows of a list have each."""

from __future__ import annotations

from typing import Annotated, Any, cast

from fastapi import Query

from functions.common.answer_size import MOST_BYTES, measure
from functions.common.app import create_app, create_handler
from functions.common.auth.callers import Caller
from functions.common.database import read_as
from functions.common.dear_filters import name_dearest
from functions.facets.bodies import Facet, Facets, Flag, Range
from functions.facets.query import FacetsQuery

app = create_app("facets")


@app.get("/facets")
async def list_facets(caller: Caller, query: Annotated[FacetsQuery, Query()]) -> Facets:
    """Count the values of fields over the rows of a list: at most the newest 10,000.

    Without a filter and over a long window counts are of model calls and operations.
    """
    arguments = query.to_arguments()
    with name_dearest(arguments["filters"], query.kind):
        answer = read_as(caller).rpc("list_facets", arguments).execute().data
    told = cast("list[dict[str, Any]]", cast("dict[str, Any]", answer)["facets"])
    return fit_values(
        Facets(
            kind=query.kind,
            facets=[Facet.model_validate(each) for each in told if each["kind"] == "value"],
            flags=[Flag.model_validate(each) for each in told if each["kind"] == "flag"],
            ranges=[Range.model_validate(each) for each in told if each["kind"] == "range"],
        )
    )


def fit_values(body: Facets) -> Facets:
    """Leave out the last values of each field until the answer has room for the others."""
    while measure(body) > MOST_BYTES:
        for facet in body.facets:
            kept = len(facet.values) // 2
            facet.others += len(facet.values) - kept
            facet.values = facet.values[:kept]
    return body


handler = create_handler(app)
