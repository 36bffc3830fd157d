"""The body of /spans."""

from __future__ import annotations

from functions.common.paging import PageBody
from functions.common.summaries import SpanSummary


class SpanPage(PageBody):
    items: list[SpanSummary]
