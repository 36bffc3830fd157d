"""``python -m tests.lifecycle [words]``: every cell, or those whose names hold all the words."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

from infra.build.programs import BuildError
from infra.local.children import Child, Leashes
from infra.local.health import free_port
from infra.local.keys import load_keys
from infra.local.services import gateway_child, offline_openai_child
from infra.local.settings import Settings, read_settings
from infra.local.throwaway import TEMPLATE, run_throwaway_server
from tests.lifecycle.artifact import make_artifact
from tests.lifecycle.cells import CONTROL, Cell, list_cells
from tests.lifecycle.running import Backend, Result, live

_PARALLEL = 2
"""Cells mostly wait: for latencies, for deadlines, for the freeze."""


def main() -> int:
    """Live the cells and say what became of their spans; 1 if anything is not as promised."""
    parser = argparse.ArgumentParser(prog="python -m tests.lifecycle")
    parser.add_argument("words", nargs="*", help="run only cells whose names hold all of these")
    words = parser.parse_args().words
    cells = [cell for cell in list_cells() if all(word in cell.name for word in words)]
    folder = Path(mkdtemp(prefix="llm-observe-lifecycle-"))
    started = time.monotonic()
    try:
        with _run_backend(folder) as backend:
            control = live(CONTROL, 0, backend)
            results = _live_all(cells, backend)
    except BuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    failed = _tell(control, results)
    sys.stdout.write(f"{time.monotonic() - started:.0f} s\n")
    if failed:
        sys.stdout.write(f"The functions' logs are in {folder}.\n")
    else:
        shutil.rmtree(folder)
    unaccounted = sum(result.unaccounted for result in results)
    duplicates = sum(result.account.duplicates for result in results)
    sys.stdout.write(
        f"unaccounted: {unaccounted}, duplicates: {duplicates}, cells: {len(results)}\n"
    )
    return int(failed)


@contextmanager
def _run_backend(folder: Path) -> Iterator[Backend]:
    """A real Postgres behind a real gateway, and a fake OpenAI."""
    settings, artifact = read_settings(), make_artifact()
    keys, port = load_keys(folder / "keys"), free_port()
    with ExitStack() as stack:
        server = stack.enter_context(run_throwaway_server(settings, folder / "postgres"))
        server.create_template()
        database = server.create_database("lifecycle", template=TEMPLATE)
        leashes = Leashes(folder / "children")
        stack.callback(leashes.close)
        gateway = leashes.start(gateway_child(settings, keys, database.authenticator_url, port))
        stack.callback(gateway.stop)
        gateway.wait_until_ready()
        openai = _describe_openai(settings, free_port())
        running = leashes.start(openai)
        stack.callback(running.stop)
        running.wait_until_ready()
        urls = f"http://127.0.0.1:{port}", openai.health.removesuffix("/models")
        yield Backend(artifact, keys, *urls, database.owner_url, folder)


def _describe_openai(settings: Settings, port: int) -> Child:
    """The offline server in a hurry; on a leash, so that it ends even if this run is killed."""
    child = offline_openai_child(settings, port)
    return replace(child, argv=(*child.argv, "--pace", "0"))


def _live_all(cells: list[Cell], backend: Backend) -> list[Result]:
    with ThreadPoolExecutor(_PARALLEL) as pool:
        numbered = enumerate(cells, 1)
        return list(pool.map(lambda item: live(item[1], item[0], backend), numbered))


def _tell(control: Result, results: list[Result]) -> bool:
    """Write the table and what is wrong; give whether anything is."""
    header = "cell", "emitted", "stored", "reported", "exempt", "client ms", "billed ms"
    width = max(len(result.cell.name) for result in [control, *results])
    sys.stdout.write(f"{header[0]:{width}}" + "".join(f"{name:>10}" for name in header[1:]) + "\n")
    failed = False
    for result in results:
        account = result.account
        counts = account.emitted, account.stored, account.reported, account.lost_unannounced
        times = result.client_ms, result.billed_ms
        columns = "".join(f"{value:10.0f}" for value in (*counts, *times))
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


if __name__ == "__main__":
    sys.exit(main())
