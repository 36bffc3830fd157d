"""Runs the library's tests in an environment of an end, and counts them."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from trials.ranges.ends import REPOSITORY, End, make_environment

_TESTS: Final = "tests/llm_observe"
_GROUP: Final = "tests"


@dataclass(frozen=True, slots=True)
class Counts:
    """What came of the tests at an end, and when."""

    day: str
    python: str
    passed: int
    skipped: int
    passed_alone: int
    """Of those passed, that failed among all the others and not by themselves."""
    failed: int


@dataclass(frozen=True, slots=True)
class Result:
    """An end's versions, its counts, and what the failing tests printed."""

    end: End
    requirements: str
    counts: Counts
    output: str

    def keep(self) -> None:
        """Write versions and counts, which the page and the short form read."""
        self.end.kept.write_text(self.requirements, encoding="utf-8")
        text = json.dumps(asdict(self.counts), indent=2) + "\n"
        self.end.kept.with_suffix(".json").write_text(text, encoding="utf-8")


def read_counts(end: End) -> Counts:
    """Give those of the last run that was written."""
    text = end.kept.with_suffix(".json").read_text(encoding="utf-8")
    return Counts(**json.loads(text))


def try_end(end: End, folder: Path, wheel: Path) -> Result:
    """Resolve an end anew, install it, and run the library's tests there.

    A test that fails is run once more by itself: some hold seconds, which a busy machine takes.

    Raises:
        RangeError: if it cannot be installed.
    """
    requirements = end.resolve()
    python = make_environment(folder, requirements, wheel, _GROUP)
    first, output = _run_tests(python, folder, "-n2", "--dist=loadfile")
    failed = first["failed"]
    if failed:
        again, output = _run_tests(python, folder, "-n0", "--last-failed")
        failed = again["failed"]
    counts = Counts(
        day=f"{datetime.now(UTC).date()}",
        python=platform.python_version(),
        passed=first["tests"] - first["skipped"] - failed,
        skipped=first["skipped"],
        passed_alone=first["failed"] - failed,
        failed=failed,
    )
    return Result(end, requirements, counts, output if failed else "")


def _run_tests(python: Path, folder: Path, *options: str) -> tuple[dict[str, int], str]:
    report = folder / "report.xml"
    report.unlink(missing_ok=True)
    cache = f"cache_dir={folder / 'cache'}"
    done = subprocess.run(
        (python, "-m", "pytest", "-q", *options, "-o", cache, f"--junitxml={report}", _TESTS),
        cwd=REPOSITORY,
        env={name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"},
        capture_output=True,
        text=True,
        check=False,
    )
    counts = _count(report) if report.exists() else {"tests": 1, "skipped": 0, "failed": 1}
    return counts, done.stdout + done.stderr


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
