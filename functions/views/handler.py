"""/views: filters that people ask again, saved for themselves or for all of the tenant."""

from __future__ import annotations

from typing import Annotated, Any, Final, cast
from uuid import UUID

from fastapi import Path, Query

from functions.common.app import create_app, create_handler
from functions.common.auth.access import CallerIdentity
from functions.common.auth.callers import Caller
from functions.common.database import read_as
from functions.common.errors import ErrorBody
from functions.common.filters import read_filter
from functions.common.paging import select_newest
from functions.views.bodies import NewView, SavedView, ViewPage, ViewQuery

_MOST_BYTES: Final = 65_536
app = create_app("views", most_bytes=_MOST_BYTES)

_View = Annotated[UUID, Path(description="A view's id.")]
_COLUMNS: Final = "view_id,kind,name,shared,filter,tree,settings,created_at,created_by,changed_at"
_REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": ErrorBody} for status in (404, 409, 410, 413)
}


@app.get("/views")
async def list_views(caller: Caller, query: Annotated[ViewQuery, Query()]) -> ViewPage:
    """List one's own views and those that are shared, newest first."""
    views = read_as(caller).from_("saved_views").select(_COLUMNS).eq("tenant_id", caller.tenant)
    if query.kind is not None:
        views = views.eq("kind", query.kind)
    page, last = select_newest(query, views, "view_id")
    return ViewPage(items=[_describe(caller, row) for row in page], next_cursor=last)


@app.post("/views", status_code=201, responses=_REFUSED)
async def create_view(caller: Caller, wanted: NewView) -> SavedView:
    """Save a view of one's own: 200 at most, each kind's names once.

    A caller who may write to the tenant may share it.
    """
    return _call(caller, "create_view", _write(wanted))


@app.put("/views/{view_id}", responses=_REFUSED)
async def replace_view(caller: Caller, view_id: _View, wanted: NewView) -> SavedView:
    """Make a view of one's own another; admins change shared ones, too."""
    return _call(caller, "replace_view", _write(wanted) | {"view_id": str(view_id)})


@app.delete("/views/{view_id}", responses=_REFUSED)
async def delete_view(caller: Caller, view_id: _View) -> SavedView:
    """Delete a view of one's own, and answer it; admins delete shared ones, too."""
    return _call(caller, "delete_view", {"view_id": str(view_id)})


def _write(wanted: NewView) -> dict[str, Any]:
    settings = wanted.settings.model_dump(exclude_unset=True)
    tree = read_filter(wanted.filter, "body.filter") if wanted.filter else {}
    return wanted.model_dump() | {"settings": settings, "tree": tree}


def _call(caller: CallerIdentity, function: str, arguments: dict[str, Any]) -> SavedView:
    answer = read_as(caller).rpc(function, arguments).execute().data
    return _describe(caller, cast("dict[str, Any]", answer))


def _describe(caller: CallerIdentity, row: dict[str, Any]) -> SavedView:
    # The answer of a function is the whole row.
    shown = {name: value for name, value in row.items() if name != "tenant_id"}
    return SavedView(**shown, mine=row["created_by"] == caller.key_id)


handler = create_handler(app)
