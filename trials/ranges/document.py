"""Writes docs/ranges.md: the library's ranges, and the versions that were tried at both ends."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.utils import canonicalize_name

from trials.ranges.ends import End, list_ranges, read_versions
from trials.ranges.running import read_counts

_PREAMBLE = """\
# The library's dependencies, at both ends

Written by `make test-ranges ARGS=--write`; do not edit.

The library asks for ranges, so that it goes together with what an application has.
`uv.lock` pins the versions that are deployed: those of the functions and of the layers.
The lowest end is what `uv` resolves by `lowest-direct`, the newest what the registry had on that day.
At each end the wheel is installed with the extras `openai` and `otlp` into an environment of its own, and the library's tests run there, on real Postgres and the real Data API.
`make check` installs the same versions again and traces one call at each end.

| end | on | Python | tests passed | of these alone | skipped | failed |
| --- | --- | --- | --: | --: | --: | --: |
{tests}

*Alone*: a test that failed among the others on a busy machine and passed by itself.

| dependency | range | lowest tried | newest tried |
| --- | --- | --- | --- |
{versions}

Dependencies of these are at their newest at both ends.
On Lambda a function may bring versions outside a range beside the layer: [hosts.md](hosts.md) lists what becomes of its telemetry then.
"""  # noqa: E501  # one sentence a line


def write_document() -> str:
    """Give the page's text, from what the last runs kept."""
    return _PREAMBLE.format(
        tests="\n".join(_render_end(end) for end in End), versions="\n".join(_list_versions())
    )


def _render_end(end: End) -> str:
    c = read_counts(end)
    counts = f"{c.passed:,} | {c.passed_alone} | {c.skipped} | {c.failed}"
    return f"| {end.name.lower()} | {c.day} | {c.python} | {counts} |"


def _list_versions() -> Iterator[str]:
    ends = [read_versions(end.kept.read_text(encoding="utf-8")) for end in End]
    for wanted in list_ranges():
        versions = " | ".join(end[canonicalize_name(wanted.name)] for end in ends)
        yield f"| {wanted.name} | `{wanted.specifier}` | {versions} |"
