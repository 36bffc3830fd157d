"""The API's document, merged from the app of every endpoint."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI

_REPOSITORY: Final = Path(__file__).parents[2]


def list_endpoints() -> list[str]:
    """List the modules of all handlers that have an app.

    The source says so: a handler without one may need an environment of its own to be imported.
    """
    handlers = sorted((_REPOSITORY / "functions").rglob("handler.py"))
    return [
        ".".join(handler.relative_to(_REPOSITORY).with_suffix("").parts)
        for handler in handlers
        if _has_app(handler)
    ]


def build_document() -> dict[str, Any]:
    """Merge all endpoints' documents; a name means the same thing in each.

    Raises:
        ValueError: if two endpoints have the same route, or two meanings for one name.
    """
    merged: dict[str, Any] = {}
    for module in list_endpoints():
        app: FastAPI = import_module(module).app
        document = app.openapi()
        merged = merged or {**document, "paths": {}, "components": {}}
        for path, methods in document["paths"].items():
            _merge(merged["paths"].setdefault(path, {}), methods)
        for kind, components in document.get("components", {}).items():
            _merge(merged["components"].setdefault(kind, {}), components)
    merged["info"]["title"] = "llm-observe"
    return merged


def _has_app(handler: Path) -> bool:
    body = ast.parse(handler.read_text(encoding="utf-8")).body
    targets = [target for node in body if isinstance(node, ast.Assign) for target in node.targets]
    return any(isinstance(target, ast.Name) and target.id == "app" for target in targets)


def _merge(known: dict[str, Any], more: dict[str, Any]) -> None:
    for name, meaning in more.items():
        if known.setdefault(name, meaning) != meaning:
            raise ValueError(f"{name} means two things in the API's document.")
