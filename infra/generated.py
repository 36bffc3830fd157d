"""A file of the repository that a program writes, and that a check compares."""

from __future__ import annotations

import sys
from pathlib import Path


def write_or_compare(path: Path, text: str, *, stale: str) -> int:
    """Write the file, or with ``--check`` compare it; 1 and the line ``stale`` where it differs."""
    if "--check" not in sys.argv[1:]:
        path.write_text(text, encoding="utf-8")
        return 0
    if path.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{stale}\n")
    return 1
