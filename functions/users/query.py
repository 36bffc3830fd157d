"""The window, the order and the cursor of lists of users."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from functions.common.cursors import read_cursor, write_cursor
from functions.common.errors import BadRequestError
from functions.common.types import Moment, Text
from functions.common.windows import WindowQuery

UserSort = Literal[
    "-calls",
    "calls",
    "-errors",
    "errors",
    "-cost",
    "cost",
    "-tokens",
    "tokens",
    "-last",
    "last",
    "-first",
    "first",
]


class UserWindow(WindowQuery):
    """The query parameters of a window of users: the last 30 days, unless they are given."""

    length: ClassVar = timedelta(days=30)

    start: Moment | None = Field(None, description="30 days before the end by default.")


class UserListQuery(UserWindow):
    """The query parameters of a list of users."""

    q: Text | None = Field(None, description="How an id begins, to the letter.")
    sort: UserSort = Field(
        "-calls", description="A minus: the most, or the latest, first. Unknown amounts come last."
    )
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, Field(max_length=2048)] | None = None


class UserPosition(BaseModel):
    """A place in a list of users, with the window and the order of that list."""

    model_config = ConfigDict(extra="forbid")

    start: Moment
    end: Moment
    sort: UserSort
    user: Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^\x00]*$")]
    amount: Annotated[str, Field(pattern=r"^-?[0-9]{1,30}(\.[0-9]{1,30})?$")] | None

    def write(self) -> str:
        """Write the cursor of what comes after it."""
        return write_cursor(self.model_dump_json())

    def to_argument(self) -> dict[str, Any]:
        """Give it as the database takes it."""
        return {"user": self.user, "amount": self.amount}


def read_position(query: UserListQuery) -> UserPosition | None:
    """Read a list's cursor.

    Raises:
        BadRequestError: if it is none of ours, or of a list in another order.
    """
    if query.cursor is None:
        return None
    after = read_cursor(query.cursor, UserPosition)
    if after.sort != query.sort:
        raise BadRequestError("cursor is of another sort; leave it out to start over.")
    return after
