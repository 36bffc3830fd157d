"""Writes docs/hosts.md: beside what the layer was tried, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from trials.hosts.running import Result
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


def write_document(backend: Backend, results: Sequence[Result], total: str, seconds: float) -> str:
    """Give the whole page."""
    rows = "".join(
        f"| {r.host.name} | {r.versions} | {'; '.join(r.faults) or 'the same'} | {r.said} |\n"
        for r in results
    )
    preamble = _PREAMBLE.format(
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        seconds=seconds,
        versions=backend.artifact.describe(),
        total=total,
    )
    return preamble + rows


def total_up(results: Sequence[Result]) -> str:
    """Give the sentence of the sums."""
    traced = sum(bool(r.spans) for r in results)
    broken = sum(bool(r.faults) for r in results)
    return (
        f"{len(results)} hosts: {traced} traced, {len(results) - traced} untraced with a line that "
        f"says why, broken: {broken}."
    )
