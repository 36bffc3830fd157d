"""``python -m trials.lifecycle [words]``: every cell, or those whose names hold all the words."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import mkdtemp

from infra.build.programs import BuildError
from trials.lifecycle.applications import Backend
from trials.lifecycle.artifact import REPOSITORY
from trials.lifecycle.backend import run_backend
from trials.lifecycle.cells import CONTROL, Cell, list_cells
from trials.lifecycle.document import (
    COUNTS,
    TIMES,
    describe_counts,
    describe_times,
    write_document,
)
from trials.lifecycle.results import Result
from trials.lifecycle.running import live

_PARALLEL = 2
"""Cells mostly wait: for latencies, for deadlines, for the freeze."""
_DOCUMENT = REPOSITORY / "docs" / "lifecycle.md"


def main() -> int:
    """Live the cells and say what became of their spans; 1 if anything is not as promised."""
    arguments = _read_arguments()
    cells = [cell for cell in list_cells() if all(word in cell.name for word in arguments.words)]
    folder = Path(mkdtemp(prefix="llm-observe-lifecycle-"))
    started = time.monotonic()
    try:
        with run_backend(folder) as backend:
            control = live(CONTROL, 0, backend)
            results = _live_all(cells, backend)
    except BuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    seconds = time.monotonic() - started
    failed = _tell(control, results)
    total = _total_up(results)
    if failed:
        sys.stdout.write(f"The functions' logs are in {folder}.\n")
    else:
        shutil.rmtree(folder)
        if arguments.write:
            _DOCUMENT.write_text(write_document(backend, control, results, total, seconds))
    sys.stdout.write(f"{seconds:.0f} s\n{total}\n")
    return int(failed)


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m trials.lifecycle")
    parser.add_argument("words", nargs="*", help="run only cells whose names hold all of these")
    parser.add_argument(
        "--write", action="store_true", help=f"write {_DOCUMENT.name} if all is well"
    )
    arguments = parser.parse_args()
    if arguments.write and arguments.words:
        parser.error("--write needs every cell: leave out the words.")
    return arguments


def _live_all(cells: Sequence[Cell], backend: Backend) -> list[Result]:
    """Live the cells, a few at a time; those that only wait take nobody's place."""
    numbered = list(enumerate(cells, 1))
    with ThreadPoolExecutor(len(cells)) as waiting, ThreadPoolExecutor(_PARALLEL) as pool:
        futures = [
            (waiting if cell.life.pause else pool).submit(live, cell, number, backend)
            for number, cell in numbered
        ]
        return [future.result() for future in futures]


def _tell(control: Result, results: Sequence[Result]) -> bool:
    """Write the table and what is wrong; give whether anything is."""
    width = max(len(result.cell.name) for result in [control, *results])
    header = "".join(f"{name:>12}" for name in (*COUNTS, *TIMES))
    sys.stdout.write(f"{'cell':{width}}{header}\n")
    failed = False
    for result in results:
        numbers = *describe_counts(result), *describe_times(result)
        columns = "".join(f"{number:12.0f}" for number in numbers)
        sys.stdout.write(f"{result.cell.name:{width}}{columns}\n")
        for fault in result.list_faults():
            failed = True
            sys.stdout.write(f"  FAULT: {fault}\n")
    lost, emitted = control.account.missing, control.account.emitted
    sys.stdout.write(f"control without the decorator: {lost} of {emitted} spans lost, as must be\n")
    if not lost:
        failed = True
        sys.stdout.write("  FAULT: the control lost nothing, so nothing here is proven\n")
    return failed


def _total_up(results: Sequence[Result]) -> str:
    unaccounted = sum(result.unaccounted for result in results)
    duplicates = sum(result.settlement.duplicates for result in results)
    return f"unaccounted: {unaccounted}, duplicates: {duplicates}, cells: {len(results)}"


if __name__ == "__main__":
    sys.exit(main())
