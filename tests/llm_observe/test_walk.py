"""The way of a span from its end to its record: few modules, each entered once."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider

import llm_observe
from llm_observe._delivery.ledger import Ledger
from llm_observe._tracing.collector import SpanCollector
from llm_observe.config import Settings
from llm_observe.content import Content, ContentHook
from llm_observe.cost.pricing import load_prices
from llm_observe.dialects.mapping import MappingRule, compile_rules
from llm_observe.privacy.protection import DigestKey
from llm_observe.tenancy import tenant
from llm_observe.transcription import transcribe

PACKAGE = Path(llm_observe.__file__).parent
GROUND = {"_tokens.py", "records.py", "semconv.py", "content.py", "privacy/work.py"}
"""Words and shapes, and the count of work, which goes along."""
KEY = DigestKey(kid="k", secret=bytes(32))
SETTINGS = Settings(capture_content=True)
RULES = compile_rules([MappingRule("shop", "service_tier")])
MESSAGE = {"role": "user", "parts": [{"type": "text", "content": "Why is the sky blue?"}]}


def test_a_span_becomes_a_record_in_nine_stops() -> None:
    """A reader who follows a span looks into these files, in this order, and into none twice."""
    span = end_span()
    load_prices()

    stops = follow(lambda: write(span))

    assert stops == [
        "_delivery/finished.py",
        "privacy/bounding.py",
        "dialects/__init__.py",
        "privacy/protection.py",
        "processes.py",
        "privacy/redaction.py",
        "privacy/identities.py",
        "measuring.py",
        "privacy/kept_attributes.py",
    ]


def write(span: Any) -> None:
    transcribe(
        span.to_source(),
        span.content,
        tenant=span.tenant,
        key=KEY,
        prices=load_prices(),
        settings=SETTINGS,
        rules=RULES,
    )


def end_span() -> Any:
    """A call as an instrumentation makes it, taken from the collector."""
    hook = ContentHook()
    collector = SpanCollector(Settings(), hook, Ledger())
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(collector)
    with tenant("walker"):
        call = provider.get_tracer("opentelemetry.instrumentation.genai.openai").start_span("chat")
    call.set_attributes(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.response.finish_reasons": ("stop",),
            "gen_ai.usage.input_tokens": 9,
            "gen_ai.usage.output_tokens": 9,
            "shop": "priority",
            "user.id": "ann",
        }
    )
    hook.keep(call, Content(input=[MESSAGE], output=[MESSAGE]))
    call.end()
    assert isinstance(call, ReadableSpan)
    return collector.take()[0]


def follow(act: Any) -> list[str]:
    """The modules that this test and the transcription call, each run of calls once."""
    stops: list[str] = []

    def note(frame: FrameType, event: str, _argument: Any) -> None:
        callee, caller = name_file(frame), name_caller(frame)
        from_outside = caller in {"transcription.py", ""}
        is_stop = callee and callee != "transcription.py" and callee not in GROUND
        if event == "call" and from_outside and is_stop and stops[-1:] != [callee]:
            stops.append(callee)

    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(None)
    return stops


def name_caller(frame: FrameType) -> str:
    """Give the file of the package that a call comes from, whatever lies between."""
    above = frame.f_back
    while above is not None and not name_file(above):
        above = above.f_back
    return name_file(above)


def name_file(frame: FrameType | None) -> str:
    """Give a frame's file within the package, an empty text outside of it."""
    path = Path(frame.f_code.co_filename) if frame else Path()
    return path.relative_to(PACKAGE).as_posix() if path.is_relative_to(PACKAGE) else ""
