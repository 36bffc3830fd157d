"""The query of /facets: rows as a list has them, and the fields whose values are counted."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from functions.common.asking.fields import SHORT_NAMES
from functions.common.asking.scanner import FilterTextError, Scanner
from functions.common.errors import BadRequestError
from functions.common.filters import Rows, SpanFilters
from functions.common.types import Text


class FacetsQuery(SpanFilters):
    """The filters of a list, and of which fields to count how many values."""

    kind: Rows = Field("traces", description="The list whose rows are counted.")
    fields: Annotated[str, Field(max_length=4096, pattern=r"^[^\x00]*$")] | None = Field(
        None, description="Names with commas between: model,user,tag:plan. All, if none is given."
    )
    top: Annotated[int, Field(ge=1, le=100)] = Field(10, description="How many values of each.")
    q: Text | None = Field(
        None, description="Values that start with this, of one field; in upper or lower case."
    )

    def to_arguments(self) -> dict[str, Any]:
        """Give the arguments of ``public.list_facets``.

        Raises:
            BadRequestError: if the range is empty, a filter is none or fields are no names.
        """
        window = {"start": self.start, "end": self.end}
        self.to_trees(self.kind)
        return {
            "kind": self.kind,
            # The window stands beside the filter: of it alone there are sums.
            "filters": self.model_copy(update=dict.fromkeys(window)).to_trees(self.kind),
            **{name: bound.isoformat() for name, bound in window.items() if bound is not None},
            "fields": None if self.fields is None else read_names(self.fields),
            "top": self.top,
            "q": self.q,
        }


def read_names(text: str) -> list[str]:
    """Read names of fields with commas between; one that holds a comma is quoted, tag:"a,b".

    Raises:
        BadRequestError: if the text is no such list.
    """
    scanner, names = Scanner(text), list[str]()
    try:
        while not names or scanner.take(","):
            scanner.skip_space()
            name = scanner.take_name()
            names.append(SHORT_NAMES.get(name, name))
        scanner.skip_space()
        if not scanner.ended:
            raise scanner.error("a comma is missing here")
    except FilterTextError as error:
        raise BadRequestError(f"query.fields, {error}") from error
    return list(dict.fromkeys(names))
