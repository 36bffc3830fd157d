"""``python -m trials.instrumentations [names]``: run libraries live, show and keep what they emit.

A library's snippet in docs/sending-spans.md is run, too.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.local.report import Reporter
from infra.local.settings import read_settings
from infra.local.throwaway import run_throwaway_server
from trials.instrumentations.catalogue import LIBRARIES
from trials.instrumentations.document import DOCUMENT, write_document
from trials.instrumentations.environments import InstallError, install, lock
from trials.instrumentations.fixtures import read_fixtures, write_fixture
from trials.instrumentations.library import Library
from trials.instrumentations.recording import Stage, record, set_stage
from trials.instrumentations.replay import judge_fixtures
from trials.instrumentations.senders import SENDERS
from trials.instrumentations.snippets import PAGE
from trials.instrumentations.trial import try_page


def main() -> int:
    """Run the libraries; 1 if one could not be installed or a scenario failed."""
    arguments = _read_arguments()
    known = [each for each in (*LIBRARIES, *SENDERS) if each.is_run]
    libraries = [each for each in known if not arguments.names or each.name in arguments.names]
    reporter = Reporter()
    if arguments.document:
        _write_document()
        return 0
    if arguments.lock:
        for library in libraries:
            lock(library)
        return 0
    failures: list[str] = []
    with set_stage() as stage:
        for library in libraries:
            with reporter.step(library.name) as step:
                step.detail, failed = _run(library, stage, arguments)
                failures += failed
    for failure in failures:
        reporter.write(failure)
    return int(bool(failures))


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m trials.instrumentations")
    parser.add_argument("names", nargs="*", help="run only these libraries")
    parser.add_argument("--write", action="store_true", help="write the fixtures")
    parser.add_argument(
        "--only", action="append", default=[], help="live only this scenario (may be repeated)"
    )
    parser.add_argument("--snippets", action="store_true", help="run only the page's snippets")
    parser.add_argument("--lock", action="store_true", help="only resolve the pins anew")
    parser.add_argument(
        "--document", action="store_true", help=f"only write {DOCUMENT.name} from the fixtures"
    )
    return parser.parse_args()


def _write_document() -> None:
    fixtures = list(read_fixtures())
    with (
        TemporaryDirectory() as folder,
        run_throwaway_server(read_settings(), Path(folder)) as server,
    ):
        findings = judge_fixtures(server.create_template(), fixtures)
    DOCUMENT.write_text(write_document(fixtures, findings), encoding="utf-8")


def _run(
    library: Library, stage: Stage, arguments: argparse.Namespace
) -> tuple[str, Sequence[str]]:
    """Give a line about a library and what went wrong."""
    try:
        command = install(library)
    except InstallError as error:
        return "not installed", [f"{library.name} {library.version} does not install: {error}"]
    wanted = () if arguments.snippets else arguments.only or library.lived
    names = [name for name in library.lived if name in wanted]
    scenarios = list(record(library, command, stage, names))
    failures = [
        f"{library.name} {each['name']}: {each['failed']}" for each in scenarios if "failed" in each
    ]
    if arguments.write and names and not failures:
        write_fixture(library, scenarios)
    # Who asks for one scenario does not ask for the page.
    wrong = None if arguments.only else try_page(library, command, stage)
    if wrong:
        failures.append(f"{library.name}, its snippet in {PAGE.name}: {wrong}")
    spans = sum(
        len(scope["spans"])
        for each in scenarios
        for group in each["request"]["resourceSpans"]
        for scope in group["scopeSpans"]
    )
    return f"{library.version}, {len(scenarios)} scenarios, {spans} spans", failures


if __name__ == "__main__":
    sys.exit(main())
