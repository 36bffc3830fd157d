"""``python -m infra.costs [--measure] [--write]``: print the cost page, or write it."""

from __future__ import annotations

import argparse
import sys
from typing import Final

from infra.costs.document import write_document
from infra.costs.measured import MeasureError, load_measured
from infra.costs.measuring import measure
from infra.costs.prices import load_list_prices
from infra.costs.stack import read_stack
from infra.local.settings import REPOSITORY

_DOCUMENT: Final = REPOSITORY / "docs" / "cost.md"


def main() -> int:
    """Run the command; 1 where a page of a bench lost a number."""
    parser = argparse.ArgumentParser(prog="python -m infra.costs")
    parser.add_argument("--measure", action="store_true", help="measure the bytes of a span anew")
    parser.add_argument("--write", action="store_true", help=f"write docs/{_DOCUMENT.name}")
    arguments = parser.parse_args()
    if arguments.measure:
        measure()
    try:
        page = write_document(load_list_prices(), load_measured(), read_stack())
    except MeasureError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if arguments.write:
        _DOCUMENT.write_text(page, encoding="utf-8")
    else:
        sys.stdout.write(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
