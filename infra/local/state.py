"""The state directory: private files written whole, and locks that tell who is alive."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from pathlib import Path
from typing import Any, BinaryIO


class StateError(RuntimeError):
    """The state directory holds something that this version cannot use."""


def open_state_dir(path: Path) -> Path:
    """Make ``path`` if absent, for its owner only, and return it."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def write_private(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` whole or not at all, readable by the owner only (0600)."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        temporary.replace(path)
    except BaseException:
        temporary.unlink()
        raise


def open_private(path: Path) -> BinaryIO:
    """Open ``path`` empty, for its owner only (0600), also where it was there with other rights."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    os.fchmod(descriptor, 0o600)
    return os.fdopen(descriptor, "wb")


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write ``value`` as JSON, privately and atomically."""
    write_private(path, json.dumps(value, indent=2) + "\n")


def read_json(path: Path) -> dict[str, Any] | None:
    """The JSON object in ``path``, ``None`` if there is no file; raises StateError."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise StateError(f"{path} is not JSON. `make demo-reset` starts afresh.") from error
    if not isinstance(value, dict):
        raise StateError(f"{path} is not a JSON object. `make demo-reset` starts afresh.")
    return value


def take_lock(path: Path) -> int | None:
    """Hold ``path`` for this process and return its descriptor; ``None`` if another holds it.

    ``flock`` belongs to the open file, so the kernel frees it however its holders end.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def is_locked(path: Path) -> bool:
    """Whether a living process holds ``path``."""
    if not path.exists():
        return False
    descriptor = take_lock(path)
    if descriptor is None:
        return True
    os.close(descriptor)
    return False
