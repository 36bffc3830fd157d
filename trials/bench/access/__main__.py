"""``python -m trials.bench.access``: what isolation and authentication cost (``--write``)."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from infra.local.children import Leashes
from infra.local.keys import load_keys
from infra.local.ports import free_port
from infra.local.services import data_api_child, local_url
from infra.local.settings import read_settings
from infra.local.throwaway import TEMPLATE, run_throwaway_server
from trials.bench.access.door import Entry, measure_entries
from trials.bench.access.reads import Read, fill, measure_reads, read_version
from trials.bench.access.requests import measure_requests

_PAGE: Final = Path(__file__).parents[3] / "docs" / "bench-access.md"
_READ_RATIO: Final = 1.1
_ENTRY_MICROSECONDS: Final = 500.0


@dataclass(frozen=True, slots=True)
class Effort:
    """How much there is to read, and how often it is read and somebody let in."""

    tenants: int = 20
    spans: int = 5000
    rounds: int = 200
    requests: int = 2000


def main() -> int:
    """Measure, print, and write on wish."""
    parser = argparse.ArgumentParser(prog="python -m trials.bench.access")
    parser.add_argument("--write", action="store_true", help=f"write docs/{_PAGE.name}")
    options = parser.parse_args()
    page = measure(Effort())
    sys.stdout.write(page)
    if options.write:
        _PAGE.write_text(page, encoding="utf-8")
    return 0


def measure(effort: Effort) -> str:
    """Measure on a Postgres of its own behind the real Data API; give the page."""
    folder = Path(mkdtemp(prefix="llm-observe-bench-"))
    settings, keys, port = read_settings(), load_keys(folder / "keys"), free_port()
    leashes = Leashes(folder / "children")
    try:
        with run_throwaway_server(settings, folder / "postgres") as server:
            server.create_template()
            database = server.create_database("access", template=TEMPLATE)
            data_api = leashes.start(
                data_api_child(settings, keys, database.authenticator_url, port)
            )
            data_api.wait_until_ready()
            end = fill(database, effort.tenants, effort.spans)
            found = measure_reads(database, end, effort.rounds)
            whole = measure_requests(local_url(port), keys, end, effort.rounds)
            entries = measure_entries(database, local_url(port), keys, effort.requests)
            data_api.stop()
            return render(effort, found, whole, entries, read_version(database))
    finally:
        leashes.close()
        shutil.rmtree(folder)


def render(
    effort: Effort, found: list[Read], whole: list[Read], entries: list[Entry], version: str
) -> str:
    """Give the page: a table of each, beside its target."""
    doors = "".join(
        f"| {entry.credential} | {entry.p50:.0f} | {entry.p95:.0f} | {entry.round_trips} |\n"
        for entry in entries
    )
    return f"""# What isolation costs

Written by `make bench-access ARGS=--write`, never by hand.
Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC with {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Postgres {version}.

## Reads under row level security

{effort.tenants} tenants of {effort.spans:,} spans each.
The same text, with its explicit tenant filter, as `authenticated` and as a role that passes over row level security, in turns, {effort.rounds} times each; milliseconds.
*Noise* is the bypassing role against itself.

Statements alone, prepared, on a direct connection:

{_tabulate(found)}
Whole requests to the Data API, as the API sends them, the bypassing role being `service_role`:

{_tabulate(whole)}
Target: at most {_READ_RATIO:g}. Worst measured: {max(read.ratio for read in found):.2f} for a statement, {max(read.ratio for read in whole):.2f} for a request.

## Letting a request in

The same credential {effort.requests:,} times within the minute that it is remembered; microseconds of processor time.

| credential | p50 | p95 | database round trips in all |
|---|--:|--:|--:|
{doors}
Target: at most {_ENTRY_MICROSECONDS:g} µs, and one round trip. Worst measured {max(entry.p50 for entry in entries):.0f} µs.
"""  # noqa: E501  # prose


def _tabulate(found: list[Read]) -> str:
    head = "| read | under RLS, p50 | p95 | bypassing, p50 | ratio | noise |\n"
    return f"{head}|---|--:|--:|--:|--:|--:|\n" + "".join(
        f"| {read.query} | {read.governed:.2f} | {read.governed_p95:.2f} | {read.bypassing:.2f} "
        f"| {read.ratio:.2f} | {read.noise:.2f} |\n"
        for read in found
    )


if __name__ == "__main__":
    sys.exit(main())
