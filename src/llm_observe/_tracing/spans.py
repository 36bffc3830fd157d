"""Spans for an application's own steps, under OpenTelemetry's GenAI names.

They are optional: model calls are traced without them. They give a trace its shape: which agent
ran, which tool was called, what belongs together.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, Literal, ParamSpec, TypeVar, cast

from llm_observe import semconv
from llm_observe._tracing.guard import guard
from llm_observe._tracing.spelling import spell
from llm_observe.content import Content, ContentHook, Message

if TYPE_CHECKING:
    # Imported where the first span is opened: decorating a function must not cost a cold start.
    from contextlib import AbstractContextManager

    from opentelemetry.trace import Span

    from llm_observe._tracing.pipeline import Pipeline

Operation = Literal["invoke_agent", "execute_tool", "invoke_workflow", "retrieval"]

_P = ParamSpec("_P")
_R = TypeVar("_R")
_RECEIVERS: Final = frozenset({"self", "cls"})
_NAME_KEYS: Final[Mapping[str, str]] = {
    semconv.INVOKE_AGENT: semconv.AGENT_NAME,
    semconv.EXECUTE_TOOL: semconv.TOOL_NAME,
}


@contextmanager
def open_span(
    pipeline: Pipeline | None, name: str, operation: Operation | None, attributes: Mapping[str, Any]
) -> Iterator[Span]:
    """Open a span named as OpenTelemetry does (``execute_tool search``); errors end it as failed.

    The exception's text is left out: it may quote content.
    """
    manager, span = _start(pipeline, name, operation, attributes)
    try:
        yield span
    except BaseException as error:
        with guard("telling a step's error"):
            _fail(span, error)
        raise
    finally:
        with guard("ending a step"):
            manager.__exit__(None, None, None)


def _start(
    pipeline: Pipeline | None, name: str, operation: Operation | None, attributes: Mapping[str, Any]
) -> tuple[AbstractContextManager[Any], Span]:
    """Start a span, or one that does nothing where nothing is traced."""
    given = dict(attributes)
    if operation is not None:
        given[semconv.OPERATION_NAME] = operation
        given[_NAME_KEYS.get(operation, semconv.STEP_NAME)] = name
    with guard("starting a step"):
        if pipeline is not None:
            manager = pipeline.tracer.start_as_current_span(
                f"{operation} {name}" if operation else name,
                attributes=given,
                record_exception=False,
                set_status_on_exception=False,
            )
            return manager, manager.__enter__()
    return nullcontext(), _make_untraced()


def _fail(span: Span, error: BaseException) -> None:
    from opentelemetry.trace import Status, StatusCode  # noqa: PLC0415  # see the top

    span.set_attribute(semconv.ERROR_TYPE, _name_type(error))
    span.set_status(Status(StatusCode.ERROR))


def _make_untraced() -> Span:
    try:
        from opentelemetry.trace import INVALID_SPAN  # noqa: PLC0415  # see the top
    except Exception:  # noqa: BLE001  # the application may bring anything under that name
        return cast("Span", _Nothing())
    return INVALID_SPAN


class _Nothing:
    """Stands for a span where not even OpenTelemetry's own stand-in can be imported."""

    trace_id = span_id = 0
    is_valid = False

    def is_recording(self) -> bool:
        return False

    def get_span_context(self) -> _Nothing:
        return self

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_args, **_kwargs: None


def decorate(
    function: Callable[_P, _R],
    *,
    open_one: Callable[[], Any],
    hook: Callable[[], ContentHook | None],
) -> Callable[_P, _R]:
    """Wrap a function, sync or async, so that each call is a span with its content kept aside."""
    signature = inspect.signature(function)
    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def traced_async(*args: _P.args, **kwargs: _P.kwargs) -> Any:
            with open_one() as span:
                # Before the call: a function may change what it was given.
                said = _read_arguments(hook(), span, signature, args, kwargs)
                answered: list[Message] = []
                try:
                    result = await function(*args, **kwargs)
                    answered = _read_result(said, result)
                    return result
                finally:
                    _keep(hook(), span, said, answered)

        return cast("Callable[_P, _R]", traced_async)

    @wraps(function)
    def traced(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        with open_one() as span:
            said = _read_arguments(hook(), span, signature, args, kwargs)
            answered: list[Message] = []
            try:
                result = function(*args, **kwargs)
                answered = _read_result(said, result)
                return result
            finally:
                _keep(hook(), span, said, answered)

    return traced


def _read_arguments(
    hook: ContentHook | None,
    span: Span,
    signature: inspect.Signature,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> list[Message] | None:
    """Write a call's arguments down; None where nothing is kept of the call."""
    with guard("reading a step's arguments"):
        if hook is not None and span.is_recording():
            arguments = dict(signature.bind(*args, **kwargs).arguments)
            return [_write("user", {k: v for k, v in arguments.items() if k not in _RECEIVERS})]
    return None


def _read_result(said: list[Message] | None, result: object) -> list[Message]:
    with guard("reading a step's result"):
        if said is not None:
            return [_write("assistant", result)]
    return []


def _keep(
    hook: ContentHook | None, span: Span, said: list[Message] | None, answered: list[Message]
) -> None:
    with guard("keeping a step's content"):
        if hook is not None and said is not None:
            hook.keep(span, Content(input=said, output=answered))


def _write(role: str, value: object) -> Message:
    return {"role": role, "parts": [{"type": "text", "content": spell(value)}]}


def _name_type(error: BaseException) -> str:
    kind = type(error)
    if kind.__module__ == "builtins":
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"
