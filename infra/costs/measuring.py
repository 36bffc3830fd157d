"""Measures what a stored span takes: a week's sample in a real database, by Postgres's own word."""

from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import psycopg

from infra.costs.measured import BYTES
from infra.local.children import Leashes
from infra.local.keys import load_keys
from infra.local.migrations import apply_schemas
from infra.local.ports import free_port
from infra.local.sample.delivery import deliver_sample
from infra.local.services import data_api_child, function_environment
from infra.local.settings import read_settings
from infra.local.throwaway import TEMPLATE, run_throwaway_server
from llm_observe.config import read_settings as read_library_settings

_STORED: Final = """
select sum(pg_total_relation_size(c.oid))
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('public', 'app') and c.relkind = 'r'
"""
_COUNTED: Final = """
select count(*), count(*) filter (where counted), sum(length(to_jsonb(s)::text)) from spans s
"""


def measure() -> None:
    """Fill a throwaway database and write the file."""
    with TemporaryDirectory(prefix="llm-observe-costs-") as folder, ExitStack() as stack:
        owner_url, empty = _fill(Path(folder), stack)
        with psycopg.connect(owner_url) as connection:
            spans, calls, json_bytes = connection.execute(_COUNTED).fetchone() or (0, 0, 0)
            version = connection.info.parameter_status("server_version")
            stored = _read_stored(connection) - empty
    numbers = {
        "measured_on": f"{datetime.now(UTC).date()}",
        "postgres": version,
        "spans": spans,
        "calls": calls,
        "stored_bytes": stored,
        "json_bytes": int(json_bytes),
    }
    BYTES.write_text(json.dumps(numbers, indent=2) + "\n", encoding="utf-8")


def _fill(folder: Path, stack: ExitStack) -> tuple[str, int]:
    """Store the sample; give the database's address, and the bytes it took when it was empty."""
    settings, keys, port = read_settings(), load_keys(folder / "keys"), free_port()
    server = stack.enter_context(run_throwaway_server(settings, folder / "postgres"))
    server.create_template(apply_schemas)
    database = server.create_database("costs", template=TEMPLATE)
    leashes = Leashes(folder / "children")
    stack.callback(leashes.close)
    running = leashes.start(data_api_child(settings, keys, database.authenticator_url, port))
    stack.callback(running.stop)
    running.wait_until_ready()
    with psycopg.connect(database.owner_url) as connection:
        empty = _read_stored(connection)
    variables = function_environment(settings, keys, port)
    library = read_library_settings(variables | {"SUPABASE_URL": f"http://127.0.0.1:{port}"})
    deliver_sample(library, database.owner_url, datetime.now(UTC))
    return database.owner_url, empty


def _read_stored(connection: psycopg.Connection[tuple[int, ...]]) -> int:
    row = connection.execute(_STORED).fetchone()
    return int(row[0]) if row else 0
