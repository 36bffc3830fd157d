"""Writes ``openapi.json``: ``python -m infra.openapi``; ``--check`` compares instead."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Final

from infra.generated import write_or_compare
from infra.openapi.document import build_document

_DOCUMENT: Final = Path(__file__).parents[2] / "openapi.json"


def main() -> int:
    """Write or check the document."""
    # Describing the API needs no database and no credentials.
    os.environ["LLM_OBSERVE_EXPORTERS"] = "console"
    os.environ["LLM_OBSERVE_DIGEST_KEY"] = "of no call"
    text = json.dumps(build_document(), indent=2, sort_keys=True) + "\n"
    stale = "openapi.json is not what the code says. Run `make openapi` and commit it."
    return write_or_compare(_DOCUMENT, text, stale=stale)


if __name__ == "__main__":
    sys.exit(main())
