"""``llm-observe doctor``, or ``python -m llm_observe doctor``: is all set up as it should be?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from llm_observe.doctor.checks import Check, has_failed
from llm_observe.doctor.examination import examine
from llm_observe.doctor.report import write_json, write_text

_EXITS = "exit codes: 0 nothing failed; 1 something did; 2 the command is not understood"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command."""
    parser = argparse.ArgumentParser(prog="llm-observe")
    commands = parser.add_subparsers(required=True)
    doctor = commands.add_parser("doctor", help="check settings, project and deployment")
    doctor.epilog = _EXITS
    add_options(doctor)
    options = parser.parse_args(arguments)
    return report(examine(), as_json=options.json)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what each doctor's command line has."""
    parser.add_argument("--json", action="store_true", help="for scripts: one JSON object")


def report(
    checks: Sequence[Check], *, as_json: bool, write: Callable[[str], object] = sys.stdout.write
) -> int:
    """Write the checks and give the exit code."""
    write(write_json(checks) if as_json else write_text(checks))
    return int(has_failed(checks))


if __name__ == "__main__":
    sys.exit(main())
