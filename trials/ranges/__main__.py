"""``python -m trials.ranges``: the library's tests at both ends of its dependencies' ranges."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from infra.build.__main__ import build_wheel
from infra.build.programs import BuildError
from trials.ranges.document import write_document
from trials.ranges.ends import REPOSITORY, End, RangeError
from trials.ranges.running import Result, try_end

_DOCUMENT: Final = REPOSITORY / "docs" / "ranges.md"


def main() -> int:
    """Try both ends, or the one that is named; 1 if a test fails there."""
    parser = argparse.ArgumentParser(prog="python -m trials.ranges")
    parser.add_argument("end", nargs="?", choices=[end.name.lower() for end in End])
    parser.add_argument(
        "--write",
        action="store_true",
        help=f"write docs/{_DOCUMENT.name}, of the ends that are tried",
    )
    arguments = parser.parse_args()
    try:
        results = _try_ends(arguments.end)
    except (BuildError, RangeError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    failed = any(result.counts.failed for result in results)
    if arguments.write and not failed:
        for result in results:
            result.keep()
        _DOCUMENT.write_text(write_document(), encoding="utf-8")
    return int(failed)


def _try_ends(only: str | None) -> list[Result]:
    results = []
    with TemporaryDirectory(prefix="llm-observe-ranges-") as made:
        folder = Path(made)
        wheel = build_wheel(folder / "dist")
        for end in End:
            if only in (None, name := end.name.lower()):
                result = try_end(end, folder / name, wheel)
                results.append(result)
                sys.stdout.write(f"{result.output}{name}: {result.counts}\n")
                sys.stdout.flush()
    return results


if __name__ == "__main__":
    sys.exit(main())
