"""``samconfig.toml``: one section for each environment, the others left as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

_HEAD = """# Written by `make deploy`, one section for each environment; it holds no secret.
version = 0.1
"""


def write_section(path: Path, environment: str, settings: Mapping[str, object]) -> None:
    """Write what `sam deploy --config-env` reads, in the place of what was there."""
    before = path.read_text(encoding="utf-8") if path.exists() else _HEAD
    path.write_text(_join(remove_section(before, environment), _render(environment, settings)))


def remove_section(text: str, environment: str) -> str:
    """Give the file without an environment's section."""
    header = re.escape(f"[{environment}.deploy.parameters]")
    return re.sub(rf"(?ms)^{header}\n.*?(?=^\[|\Z)", "", text)


def _render(environment: str, settings: Mapping[str, object]) -> str:
    # A JSON text, number, truth or list is also one of TOML's, but for DEL, which no value has.
    lines = (f"{name} = {_write(value)}" for name, value in settings.items())
    return "\n".join((f"[{environment}.deploy.parameters]", *lines)) + "\n"


def _write(value: object) -> str:
    if isinstance(value, list):
        return "[\n" + "".join(f"  {json.dumps(each)},\n" for each in value) + "]"
    return json.dumps(value)


def _join(before: str, section: str) -> str:
    return f"{before.rstrip()}\n\n{section}"
