"""The bodies of /mappings."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from functions.common.types import SpanId, Status, TraceId
from llm_observe.dialects.mapping import FIELDS, is_field


def _check_field(name: str) -> str:
    if not is_field(name):
        raise ValueError(f"no rule can fill it; fields are {', '.join(FIELDS)}, tag:<key>")
    return name


_MOST_RULES: Final = 200
_Text = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^\x00-\x1f]+$")]
FieldName = Annotated[
    str,
    AfterValidator(_check_field),
    Field(
        description="A column, or a tag as `tag:` and its key.",
        json_schema_extra={
            "anyOf": [
                {"type": "string", "enum": [*FIELDS]},
                {"type": "string", "pattern": r"^tag:\S{1,64}$"},
            ]
        },
    ),
]


class AttributeRule(BaseModel):
    """A rule: where a span has the attribute, it says the field."""

    model_config = ConfigDict(extra="forbid")

    attribute: _Text = Field(
        description="The whole key of a span's attribute; a resource's has `resource.` before it."
    )
    field: FieldName
    value: _Text | None = Field(
        None, description="What the field then is; null: what the attribute holds."
    )


class MappingList(BaseModel):
    """All rules of a tenant."""

    model_config = ConfigDict(extra="forbid")

    mappings: Annotated[list[AttributeRule], Field(max_length=_MOST_RULES)]


class Trial(BaseModel):
    """A span to be read, and rules to read it by."""

    model_config = ConfigDict(extra="forbid")

    span: dict[str, Any] = Field(
        description="A span in OTLP's JSON, or a whole ExportTraceServiceRequest."
    )
    mappings: Annotated[list[AttributeRule], Field(max_length=_MOST_RULES)] | None = Field(
        None, description="Instead of the tenant's rules."
    )


class TriedSpan(BaseModel):
    """The row that would be stored of a span. Unknown is null."""

    trace_id: TraceId
    span_id: SpanId
    name: str
    status: Status
    dialect: str = Field(description="The convention that it was read in; `plain`: in none.")
    mapped: list[FieldName] = Field(description="The fields that rules have filled.")
    fields: dict[str, Any] = Field(description="The columns that are known, but for those below.")
    countable: bool = Field(description="Whether its tokens and cost are part of sums.")
    usage_status: Literal["reported", "unknown"] | None
    usage_buckets: dict[str, int] | None = Field(
        description="Its tokens, each in one bucket with a price of its own."
    )
    cost_usd: float | None = Field(
        description="By the prices that came with this release; the table's go over them."
    )
    price_id: str | None
    input_length: int | None = Field(description="Characters of what went in.")
    output_length: int | None
    input: Any | None = Field(description="Content; null unless ALLOW_CONTENT_CAPTURE.")
    output: Any | None = Field(description="Content; null unless ALLOW_CONTENT_CAPTURE.")
    attributes: dict[str, Any] = Field(description="What no column holds.")
    dropped_attributes: int = Field(description="How many are not kept, since they may be content.")
    repairs: list[str] = Field(description="What had to be changed for the span to be stored.")


class TrialResult(BaseModel):
    """The rows that the spans would become; nothing was stored."""

    spans: list[TriedSpan]
    rejected_spans: int
    rejection_reasons: str
