"""One OpenAPI document, merged from every endpoint's app.

``python -m infra.openapi`` writes ``openapi.json``; ``--check`` compares instead.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI

_ENDPOINTS: Final = (
    "health",
    "demo_run",
    "demo_fake_app",
    "spans",
    "traces",
    "trace",
    "metrics",
    "me",
    "keys",
    "erasure",
    "retention",
    "audit",
    "mappings",
    "otlp_traces",
    "otlp_other_signals",
)
_DOCUMENT: Final = Path(__file__).parents[2] / "openapi.json"


def build_document() -> dict[str, Any]:
    """Merge all endpoints' documents; a name means the same thing in each."""
    merged: dict[str, Any] = {}
    for name in _ENDPOINTS:
        app: FastAPI = import_module(f"functions.{name}.handler").app
        document = app.openapi()
        if not merged:
            merged = document
            merged["info"]["title"] = "llm-observe"
        for path, methods in document["paths"].items():
            merged["paths"].setdefault(path, {}).update(methods)
        for kind, components in document.get("components", {}).items():
            merged.setdefault("components", {}).setdefault(kind, {}).update(components)
    return merged


def main() -> int:
    """Write or check the document."""
    # Describing the API needs no database and no credentials.
    os.environ["LLM_OBSERVE_EXPORTERS"] = "console"
    text = json.dumps(build_document(), indent=2, sort_keys=True) + "\n"
    if "--check" not in sys.argv[1:]:
        _DOCUMENT.write_text(text, encoding="utf-8")
        return 0
    if _DOCUMENT.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write("openapi.json is not what the code says. Run `make openapi` and commit it.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
