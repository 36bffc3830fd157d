"""The bodies of /retention, /content-capture and /tag-keys."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

# Strict: read leniently, true would be one day, and cost a tenant all but its last.
Days = Annotated[int, Field(ge=1, le=3650, strict=True)]


def _require_distinct(keys: list[str]) -> list[str]:
    if len(set(keys)) < len(keys):
        raise ValueError("a key stands in it twice")
    return keys


TagKey = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00]+$")]
ChosenKeys = Annotated[
    list[TagKey],
    AfterValidator(_require_distinct),
    Field(max_length=8, description="Keys of tags by which sums are kept: each once."),
]


class Retention(BaseModel):
    """For how many days spans, contents and sums are kept; null: until they are deleted."""

    model_config = ConfigDict(extra="forbid")

    span_days: Days | None
    content_days: Days | None
    roll_up_days: Days | None = Field(
        default=None,
        description="Of the sums, which outlive their spans: not less than span_days. "
        "Left out, it stays as it is.",
    )


class Expired(BaseModel):
    """Counts of what a run deleted of the tenant."""

    spans: int
    contents: int
    traces: int


class ExpiryRun(BaseModel):
    """The last run of the job that deletes what is too old, for this tenant alone."""

    outcome: Literal["running", "done", "failed"]
    finished_at: datetime | None
    deleted: Expired


class RetentionStatus(BaseModel):
    """For how many days spans, contents and sums are kept, and what that did and will do."""

    span_days: Days | None = None
    content_days: Days | None = None
    roll_up_days: Days | None = None
    last_run: ExpiryRun | None = Field(
        default=None, description="Null until a run came to this tenant, which has to have limits."
    )
    next_run: datetime | None = Field(
        default=None,
        description="When it runs again at the latest; null: it never ran, past: it is missing.",
    )


class ContentCapture(BaseModel):
    """The tenant's own switch for prompts and answers."""

    model_config = ConfigDict(extra="forbid")

    content_capture: Literal["follow", "off", "on"] = Field(
        description="follow: where the process that sends captures any; off: never; on: from "
        "ingest tokens, too, which is for the project's operator alone."
    )


class ContentCaptureStatus(BaseModel):
    """The two switches, both of which have to be open for content to be stored."""

    content_capture: Literal["follow", "off", "on"]
    deployment_captures: bool = Field(
        description="ALLOW_CONTENT_CAPTURE of this deployment, for spans that come in at "
        "/v1/traces; an application that writes through the library has a switch of its own."
    )


class TagKeys(BaseModel):
    """The keys of tags by which a tenant's sums are kept, so that they are answered quickly."""

    model_config = ConfigDict(extra="forbid")

    keys: ChosenKeys


class SeenTagKey(BaseModel):
    """A key that tags of late have."""

    key: str
    calls: int = Field(description="Of the newest 10,000 spans, those calls that have this tag.")


class TagKeysStatus(BaseModel):
    """The keys that were chosen, and those to choose from."""

    keys: list[str]
    seen: list[SeenTagKey] = Field(
        description="Keys on the model calls among the newest 10,000 spans, those on most calls "
        "first: at most 100."
    )
