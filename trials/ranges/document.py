"""Writes docs/ranges.md: the library's ranges, and the versions that were tried at both ends."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from datetime import UTC, datetime

from packaging.utils import canonicalize_name

from trials.ranges.ends import list_ranges, read_versions
from trials.ranges.running import Result

_PREAMBLE = """\
# The library's dependencies, at both ends

Written by `make test-ranges ARGS=--write`; do not edit.
The run of {date} took {seconds:.0f} s on Python {python}.

The library asks for ranges, so that it goes together with what an application has.
`uv.lock` pins the versions that are deployed: those of the functions and of the layers.
The lowest end is what `uv` resolves by `lowest-direct`, the newest what the registry had on that day.
At each end the wheel is installed with the extras `openai` and `otlp` into an environment of its own, and the library's tests run there, on real Postgres and the real Data API.
`make check` installs the same versions again and traces one call at each end.

| end | tests passed | skipped | failed |
| --- | --: | --: | --: |
{tests}

| dependency | range | lowest tried | newest tried |
| --- | --- | --- | --- |
{versions}

What these bring themselves is at its newest at both ends.
A function that brings versions outside a range runs untraced, with one line that names them: [hosts.md](hosts.md).
"""  # noqa: E501  # one sentence a line


def write_document(results: Sequence[Result], seconds: float) -> str:
    """Give the page's text."""
    return _PREAMBLE.format(
        date=datetime.now(UTC).date(),
        seconds=seconds,
        python=platform.python_version(),
        tests="\n".join(
            f"| {r.end.name.lower()} | {r.passed:,} | {r.skipped} | {r.failed} |" for r in results
        ),
        versions="\n".join(_list_versions(results)),
    )


def _list_versions(results: Sequence[Result]) -> list[str]:
    ends = [read_versions(result.requirements) for result in results]
    rows = []
    for wanted in list_ranges():
        versions = " | ".join(end[canonicalize_name(wanted.name)] for end in ends)
        rows.append(f"| {wanted.name} | `{wanted.specifier}` | {versions} |")
    return rows
