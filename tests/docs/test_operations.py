"""The figures of docs/operations.md are those that the benches' pages have."""

from __future__ import annotations

import re

from infra.local.settings import REPOSITORY

DOCS = REPOSITORY / "docs"
(CAPACITY,) = re.findall(
    r"^## Capacity$(.+?)(?=^## |\Z)", (DOCS / "operations.md").read_text(), re.MULTILINE | re.DOTALL
)
FIGURE = re.compile(r"[\d,]+(?:\.\d+)?")
ROWS = re.findall(
    r"^\| .+ \| ([\d,.]+) [^|]+\| \[.+\]\((bench-.+\.md)\) \|$", CAPACITY, re.MULTILINE
)


def test_capacity_is_what_the_benches_measured() -> None:
    """A figure that its page no longer has is wrong."""
    stale = [row for row in ROWS if row[0] not in FIGURE.findall((DOCS / row[1]).read_text())]

    assert len(ROWS) == CAPACITY.count("](bench-")
    assert stale == []
