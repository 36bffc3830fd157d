"""Runs the library's tests in an environment of an end, and counts them."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from trials.ranges.ends import REPOSITORY, End, make_environment

_TESTS: Final = "tests/llm_observe"
_GROUP: Final = "tests"


@dataclass(frozen=True, slots=True)
class Result:
    """The versions of an end, and what came of the tests there."""

    end: End
    requirements: str
    passed: int
    skipped: int
    failed: int
    output: str


def try_end(end: End, folder: Path, wheel: Path) -> Result:
    """Resolve an end anew, install it, and run the library's tests there.

    Raises:
        RangeError: if it cannot be installed.
    """
    requirements = end.resolve()
    python = make_environment(folder, requirements, wheel, _GROUP)
    report = folder / "report.xml"
    options = ("-q", "--numprocesses", "2", "--dist", "loadfile", "-p", "no:cacheprovider")
    done = subprocess.run(
        (python, "-m", "pytest", *options, f"--junitxml={report}", _TESTS),
        cwd=REPOSITORY,
        env={name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"},
        capture_output=True,
        text=True,
        check=False,
    )
    counts = _count(report) if report.exists() else {"tests": 0, "skipped": 0, "failed": 1}
    passed = counts["tests"] - counts["skipped"] - counts["failed"]
    return Result(
        end, requirements, passed, counts["skipped"], counts["failed"], done.stdout + done.stderr
    )


def _count(report: Path) -> dict[str, int]:
    """Sum up a report of pytest's own making (JUnit's XML)."""
    suites = list(ET.parse(report).getroot().iter("testsuite"))

    def total(*names: str) -> int:
        return sum(int(suite.get(name, "0")) for suite in suites for name in names)

    return {
        "tests": total("tests"),
        "skipped": total("skipped"),
        "failed": total("failures", "errors"),
    }
