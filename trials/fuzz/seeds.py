"""Where the fuzz begins: good requests, poisonous ones, what libraries emitted; and its words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.functions.ingest.poison import IN_JSON, IN_PROTOBUF
from tests.functions.ingest.spans import make_request, make_span, to_json, to_protobuf
from tests.functions.ingest.wire import delimit

_REPOSITORY: Final = Path(__file__).resolve().parents[2]
_FIXTURES: Final = _REPOSITORY / "trials" / "instrumentations" / "fixtures"
CRASHES: Final = Path(__file__).with_name("crashes")
_SOURCES: Final = (
    "src/llm_observe/semconv.py",
    "src/llm_observe/dialects",
    "functions/ingest",
)
_WORD: Final = re.compile(r"\"([A-Za-z_][\w.\-]{2,60})\"")
_LARGEST: Final = 100_000
"""Bytes: of a larger seed there is nothing to learn that a smaller one does not show."""


def write_seeds(folder: Path) -> int:
    """Write the seeds, a first byte saying what each is; give how many."""
    seeds = [seed for seed in _make_seeds() if len(seed) <= _LARGEST]
    for number, seed in enumerate(seeds):
        (folder / f"seed-{number}").write_bytes(seed)
    return len(seeds)


def list_words() -> list[str]:
    """Give the names that the decoders and the dialects look for, as their sources have them."""
    files = [
        file
        for source in _SOURCES
        for file in sorted((_REPOSITORY / source).glob("*.py") or [_REPOSITORY / source])
    ]
    files.append(_REPOSITORY / _SOURCES[0])
    return sorted({word for file in files for word in _WORD.findall(file.read_text())})


def list_crashes() -> list[Path]:
    """Give the inputs that once were crashes."""
    return sorted(CRASHES.glob("*"))


def _make_seeds() -> Iterator[bytes]:
    good = make_request(make_span(), make_span())
    yield b"\0" + to_json(good)
    yield b"\1" + to_protobuf(good)
    yield b"\0" + to_json(good).replace(b"resourceSpans", b"resource_spans")
    yield b"\0" + to_json(good).replace(b"scopeSpans", b"instrumentationLibrarySpans")
    yield b"\0" + to_json(good | {"batch": [make_span()]})
    yield from (b"\2" + bytes((n * step) % 256 for n in range(200)) for step in range(1, 60, 2))
    for poison, _ in IN_JSON.values():
        raw = poison if isinstance(poison, bytes) else poison.encode()
        yield b"\0" + to_json(make_request({"@": 0})).replace(b'"@": 0', raw)
    for poison, _ in IN_PROTOBUF.values():
        yield b"\1" + delimit(1, delimit(2, delimit(2, poison)))
    for fixture in sorted(_FIXTURES.rglob("*.json")):
        yield b"\0" + fixture.read_bytes()
    for crash in list_crashes():
        yield crash.read_bytes()
