"""docs/lifecycle.md is of the matrix as it stands."""

from __future__ import annotations

import re

from trials.lifecycle.artifact import REPOSITORY
from trials.lifecycle.cells import list_cells
from trials.lifecycle.databases import DATABASES

DOCUMENT = (REPOSITORY / "docs" / "lifecycle.md").read_text(encoding="utf-8")


def test_document_has_every_cell_with_nothing_unaccounted() -> None:
    """A cell that is new, or gone, asks for `make test-lifecycle ARGS=--write`."""
    cells = list_cells()
    databases = "|".join(re.escape(database.name) for database in DATABASES)
    rows = re.findall(rf"^\| ({databases}) \| ([^|]+) \|", DOCUMENT, re.MULTILINE)

    assert f"**unaccounted: 0, duplicates: 0, cells: {len(cells)}**" in DOCUMENT
    assert sorted(rows) == sorted((cell.database.name, cell.work) for cell in cells)
    assert all(f"### {cell.life.title}\n" in DOCUMENT for cell in cells)
