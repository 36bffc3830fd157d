"""``python -m trials.hosts [words]``: every host, or those whose names hold all the words."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from infra.build.programs import BuildError
from trials.hosts.cells import Host, list_hosts
from trials.hosts.document import replace_rows, total_up, write_document
from trials.hosts.running import HostError, Result, try_host
from trials.lifecycle.applications import Backend
from trials.lifecycle.artifact import REPOSITORY
from trials.lifecycle.backend import run_backend

_PARALLEL: Final = 2
_DOCUMENT: Final = REPOSITORY / "docs" / "hosts.md"


def main() -> int:
    """Try the hosts and say how they fare; 1 if one is broken."""
    parser = argparse.ArgumentParser(prog="python -m trials.hosts")
    parser.add_argument("words", nargs="*", help="try only hosts whose names hold all of these")
    parser.add_argument(
        "--write",
        action="store_true",
        help=f"write docs/{_DOCUMENT.name}, or its rows of those tried",
    )
    arguments = parser.parse_args()
    hosts = [host for host in list_hosts() if all(word in host.name for word in arguments.words)]
    folder, started = Path(mkdtemp(prefix="llm-observe-hosts-")), time.monotonic()
    try:
        with run_backend(folder) as backend:
            results = _try_all(hosts, backend)
            seconds = time.monotonic() - started
            page = _make_page(arguments.words, backend, results, seconds)
    except (BuildError, HostError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    broken = any(result.faults for result in results)
    if broken:
        sys.stdout.write(f"The functions' logs are in {folder}.\n")
    else:
        shutil.rmtree(folder)
        if arguments.write:
            _DOCUMENT.write_text(page, encoding="utf-8")
    sys.stdout.write(f"{seconds:.0f} s\n{total_up(results)}\n")
    return int(broken)


def _make_page(
    words: Sequence[str], backend: Backend, results: Sequence[Result], seconds: float
) -> str:
    """Give the whole page, or the present one with the rows of those tried."""
    if words:
        return replace_rows(_DOCUMENT.read_text(encoding="utf-8"), results)
    return write_document(backend, results, total_up(results), seconds)


def _try_all(hosts: Sequence[Host], backend: Backend) -> list[Result]:
    with ThreadPoolExecutor(_PARALLEL) as pool:
        futures = [
            pool.submit(try_host, host, number, backend) for number, host in enumerate(hosts, 1)
        ]
        results = []
        for future in futures:
            result = future.result()
            results.append(result)
            faults = "; ".join(result.faults) or "the same"
            sys.stdout.write(f"{result.host.name}: {faults}; {result.said}\n")
            sys.stdout.flush()
    return results


if __name__ == "__main__":
    sys.exit(main())
