"""The bodies of /deletions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from functions.common.filters import FilterText
from functions.common.types import TraceId

MOST_IDS = 1000


class NewDeletion(BaseModel):
    """The traces that are to be deleted: all that a filter lets through, or those of these ids."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["traces"]
    filter: FilterText | None = Field(None, description="As that of /traces; not an empty one.")
    ids: Annotated[list[TraceId], Field(min_length=1, max_length=MOST_IDS)] | None = None
    dry_run: StrictBool = Field(
        True, description="True only counts what would go. To delete, send false, and expected."
    )
    expected: StrictInt | None = Field(
        None, description="The number of traces that the dry run told; another number is refused."
    )


class DeletionReceipt(BaseModel):
    """The end of a deletion, as the audit has it."""

    receipt_id: str
    action: Literal["traces.forgotten"] = "traces.forgotten"
    target: str = Field(description="The deletion's id.")
    deleted: dict[str, int]
    at: datetime
    by: str


class Deletion(BaseModel):
    """A deletion of many traces: its state, its counts, and its receipt at the end."""

    deletion_id: str
    kind: Literal["traces"] = "traces"
    state: Literal["waiting", "running", "done", "failed"]
    asked_by: Literal["filter", "ids"]
    matched_traces: int = Field(description="Traces that were there when it was asked.")
    matched_spans: int = Field(description="Their spans by then.")
    deleted: dict[str, int] = Field(description="Traces, spans, contents and evaluations so far.")
    created_at: datetime
    created_by: str = Field(description="user:<uuid>, a key's id, or dev.")
    finished_at: datetime | None
    receipt: DeletionReceipt | None = Field(description="Where it is done.")
    error: str | None = Field(description="The last batch that failed; five end the deletion.")


class AskedDeletion(BaseModel):
    """The answer to a dry run, or to a deletion that was taken."""

    dry_run: bool
    traces: int = Field(description="Traces that would go, or go.")
    spans: int
    deletion: Deletion | None = Field(description="Where it is no dry run; a job does it.")


class DeletionPage(BaseModel):
    items: list[Deletion]
    next_cursor: str | None


_COUNTED = ("traces", "spans", "contents", "evaluations")


def to_deletion(row: dict[str, Any]) -> Deletion:
    """Make a deletion of its row."""
    deleted = {name: row[name] for name in _COUNTED}
    receipt = None
    if row["receipt_id"] is not None:
        receipt = DeletionReceipt(
            receipt_id=row["receipt_id"],
            target=row["deletion_id"],
            deleted=deleted,
            at=row["finished_at"],
            by=row["created_by"],
        )
    return Deletion.model_validate(row | {"deleted": deleted, "receipt": receipt})
