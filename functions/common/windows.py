"""The window of time that sums are of, half open: what a caller gives of it, and the rest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from functions.common.errors import BadRequestError
from functions.common.types import Moment


class WindowQuery(BaseModel):
    """The query parameters of a window."""

    model_config = ConfigDict(extra="forbid")
    length: ClassVar = timedelta(hours=24)
    """Of a window whose start is not given."""

    start: Moment | None = None
    end: Moment | None = None

    def choose(self) -> tuple[datetime, datetime]:
        """Give the start and the end: now and a length before, where one is not given.

        Raises:
            BadRequestError: if the window is empty, or begins before the calendar does.
        """
        end = self.end or datetime.now(UTC)
        try:
            start = self.start or end - self.length
        except OverflowError as error:
            raise BadRequestError("end is too early.") from error
        if start >= end:
            raise BadRequestError("start must be before end.")
        return start, end
