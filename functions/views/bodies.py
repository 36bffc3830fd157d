"""The query and the bodies of /views."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from functions.common.paging import NewestQuery

ViewKind = Literal["traces", "spans", "sessions", "analyze"]
_Word = Annotated[str, Field(max_length=64, pattern=r"^[^\x00]*$")]


class ViewQuery(NewestQuery):
    """How much, from where on, and of which page."""

    kind: ViewKind | None = None


class ViewSettings(BaseModel):
    """The rest that the page needs to show the same again; 8 KiB at most."""

    model_config = ConfigDict(extra="allow")

    sort: _Word | None = Field(default=None, description="As the list takes it.")
    columns: Annotated[list[_Word], Field(max_length=64)] | None = Field(
        default=None, description="Those that are shown, in order."
    )
    range: dict[str, Any] | None = Field(
        default=None, description="The window of time: a preset's name, or start and end."
    )


class NewView(BaseModel):
    """A view that is to be saved, or what one is to become."""

    model_config = ConfigDict(extra="forbid")

    kind: ViewKind = Field(description="The page that shows it.")
    name: Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]
    filter: Annotated[str, Field(max_length=8192, pattern=r"^[^\x00]*$")] = Field(
        "", description="As text or as JSON; docs/filter.md. It has to be one."
    )
    settings: ViewSettings = ViewSettings()
    shared: bool = Field(False, description="For all who read the tenant, or for oneself alone.")


class SavedView(NewView):
    """A view as it is saved."""

    view_id: str
    tree: dict[str, Any] = Field(description="What the filter means, as JSON.")
    mine: bool = Field(description="Whether the caller made it.")
    created_at: datetime
    created_by: str = Field(description="user:<uuid>, a key's id, or dev.")
    changed_at: datetime


class ViewPage(BaseModel):
    items: list[SavedView]
    next_cursor: str | None
