"""How many bytes the layer and each function are, unzipped and as they are uploaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile

from trials.lifecycle.applications import Backend

MOST_UNZIPPED: Final = 250 * 2**20
"""Bytes of a function with all its layers.
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
MOST_ZIPPED: Final = 50 * 2**20
"""Bytes of an archive that is uploaded directly, by the same page."""


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes of one part of the deployment."""

    name: str
    files: int
    unzipped: int
    zipped: int


def measure_sizes(backend: Backend) -> list[Size]:
    """Measure the layers, then the functions; zipped as SAM CLI zips them."""
    folders = (path for path in backend.artifact.built.iterdir() if path.is_dir())
    parts = sorted(folders, key=lambda path: (not path.name.endswith("Layer"), path.name))
    return [_measure(part) for part in parts]


def _measure(folder: Path) -> Size:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    with TemporaryFile() as archive:
        with ZipFile(archive, "w", ZIP_DEFLATED) as packing:
            for path in files:
                packing.write(path, path.relative_to(folder))
        zipped = archive.tell()
    return Size(folder.name, len(files), sum(path.stat().st_size for path in files), zipped)
