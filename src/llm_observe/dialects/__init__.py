"""From a span in any convention to one reading of it.

One module per dialect, each a pure function. ``read`` picks it by instrumentation scope first and
by keys second. What no dialect claims is read as a plain span: part of the trace, no model call.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llm_observe.dialects import genai
from llm_observe.dialects.reading import Reading

__all__ = ["Reading", "read"]


def read(attributes: Mapping[str, Any], *, description: str | None = None) -> Reading:
    """Read a span's attributes (and its status description) as what the span is about."""
    if genai.speaks(attributes):
        return genai.read(attributes, description=description)
    return Reading()
