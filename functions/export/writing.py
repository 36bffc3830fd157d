"""Rows of lists as text: CSV (RFC 4180) that a spreadsheet runs nothing of, or JSON lines. Pure."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from pydantic import BaseModel

from functions.common.answer_size import MOST_BYTES

Format = Literal["csv", "jsonl"]
VERSION: Final = "1"
"""Of the columns: within one, columns are only added, at the end."""
_FORMULAS: Final = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""Beginnings of a cell that a spreadsheet takes for a formula, or cuts off to find one; the last
four are the first ones in full width. https://owasp.org/www-community/attacks/CSV_Injection"""


def write_header(columns: Sequence[str], written: Format) -> str:
    """Write what stands before the first row: of CSV the names of the columns."""
    return _join(columns) if written == "csv" else ""


def write_line(row: BaseModel, written: Format) -> str:
    """Write one row, with the end of its line."""
    return _LINES[written](row)


def fit(lines: Sequence[str]) -> int:
    """Count the first lines that an answer holds, as text inside the function's result."""
    left = MOST_BYTES
    for number, line in enumerate(lines):
        left -= len(json.dumps(line))
        if left < 0:
            return number
    return len(lines)


def _write_cells(row: BaseModel) -> str:
    return _join(map(_write_cell, row.model_dump(mode="json").values()))


def _join(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()


def _write_cell(value: Any) -> str:
    """Write a value; an empty cell is what is not known."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULAS) else value
    if isinstance(value, bool | Mapping | list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return str(value)


_LINES: Final[Mapping[Format, Callable[[BaseModel], str]]] = {
    "csv": _write_cells,
    "jsonl": lambda row: f"{row.model_dump_json()}\n",
}
