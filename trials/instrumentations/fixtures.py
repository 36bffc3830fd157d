"""The committed recordings, one JSON file per library and version, and those derived from them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from trials.instrumentations.derived import derive
from trials.instrumentations.library import Library
from trials.instrumentations.normalising import TIMES

FOLDER: Final = Path(__file__).parent / "fixtures"
_WIDTH: Final = 120


def read_fixtures() -> Iterator[dict[str, Any]]:
    """Give every recording, by file name, then what is derived from them."""
    recordings = [
        json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))
    ]
    yield from recordings
    yield from derive({each["library"]: each for each in recordings})


def write_json(value: Any, margin: str = "") -> str:
    """Give JSON with what fits in one line on one line, else one item a line."""
    line = json.dumps(value, ensure_ascii=False)
    if len(margin) + len(line) <= _WIDTH or not isinstance(value, dict | list) or not value:
        return line
    deeper = f"{margin} "
    if isinstance(value, dict):
        items = [f"{json.dumps(key)}: {write_json(item, deeper)}" for key, item in value.items()]
    else:
        items = [write_json(item, deeper) for item in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n{deeper}" + f",\n{deeper}".join(items) + f"\n{margin}{closing}"


def write_fixture(library: Library, scenarios: list[dict[str, Any]]) -> bool:
    """Write a library's recording in place of its others; False if it would be the same.

    Scenarios of this version that were not lived anew stay. Times may differ, since how they
    compare is of one run: which of two was in the same tick.
    """
    path = FOLDER / f"{library.name}-{library.version}.json"
    if path.is_file():
        known = json.loads(path.read_text(encoding="utf-8"))["scenarios"]
        both = {each["name"]: each for each in (*known, *scenarios)}
        scenarios = [both[name] for name in library.lived if name in both]
        if _forget_times(known) == _forget_times(scenarios):
            return False
    for older in FOLDER.glob(f"{library.name}-[0-9]*.json"):
        older.unlink()
    recording = {
        "library": library.name,
        "package": library.package,
        "version": library.version,
        "recorded": datetime.now(UTC).date().isoformat(),
        "scenarios": scenarios,
    }
    path.write_text(f"{write_json(recording)}\n", encoding="utf-8")
    return True


def _forget_times(value: Any) -> Any:
    if isinstance(value, list):
        return [_forget_times(item) for item in value]
    if isinstance(value, dict):
        return {key: _forget_times(item) for key, item in value.items() if key not in TIMES}
    return value
