"""``python -m trials.bench.reads``: fill, ask, print the tables, and write the page on wish."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from infra.local.children import ChildError
from infra.local.migrations import apply_schemas
from infra.local.report import Reporter
from infra.local.settings import read_settings
from infra.local.setup import SetupError
from infra.local.throwaway import TEMPLATE, run_throwaway_server
from trials.bench.reads.beside import keep_peers, render_peers
from trials.bench.reads.document import render
from trials.bench.reads.peers import PEERS, measure_peer
from trials.bench.reads.run import Effort, Run
from trials.bench.reads.turns import Patience

_PAGE: Final = Path(__file__).parents[3] / "docs" / "bench-reads.md"
_FULL: Final = Effort()
_DESCRIPTION: Final = (
    "Fill a database of its own, ask every question, print the tables. By rates measured at "
    "400,000 spans it takes two quiet cores about 10 minutes for 1 M spans and 40 for 10 M, with "
    "25 GB in the folder for temporary files, and 20 more where peers are not kept."
)


def main() -> int:
    """Measure; 1 with a sentence where something is missing or broken."""
    options = _parse()
    effort = Effort(
        spans=options.spans,
        patience=Patience(rounds=options.rounds, seconds=options.seconds),
        peer_spans=options.peer_spans,
    )
    try:
        page = run(effort, keep_peers(options.page) if options.keep_peers else None)
    except (ChildError, SetupError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"\n{page}")
    if options.write:
        options.page.write_text(page, encoding="utf-8")
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m trials.bench.reads", description=_DESCRIPTION)
    parser.add_argument("--spans", type=int, default=_FULL.spans, help="in all: copies beyond 1 M")
    parser.add_argument(
        "--rounds", type=int, default=_FULL.patience.rounds, help="of each question, at most"
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=_FULL.patience.seconds,
        help="of each question: slower ones are asked three times beyond warming up",
    )
    parser.add_argument(
        "--peer-spans", type=int, default=_FULL.peer_spans, help="of each; 0: no peers"
    )
    parser.add_argument(
        "--keep-peers", action="store_true", help="keep what the page says of peers, and its day"
    )
    parser.add_argument("--write", action="store_true", help="write the page")
    parser.add_argument("--page", type=Path, default=_PAGE, help=f"default: docs/{_PAGE.name}")
    return parser.parse_args()


def run(effort: Effort, kept: str | None = None) -> str:
    """Measure on a durable Postgres of its own; give the page, with peers as they were kept."""
    folder, report = Path(mkdtemp(prefix="llm-observe-bench-")), Reporter()
    load = os.getloadavg()[0]
    with run_throwaway_server(read_settings(), folder / "postgres", durable=True) as server:
        # First what may lack the network, before hours are spent.
        peers = [
            measure_peer(server, name, effort.peer_spans, effort.patience, folder, report)
            for name in (PEERS if effort.peer_spans and kept is None else ())
        ]
        # Edits of the schemas are measured before there is a migration of them.
        server.create_template(apply_schemas)
        database = server.create_database("reads", template=TEMPLATE)
        outcome = Run(database, effort, folder, report).measure()
        beside = render_peers(peers) if kept is None else kept
        page = render(outcome, beside, load, server.cluster.owner_url)
    # Where something went wrong, the logs stay.
    shutil.rmtree(folder)
    return page


if __name__ == "__main__":
    sys.exit(main())
