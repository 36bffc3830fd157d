"""The section of the page about Phoenix and MLflow, which a later run may keep."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from infra.local.setup import SetupError
from trials.bench.ingest.peers import read_pins
from trials.bench.reads.document import table
from trials.bench.reads.peers import Peer

_TITLE: Final = "## Beside Phoenix and MLflow"


def render_peers(peers: Sequence[Peer]) -> str:
    """Give the section, with the day of its own that it keeps; nothing where nobody was asked."""
    if not peers:
        return ""
    rows = [
        (
            peer.system,
            question,
            f"{timing.p50:,.0f}" if timing else "cannot be asked",
            f"{timing.rounds}" if timing else "-",
            note,
        )
        for peer in peers
        for question, timing, note in peer.answers
    ]
    counts = ", ".join(f"{peer.system} holds {peer.spans:,}" for peer in peers)
    return f"""{_TITLE}

The same spans of the largest tenant, sent by OTLP to each on the same Postgres, then asked over HTTP as their own dashboards ask; {counts}.
{_describe_pins()}, measured {datetime.now(UTC):%Y-%m-%d} with {os.cpu_count()} cores.

{table(("system", "question", "p50, ms", "rounds", "how"), rows, words=2)}"""  # noqa: E501  # prose


def keep_peers(page: Path) -> str:
    """Give the section that a page has.

    Raises:
        SetupError: if it has none, or one of other versions than are required now.
    """
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    _, title, after = text.partition(_TITLE)
    section = title + after.partition("\n## ")[0]
    if _describe_pins() not in section:
        raise SetupError(
            f"{page.name} has nothing to keep of {_describe_pins()}: run without --keep-peers."
        )
    return section


def _describe_pins() -> str:
    return ", ".join(read_pins())
