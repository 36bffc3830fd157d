"""The types of what callers send and are answered, spelled the same by every endpoint."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field
from typing_extensions import TypeAliasType

from llm_observe import semconv

TenantId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
TraceId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
SpanId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
Status = Literal["unset", "ok", "error"]
Misdated = Literal["future", "past"]
Operation = TypeAliasType("Operation", semconv.Operation)
"""Under this name the API's document lists them; a sender may name others."""
Text = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^\x00]+$")]
"""Postgres' text holds no NUL."""


def _to_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("in UTC that is outside of the years 1 to 9999") from None


Moment = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""A time that a caller gives, with its zone; at the calendar's edges a zone leads beyond them."""
