"""The query of /export, and the cursor that goes on from an answer to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from functions.common.errors import BadRequestError
from functions.common.filters import Rows, SpanFilters
from functions.common.paging import NO_ERRORS, TraceListQuery
from functions.export.writing import Format

MOST_ROWS: Final = 100_000
"""Of an export, all answers together."""
MOST_ROWS_AN_ANSWER: Final = 999
"""One less than a list reads at once: the next one tells whether there is more."""


class ExportQuery(SpanFilters, TraceListQuery):
    """The filters and the order of a list, and how its rows are written."""

    kind: Rows
    format: Format = "csv"
    content: bool = Field(
        False, description="Prompts and answers too, of spans, where they are kept."
    )
    limit: Annotated[int, Field(ge=1, le=MOST_ROWS_AN_ANSWER)] = Field(
        MOST_ROWS_AN_ANSWER, description="Rows of an answer, at most."
    )
    cursor: Annotated[str, Field(max_length=600, pattern=r"^[0-9]{1,5}\..+$")] | None = Field(
        None, description="The x-next-cursor of the answer before."
    )

    def check(self) -> None:
        """Refuse what no export has.

        Raises:
            BadRequestError: if content is asked of traces, or spans are to be sorted by errors.
        """
        if self.kind == "spans" and self.sort in ("errors", "-errors"):
            raise BadRequestError(f"query.sort: {NO_ERRORS}")
        if self.content and self.kind != "spans":
            raise BadRequestError("query.content is of spans: ask with kind=spans.")


@dataclass(frozen=True, slots=True)
class Place:
    """How far an export has come: rows that are written, and the list's own cursor."""

    rows: int
    cursor: str | None

    @classmethod
    def read(cls, text: str | None) -> Place:
        """Read what ``write`` wrote, which the query's pattern has checked; None: the start."""
        if text is None:
            return cls(0, None)
        rows, _, cursor = text.partition(".")
        return cls(int(rows), cursor)

    def write(self) -> str:
        """Write it as a caller sends it back."""
        return f"{self.rows}.{self.cursor}"

    @property
    def room(self) -> int:
        """Rows that may still follow."""
        return MOST_ROWS - self.rows
