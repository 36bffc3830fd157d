"""The body of /traces."""

from __future__ import annotations

from functions.common.paging import PageBody
from functions.common.summaries import TraceSummary


class TracePage(PageBody):
    items: list[TraceSummary]
