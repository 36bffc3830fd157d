"""Rows of lists as text: CSV (RFC 4180) that a spreadsheet runs nothing of, or JSON lines. Pure."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel

VERSION: Final = "1"
"""Of the columns: within one, columns are only added, at the end."""
_FORMULAS: Final = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""Beginnings of a cell that a spreadsheet takes for a formula, or cuts off to find one; the last
four are the first ones in full width. https://owasp.org/www-community/attacks/CSV_Injection"""


def write_csv(columns: Sequence[str], rows: Iterable[BaseModel], *, header: bool) -> str:
    """Write rows as CSV, with the names of the columns before them where that is wanted."""
    text = io.StringIO()
    writer = csv.writer(text)
    if header:
        writer.writerow(columns)
    for row in rows:
        values = row.model_dump(mode="json")
        writer.writerow([_write_cell(values[name]) for name in columns])
    return text.getvalue()


def write_json_lines(rows: Iterable[BaseModel]) -> str:
    """Write each row as an object in a line of its own."""
    return "".join(f"{row.model_dump_json()}\n" for row in rows)


def _write_cell(value: Any) -> str:
    """Write a value; an empty cell is what is not known."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULAS) else value
    if isinstance(value, bool | Mapping | list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return str(value)
