"""Writes docs/hosts.md: beside what the layer was tried, and what came of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from trials.hosts.running import HostError, Result
from trials.lifecycle.applications import Backend

_PREAMBLE = """\
# Functions that bring packages of their own

Written by `make test-hosts ARGS=--write`; do not edit.
The run of {date} took {seconds:.0f} s: {versions}.

**{total}**

On Lambda a function's own packages come before a layer's, so the layer meets whatever version the function brings.
Each host below is a function with these packages, which calls OpenAI's client in every way it knows, at log level INFO: plain, streamed, asynchronous, raw, embeddings, responses, an error.
It runs twice, with and without the layer, on AWS's own runtime client and emulator; the model is an offline fake, the Data API and Postgres are real.
Its answers must be the same, and its log too, but for our own lines; and either its calls are stored, or one line of its log says why not.

Where what was tried before anything is switched on does not work, nothing is switched on.
Where only a client is of a version that OpenTelemetry's instrumentation does not know, that client is left alone.

| the function brings | versions | answers | what becomes of its telemetry |
| --- | --- | --- | --- |
"""  # noqa: E501  # prose
_SAME: Final = "the same"
_RULE: Final = "| --- | --- | --- | --- |"
_SUM: Final = re.compile(r"^\*\*\d+ hosts: .*\*\*$", re.MULTILINE)


def write_document(backend: Backend, results: Sequence[Result], total: str, seconds: float) -> str:
    """Give the whole page."""
    rows = "".join(f"{_render_row(result)}\n" for result in results)
    preamble = _PREAMBLE.format(
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        seconds=seconds,
        versions=backend.artifact.describe(),
        total=total,
    )
    return preamble + rows


def replace_rows(page: str, results: Sequence[Result]) -> str:
    """Give a page with the rows of some hosts anew, the sum that follows, and the day of it.

    Raises:
        HostError: if the page has no row of a host.
    """
    lines = page.splitlines()
    for result in results:
        start = f"| {result.host.name} | "
        [place] = [n for n, line in enumerate(lines) if line.startswith(start)] or [-1]
        if place < 0:
            raise HostError(f"{result.host.name} has no row yet: write the page of every host.")
        lines[place] = _render_row(result)
    again = (
        f"Tried again on {datetime.now(UTC):%Y-%m-%d}: {', '.join(r.host.name for r in results)}."
    )
    kept = [line for line in lines if line != again]
    after = next(n for n, line in enumerate(kept) if line.startswith("The run of ")) + 1
    text = "\n".join((*kept[:after], again, *kept[after:])) + "\n"
    return _SUM.sub(f"**{_total_up(_read_rows(kept))}**", text)


def _read_rows(lines: Sequence[str]) -> Iterator[tuple[bool, bool]]:
    """Give of each row whether the host is traced, and whether it is broken."""
    begun = lines.index(_RULE) + 1
    for line in lines[begun:]:
        *_, answers, said = line.strip("| ").split(" | ")
        yield said.startswith("traced"), answers != _SAME


def _render_row(result: Result) -> str:
    faults = "; ".join(result.faults) or _SAME
    return f"| {result.host.name} | {result.versions} | {faults} | {result.said} |"


def total_up(results: Sequence[Result]) -> str:
    """Give the sentence of the sums."""
    return _total_up((bool(result.spans), bool(result.faults)) for result in results)


def _total_up(fates: Iterable[tuple[bool, bool]]) -> str:
    hosts = list(fates)
    traced, broken = (sum(fate) for fate in zip(*hosts, strict=True))
    return (
        f"{len(hosts)} hosts: {traced} traced, {len(hosts) - traced} untraced with a line that "
        f"says why, broken: {broken}."
    )
