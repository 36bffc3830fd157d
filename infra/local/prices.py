"""The committed price document, set in a database as its owner."""

from __future__ import annotations

from typing import Any

import psycopg

from infra.local.settings import REPOSITORY

DOCUMENT = REPOSITORY / "src" / "llm_observe" / "cost" / "prices.json"


def set_prices(url: str) -> dict[str, Any]:
    """Send the document to a migrated database; gives the counts of ``set_model_prices``.

    Raises:
        psycopg.Error: if it does not answer, or refuses.
    """
    with psycopg.connect(url) as connection:
        return _send(connection)


def count_price_changes(url: str) -> dict[str, Any]:
    """Count what ``set_prices`` would do, and leave all as it is.

    Raises:
        psycopg.Error: if the database does not answer, or refuses.
    """
    with psycopg.connect(url) as connection:
        counts = _send(connection)
        connection.rollback()
    return counts


def _send(connection: psycopg.Connection) -> dict[str, Any]:
    query = "select public.set_model_prices(%s::jsonb)"
    row = connection.execute(query, (DOCUMENT.read_text(encoding="utf-8"),)).fetchone()
    return dict(row[0]) if row else {}
