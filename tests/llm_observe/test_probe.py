"""Beside packages that do not work together nothing is traced, and nobody notices."""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import httpx
import opentelemetry.sdk.trace
import opentelemetry.trace
import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam
from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor

import llm_observe
from llm_observe._tracing import compatibility
from llm_observe._tracing.instrumentation import Instrumentation

Start = Callable[..., None]
HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "hello there"}]
SPAN = opentelemetry.sdk.trace.Span
STEPS: list[tuple[Any, str]] = [
    (opentelemetry.sdk.trace.TracerProvider, "__init__"),
    (opentelemetry.sdk.trace.TracerProvider, "get_tracer"),
    (opentelemetry.sdk.trace.Tracer, "start_span"),
    (opentelemetry.sdk.trace.Tracer, "start_as_current_span"),
    (SPAN, "__init__"),
    (SPAN, "start"),
    (SPAN, "set_attribute"),
    (SPAN, "set_attributes"),
    (SPAN, "add_event"),
    (SPAN, "record_exception"),
    (SPAN, "set_status"),
    (SPAN, "update_name"),
    (SPAN, "end"),
    (SPAN, "get_span_context"),
    (opentelemetry.trace.SpanContext, "__new__"),
]


def read_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "llm_observe"]


def break_step(*_args: object, **_kwargs: object) -> None:
    raise AttributeError("'TraceFlags' has no attribute 'RANDOM_TRACE_ID'")


def use_everything(client: OpenAI) -> None:
    """What an application does must work, traced or not."""

    @llm_observe.observe("execute_tool")
    def double(number: int) -> int:
        return 2 * number

    with llm_observe.tenant("broken"), llm_observe.span("step") as step:
        step.set_attribute("a", 1)
        assert double(2) == 4
        assert client.chat.completions.create(model="gpt-4o-mini", messages=HELLO).choices
    llm_observe.flush()


@pytest.mark.parametrize(
    ("kind", "name"), STEPS, ids=[f"{kind.__name__}.{name}" for kind, name in STEPS]
)
def test_any_broken_step_leaves_the_application_untraced(  # fixtures
    start: Start,
    client: OpenAI,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    kind: type,
    name: str,
) -> None:
    """Every step of a span's life fails before anything is switched on; one line says so."""
    monkeypatch.setattr(kind, name, break_step)
    start()
    monkeypatch.undo()
    use_everything(client)

    assert read_lines(caplog) == [
        "llm_observe: not started, nothing is traced: AttributeError",
    ]
    assert llm_observe.stats()["emitted"] == 0


@pytest.mark.parametrize("module", ["pipeline.try_out", "probe.transcribe"])
def test_our_own_part_is_tried_too(
    start: Start, client: OpenAI, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    """A record that cannot be made is found out before the first span is lost."""
    start(exporters=())
    llm_observe.shutdown()
    monkeypatch.setattr(f"llm_observe._tracing.{module}", break_step)
    start()
    use_everything(client)

    assert llm_observe.stats()["emitted"] == 0


def test_the_tried_span_goes_to_nobody(start: Start, capsys: pytest.CaptureFixture[str]) -> None:
    """It is in no count and no exporter."""
    start(exporters=("console",), tenant="house")
    llm_observe.flush()

    assert llm_observe._door._build_pipeline() is not None
    assert llm_observe.stats()["emitted"] == 0
    assert capsys.readouterr().out == ""


def test_the_line_names_found_and_wanted(
    start: Start, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As beside opentelemetry-api 1.30, which pydantic-ai-slim[openai] brought for long."""
    real = version

    def find(package: str) -> str:
        return "1.30.0" if package == "opentelemetry-api" else real(package)

    monkeypatch.setattr("llm_observe._tracing.compatibility.version", find)
    monkeypatch.delattr(opentelemetry.trace.TraceFlags, "RANDOM_TRACE_ID")
    start()
    monkeypatch.undo()

    (line,) = read_lines(caplog)
    wanted = version("opentelemetry-api")
    assert f"opentelemetry-api 1.30.0 found, =={wanted} wanted (AttributeError)" in line


def test_versions_that_are_wanted_are_no_conflict() -> None:
    """The lock file's own versions go together: the line above is not always there."""
    assert list(compatibility.list_conflicts()) == []


def test_a_client_that_its_instrumentation_does_not_know(
    start: Start, client: OpenAI, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That client is left alone, and named with both versions; steps are traced all the same."""
    monkeypatch.setattr(
        OpenAIInstrumentor, "instrumentation_dependencies", lambda _: ("openai >= 99",)
    )
    start()
    use_everything(client)

    (line,) = read_lines(caplog)
    found = f"openai {version('openai')}"
    assert line == f"llm_observe: openai is not traced: {found} found, openai >= 99 wanted"
    assert llm_observe.stats()["emitted"] == 2


@pytest.mark.parametrize("step", ["_instrument", "switch_on"])
def test_nothing_breaks_the_import_of_a_client(
    start: Start,
    client: OpenAI,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    """Not even where what explains a trouble is in the same trouble, as packaging 20.9 is."""

    def miss(_package: str = "") -> None:
        raise ModuleNotFoundError("No module named 'distutils'", name="distutils")

    monkeypatch.setattr(Instrumentation, step, lambda *_: miss())
    monkeypatch.setattr(compatibility, "list_conflicts", miss)
    start()
    use_everything(client)

    assert len(read_lines(caplog)) == 1
    assert llm_observe.stats()["emitted"] == 2


def test_other_libraries_say_nothing_of_our_work(
    start: Start, openai_server: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Of our requests httpx logs nothing; of the application's own it still does."""
    start()
    with caplog.at_level(logging.DEBUG):
        with llm_observe.tenant("quiet"), llm_observe.span("step"):
            pass
        llm_observe.flush()
        ours = [record.name for record in caplog.records]
        httpx.get(openai_server)

    assert ours == []
    assert "httpx" in {record.name for record in caplog.records}
    assert llm_observe.stats()["stored"] == 1
