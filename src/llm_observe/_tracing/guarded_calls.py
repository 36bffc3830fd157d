"""Lets a client's call through where the instrumentation around it breaks.

An instrumentation is written for the versions of a client that its author had. An
error over another version would be raised into the application, in place of the answer.
"""

from __future__ import annotations

import inspect
import logging
import sys
from collections.abc import Callable, Iterator
from functools import wraps
from types import ModuleType
from typing import Any, Final

from opentelemetry.context import attach, get_current

Wrapper = Callable[[Any, Any, Any, Any], Any]

_WRAP: Final = "wrap_function_wrapper"
_STREAM_HOOKS: Final = ("_process_chunk", "_on_stream_end", "_on_stream_error")
"""Hooks of OpenTelemetry's stream wrappers that serve telemetry; their answers are not used
(``opentelemetry.util.genai.stream``)."""
_NO_ANSWER: Final = object()

_log = logging.getLogger("llm_observe")


def guard_instrumentation(package: str) -> None:
    """See to it that what an imported instrumentation wraps from now on is guarded."""
    tell = _TellOnce(package)
    for module in _list_modules(package):
        if (wrap := vars(module).get(_WRAP)) is not None and not hasattr(wrap, "__wrapped__"):
            setattr(module, _WRAP, _wrap_guarded(wrap, tell))
        for kind in vars(module).values():
            if isinstance(kind, type) and kind.__module__ == module.__name__:
                _shield_hooks(kind, tell)


class _TellOnce:
    """Says that an instrumentation broke, once a process."""

    def __init__(self, package: str) -> None:
        self._package = package
        self._told = False

    def __call__(self, error: Exception) -> None:
        if not self._told:
            self._told = True
            _log.warning(
                "llm_observe: %s broke (%s); such calls go through untraced",
                self._package,
                type(error).__name__,
            )


class _Call:
    """The client's own function for one call; it remembers what came of it."""

    def __init__(self, function: Callable[..., Any], tell: _TellOnce) -> None:
        self._function = function
        self._tell = tell
        self._begun = False
        self._answer: Any = _NO_ANSWER
        self._error: BaseException | None = None
        self._context = get_current()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._begun = True
        try:
            answer = self._function(*args, **kwargs)
        except BaseException as error:
            self._error = error
            raise
        if inspect.iscoroutine(answer):
            return self._follow(answer)
        self._answer = answer
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._function, name)

    async def _follow(self, answer: Any) -> Any:
        try:
            self._answer = await answer
        except BaseException as error:
            self._error = error
            raise
        return self._answer

    def settle(self, error: Exception, args: Any, kwargs: Any) -> Any:
        """Give what the client gave, or would give, or raise what it raised."""
        if self._error is not None:
            raise self._error
        self._tell(error)
        # The broken wrapper has left its span current: later calls would be its children.
        attach(self._context)
        if self._answer is not _NO_ANSWER:
            return self._answer
        if self._begun:
            # A coroutine that the instrumentation never came to await.
            raise error
        return self._function(*args, **kwargs)


def _wrap_guarded(wrap: Callable[..., Any], tell: _TellOnce) -> Callable[..., Any]:
    @wraps(wrap)
    def wrap_guarded(*args: Any, **kwargs: Any) -> Any:
        """``wrapt.wrap_function_wrapper(target, name, wrapper)``."""
        if "wrapper" in kwargs:
            kwargs["wrapper"] = _guard(kwargs["wrapper"], tell)
        else:
            args = (*args[:-1], _guard(args[-1], tell))
        return wrap(*args, **kwargs)

    return wrap_guarded


def _guard(wrapper: Wrapper, tell: _TellOnce) -> Wrapper:
    def guarded(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
        call = _Call(wrapped, tell)
        try:
            answer = wrapper(call, instance, args, dict(kwargs))
        except Exception as error:  # noqa: BLE001  # the client's own is raised again
            return call.settle(error, args, kwargs)
        if inspect.iscoroutine(answer):
            return _guard_awaited(answer, call, args, kwargs)
        return answer

    return guarded


async def _guard_awaited(answer: Any, call: _Call, args: Any, kwargs: Any) -> Any:
    try:
        return await answer
    except Exception as error:  # noqa: BLE001  # the client's own is raised again
        settled = call.settle(error, args, kwargs)
        return await settled if inspect.iscoroutine(settled) else settled


def _shield_hooks(kind: type, tell: _TellOnce) -> None:
    for name in _STREAM_HOOKS:
        hook = vars(kind).get(name)
        if inspect.isfunction(hook) and not hasattr(hook, "__wrapped__"):
            setattr(kind, name, _shield(hook, tell))


def _shield(hook: Callable[..., Any], tell: _TellOnce) -> Callable[..., None]:
    @wraps(hook)
    def shielded(*args: Any, **kwargs: Any) -> None:
        try:
            hook(*args, **kwargs)
        except Exception as error:  # noqa: BLE001  # the application reads on
            tell(error)

    return shielded


def _list_modules(package: str) -> Iterator[ModuleType]:
    for name, module in sys.modules.copy().items():
        if name == package or name.startswith(f"{package}."):
            yield module
