"""The SQL that gives the numbers of /metrics in Supabase Studio, written with literals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def explain(tenant: str, arguments: Mapping[str, Any]) -> str:
    """Write a transaction that reads as the tenant, under row level security, and asks the same."""
    claims = json.dumps({"role": "authenticated", "tenant_id": tenant})
    given = ",\n".join(f"  {name} => {_write(value)}" for name, value in arguments.items())
    return (
        "begin;\n"
        f"set local request.jwt.claims = {_quote(claims)};\n"
        "set local role authenticated;\n"
        f"select public.query_metrics(\n{given}\n) as metrics;\n"
        "commit;\n"
    )


def _write(value: object) -> str:
    """Write an argument as a literal."""
    match value:
        case None:
            return "null"
        case bool() | int():
            return json.dumps(value)
        case str():
            return _quote(value)
    return _quote(json.dumps(value, ensure_ascii=False)) + "::jsonb"


def _quote(text: str) -> str:
    """Quote a text, whatever ``standard_conforming_strings`` says, as libpq does."""
    doubled = text.replace("'", "''")
    return "E'" + doubled.replace("\\", "\\\\") + "'" if "\\" in text else f"'{doubled}'"
