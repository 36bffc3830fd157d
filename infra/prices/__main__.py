"""``python -m infra.prices [--check]``: write the price files, or say whether they are current."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from infra.prices.document import write_document
from infra.prices.migration import write_migration
from infra.prices.source import read_catalog

_ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = _ROOT / "src" / "llm_observe" / "cost" / "prices.json"
MIGRATION = _ROOT / "supabase" / "schemas" / "99_seed_model_prices.sql"


def main(arguments: list[str] | None = None) -> int:
    """Write both files, or with ``--check`` only compare them; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.prices", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 if stale")
    check = parser.parse_args(arguments).check
    catalog = read_catalog()
    texts = {DOCUMENT: write_document(catalog), MIGRATION: write_migration(catalog)}
    stale = [path for path, text in texts.items() if _read(path) != text]
    for path in stale:
        name = path.relative_to(_ROOT)
        if check:
            sys.stdout.write(f"{name} is not what the source says: run python -m infra.prices\n")
        else:
            path.write_text(texts[path], encoding="utf-8")
            sys.stdout.write(f"{name}: {len(texts[path].encode()):,} bytes\n")
    if not stale:
        rows = sum(1 for _ in catalog.rows())
        sys.stdout.write(f"{rows:,} prices of {catalog.source} {catalog.source_version}: current\n")
    return 1 if check and stale else 0


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
