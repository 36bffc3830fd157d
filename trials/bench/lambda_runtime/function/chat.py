"""A Lambda handler that calls a model once, with telemetry as ``TELEMETRY`` says, or without."""

from __future__ import annotations

import os
from collections.abc import Callable

from openai import OpenAI

Handler = Callable[[object, object], "str | None"]

_client = OpenAI(max_retries=0, timeout=20)


def call_model(_event: object, _context: object) -> str | None:
    """Answer what the model answers."""
    answer = _client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "Say hello."}]
    )
    return answer.choices[0].message.content


def _trace(way: str) -> Handler:
    import llm_observe  # noqa: PLC0415  # the handler without telemetry must not pay for it

    if way == "after response":
        llm_observe.init()
        return llm_observe.lambda_handler(call_model)
    # Wrapped while nothing is traced yet, a handler registers no extension: what is done where
    # the Extensions API is not there.
    wrapped = llm_observe.lambda_handler(call_model)
    llm_observe.init()
    return wrapped


handler = call_model if os.environ["TELEMETRY"] == "none" else _trace(os.environ["TELEMETRY"])
