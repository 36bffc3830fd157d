"""Somebody's function: it calls a model and knows nothing of llm-observe."""

from __future__ import annotations

import os
import sys
from typing import Any


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Ask a model what the event asks, if it asks anything."""
    text = None
    if "question" in event:
        from openai import OpenAI  # noqa: PLC0415  # as for a quick cold start

        messages: Any = [{"role": "user", "content": event["question"]}]
        answer = OpenAI().chat.completions.create(model="gpt-4o-mini", messages=messages)
        text = answer.choices[0].message.content
    loaded = [
        name
        for name in ("llm_observe", "openai", "opentelemetry", "fastapi")
        if name in sys.modules
    ]
    return {"text": text, "loaded": loaded, "handler": os.environ["_HANDLER"]}
