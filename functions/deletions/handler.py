"""Deleting many traces: counted first, then done by a job, with a receipt."""

from __future__ import annotations

from typing import Annotated, Any, Final, cast
from uuid import UUID

from fastapi import Query, Response

from functions.common.app import create_app, create_handler
from functions.common.auth.access import CallerIdentity
from functions.common.auth.callers import Caller
from functions.common.database import fetch, manage_as, read_as
from functions.common.dear_filters import name_dearest
from functions.common.errors import BadRequestError, ErrorBody, NotFoundError
from functions.common.filters import read_filter
from functions.common.paging import NewestQuery, select_newest
from functions.deletions.bodies import (
    AskedDeletion,
    Deletion,
    DeletionPage,
    NewDeletion,
    to_deletion,
)

MOST_TRACES: Final = 50_000
"""Of one deletion; app.most_deleted() says the same."""
_TIMEOUT: Final = 20.0
_TOO_MANY: Final = (
    f"It matches more than {MOST_TRACES:,} traces. Delete them in parts: "
    "narrow the filter, for example by started<, and ask again for the rest."
)
_REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    202: {"model": AskedDeletion, "description": "Taken: a job deletes within minutes."},
    409: {"model": ErrorBody},
    410: {"model": ErrorBody},
}

app = create_app("deletions")


@app.post("/deletions", responses=_REFUSED)
async def create_deletion(caller: Caller, wanted: NewDeletion, response: Response) -> AskedDeletion:
    """Count the traces that a filter or ids name, or have them deleted.

    They are named when it is asked: a trace that arrives later stays. A trace goes whole, with
    the spans that came to it until then.
    """
    _check(wanted)
    _require_administrator(caller)
    found = _match(caller, wanted)
    if found["traces"] > MOST_TRACES:
        raise BadRequestError(_TOO_MANY)
    if wanted.dry_run:
        return AskedDeletion(
            dry_run=True, traces=found["traces"], spans=found["spans"], deletion=None
        )
    if wanted.expected == found["traces"] == 0:
        raise BadRequestError("There is nothing to delete.")
    asked = {
        "ids": found["ids"],
        "expected": wanted.expected,
        "asked_by": "ids" if wanted.ids else "filter",
    }
    row = manage_as(caller, timeout=_TIMEOUT).rpc("request_deletion", asked).execute().data
    deletion = to_deletion(cast("dict[str, Any]", row))
    response.status_code = 202
    return AskedDeletion(
        dry_run=False,
        traces=deletion.matched_traces,
        spans=deletion.matched_spans,
        deletion=deletion,
    )


@app.get("/deletions")
async def list_deletions(caller: Caller, query: Annotated[NewestQuery, Query()]) -> DeletionPage:
    """List deletions, newest first."""
    rows = manage_as(caller).from_("deletions").select("*").eq("tenant_id", caller.tenant)
    page, last = select_newest(query, rows, "deletion_id")
    return DeletionPage(items=[to_deletion(row) for row in page], next_cursor=last)


@app.get("/deletions/{deletion_id}", responses={404: {"model": ErrorBody}})
async def get_deletion(caller: Caller, deletion_id: UUID) -> Deletion:
    """Give one deletion: how far it is, and its receipt when it is done."""
    rows = manage_as(caller).from_("deletions").select("*").eq("tenant_id", caller.tenant)
    found = fetch(rows.eq("deletion_id", str(deletion_id)))
    if not found:
        raise NotFoundError("There is no such deletion.")
    return to_deletion(found[0])


def _check(wanted: NewDeletion) -> None:
    """Refuse what names nothing, or in two ways, or deletes without a number.

    Raises:
        BadRequestError: with what to send instead.
    """
    if (wanted.filter is None) == (wanted.ids is None):
        raise BadRequestError("Send either filter or ids.")
    if wanted.filter is not None and not wanted.filter.strip():
        raise BadRequestError("filter is empty; for all traces say so: started>2000-01-01.")
    if not wanted.dry_run and wanted.expected is None:
        raise BadRequestError("expected is missing: send the number of traces of a dry run.")


def _require_administrator(caller: CallerIdentity) -> None:
    """Have the database refuse whoever administers no more: traces are matched as a reader."""
    fetch(manage_as(caller).from_("deletions").select("deletion_id").limit(1))


def _match(caller: CallerIdentity, wanted: NewDeletion) -> dict[str, Any]:
    """Find the traces as the caller reads them, under row level security."""
    asked: dict[str, Any] = {"named": not wanted.dry_run}
    trees = [read_filter(wanted.filter, "filter")] if wanted.filter is not None else []
    asked |= {"filters": trees} if trees else {"ids": wanted.ids}
    with name_dearest(trees, "traces"):
        found = read_as(caller).rpc("match_traces", asked).execute().data
    return cast("dict[str, Any]", found)


handler = create_handler(app)
