"""Calls a model as often as it is told to and says what that cost this process's processor.

Run with ``none``, ``official`` or ``ours`` and a file of recorded answers. Each line read is
``{"calls": 200, "stream": false, "per_invocation": 10}``; each line written is the processor time
of one such call, in microseconds.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
from openai import OpenAI

_MESSAGES: Any = json.loads(os.environ["MESSAGES"])


class RecordedModel(httpx2.BaseTransport):
    """A fake of OpenAI: gives answers that were recorded before, without a network."""

    def __init__(self, answers: dict[str, str]) -> None:
        self._answers = answers

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer as the request asks: at once, streamed, or streamed with usage."""
        wanted = json.loads(request.content)
        if not wanted.get("stream"):
            return _answer("application/json", self._answers["whole"])
        with_usage = (wanted.get("stream_options") or {}).get("include_usage")
        stream = self._answers["stream with usage" if with_usage else "stream"]
        return _answer("text/event-stream", stream)


def _answer(content_type: str, text: str) -> httpx2.Response:
    return httpx2.Response(200, headers={"content-type": content_type}, content=text.encode())


class Application:
    """What is measured: an invocation that calls the model some times."""

    def __init__(self, answers: dict[str, str]) -> None:
        self._client = OpenAI(
            api_key="recorded", http_client=httpx2.Client(transport=RecordedModel(answers))
        )

    def handle(self, event: dict[str, Any], _context: object) -> None:
        """Call the model and read all of its answers."""
        for _ in range(event["per_invocation"]):
            answer: Any = self._client.chat.completions.create(
                model="gpt-4o-mini", messages=_MESSAGES, stream=event["stream"]
            )
            if event["stream"]:
                for _chunk in answer:
                    pass


def _trace_officially() -> None:
    """Nothing but the official instrumentation; a provider without processors drops its spans."""
    from opentelemetry.instrumentation.genai.openai import (  # noqa: PLC0415  # only here
        OpenAIInstrumentor,
    )
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider  # noqa: PLC0415  # only here

    provider = TracerProvider()
    provider.add_span_processor(SpanProcessor())
    OpenAIInstrumentor().instrument(tracer_provider=provider)


def _choose(telemetry: str, application: Application) -> Callable[[Any, Any], Any]:
    if telemetry == "ours":
        import llm_observe  # noqa: PLC0415  # the others must not have it

        llm_observe.init()
        return llm_observe.lambda_handler(application.handle)
    if telemetry == "official":
        _trace_officially()
    return application.handle


def main() -> None:
    """Measure what each line asks for, until there are no more."""
    telemetry, recorded = sys.argv[1:]
    handler = _choose(telemetry, Application(json.loads(Path(recorded).read_text())))
    results = sys.stdout
    # Metric lines are part of the cost, and no part of the results.
    with Path(os.devnull).open("w") as sys.stdout:
        for line in sys.stdin:
            event = json.loads(line)
            started = time.process_time()
            for _ in range(event["calls"] // event["per_invocation"]):
                handler(event, None)
            spent = time.process_time() - started
            results.write(f"{spent / event['calls'] * 1e6}\n")
            results.flush()


if __name__ == "__main__":
    main()
