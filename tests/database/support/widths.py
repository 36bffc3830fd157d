"""How wide a row of an index can become: what does not fit fails its batch with 54000."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from tests.database.support.callers import Connection
from tests.database.support.catalogue import OURS, read_rows

WIDEST: Final = 2_704
"""Bytes of a row of a btree (BTMaxItemSize, of a page of 8 kB)."""
_OVERHEAD: Final = 16
"""Bytes for a row, and with each column, of headers and padding."""
_UNBOUNDED: Final = 2**30
_BOUNDS: Final = (
    (r"app\.is_tenant_id\({column}\)", 63),
    (r"\boctet_length\({column}\) <?= (\d+)", 1),
    (r"(?<!_)\blength\({column}\) <= (\d+)", 4),
    (r"\({column} ~ '\^\[[^]]+\]\{{(?:1,)?(\d+)\}}\$'::text\)", 1),
    # One of a list of words, written out or in a function.
    (r"\({column} = ANY \((?:ARRAY\[|app\.\w+\(\))", 64),
    (r"\bscale\({column}\) <= 12", 40),
)
"""Checks that bound a column, and its bytes: a number, or so many times the check's own."""


def find_indexes_too_wide(connection: Connection) -> set[str]:
    """Every text in a key, or beside one, has a check of its length, and a row has room."""
    query = f"""
        select i.indexrelid::regclass::text, coalesce(a.attname::text, 'an expression'), x.attlen,
          array(select pg_get_constraintdef(k.oid) from pg_constraint k
            where k.conrelid = c.oid and k.contype = 'c' and k.convalidated)
        from pg_index i join pg_class c on c.oid = i.indrelid and c.relnamespace in {OURS}
        join pg_attribute x on x.attrelid = i.indexrelid
        left join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[x.attnum - 1]
          and a.attnum > 0"""
    widths: dict[str, int] = defaultdict(lambda: _OVERHEAD)
    found = set()
    for index, column, fixed, checks in read_rows(connection, query):
        width = fixed if fixed > 0 else min((_bound(column, checks)), default=_UNBOUNDED)
        if width == _UNBOUNDED:
            found.add(f"{index}: {column} has no bound")
        widths[index] += width + _OVERHEAD
    return found or {f"{index}: {width} bytes" for index, width in widths.items() if width > WIDEST}


def _bound(column: str, checks: Iterable[str]) -> Iterable[int]:
    for check in checks:
        for pattern, width in _BOUNDS:
            for match in re.finditer(pattern.format(column=column), check):
                yield width * int(match[1]) if match.groups() else width
