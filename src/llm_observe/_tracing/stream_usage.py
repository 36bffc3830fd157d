"""Asks OpenAI streams for their usage and hides that it was asked.

A chat completion stream reports no tokens unless ``stream_options.include_usage`` is set
(https://platform.openai.com/docs/api-reference/chat/create#chat-create-stream_options). Then every
chunk has a ``usage`` field and one more chunk comes at the end, whose ``choices`` is empty: it
breaks an application that reads ``choices[0]``. So we ask underneath, let the instrumentation
see the answer, and give the application the stream it would have had.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Self

from openai.resources.chat.completions import AsyncCompletions, Completions
from opentelemetry.instrumentation.utils import unwrap
from wrapt import ObjectProxy, wrap_function_wrapper

from llm_observe._tracing.guard import guard
from llm_observe.config import Settings

if TYPE_CHECKING:

    class _Proxy(ObjectProxy[Any]):
        """Generic for mypy only: in wrapt 1, which applications bring, it is not."""

else:
    _Proxy = ObjectProxy

_MODULE: Final = "openai.resources.chat.completions"
_OPENAI: Final = "api.openai.com"
_RAW_RESPONSE: Final = "x-stainless-raw-response"
"""Set by ``with_raw_response`` and ``with_streaming_response``: the application reads the bytes
itself, where nothing can be hidden; usage stays unknown there."""


def switch_on(settings: Settings) -> bool:
    """Wrap ``create`` outside the instrumentation; give whether the settings ask for it.

    ``always`` is for any base URL, ``auto`` for OpenAI's only: other servers may answer 400 to an
    option they do not know.
    """
    if settings.stream_usage == "never":
        return False
    always = settings.stream_usage == "always"

    def wrap_sync(wrapped: Any, instance: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        asked = _ask(instance, kwargs, always=always)
        return wrapped(*args, **kwargs) if asked is None else _Stream(wrapped(*args, **asked))

    async def wrap_async(wrapped: Any, instance: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        asked = _ask(instance, kwargs, always=always)
        if asked is None:
            return await wrapped(*args, **kwargs)
        return _AsyncStream(await wrapped(*args, **asked))

    wrap_function_wrapper(_MODULE, "Completions.create", wrap_sync)
    wrap_function_wrapper(_MODULE, "AsyncCompletions.create", wrap_async)
    return True


def switch_off() -> None:
    """Undo ``switch_on``; call it before the instrumentation is undone."""
    unwrap(Completions, "create")
    unwrap(AsyncCompletions, "create")


def _ask(instance: Any, kwargs: Mapping[str, Any], *, always: bool) -> dict[str, Any] | None:
    """Give the call's arguments with usage asked for, or None where they are to stay."""
    if kwargs.get("stream") is not True:
        return None
    given = kwargs.get("stream_options")
    options = given if isinstance(given, Mapping) else {}
    if "include_usage" in options or _is_raw(kwargs) or not (always or _is_openai(instance)):
        return None
    return {**kwargs, "stream_options": {**options, "include_usage": True}}


def _is_raw(kwargs: Mapping[str, Any]) -> bool:
    headers = kwargs.get("extra_headers")
    return isinstance(headers, Mapping) and any(
        str(name).lower() == _RAW_RESPONSE for name in headers
    )


def _is_openai(instance: Any) -> bool:
    host = str(getattr(instance._client.base_url, "host", ""))  # noqa: SLF001  # its only door
    return host == _OPENAI or host.endswith(f".{_OPENAI}")


class _Stream(_Proxy):
    """The instrumented stream without what was asked for on top; all else is its own."""

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        while True:
            chunk = next(self.__wrapped__)
            if not _is_added(chunk):
                return _without_usage(chunk)

    def __enter__(self) -> Self:
        self.__wrapped__.__enter__()
        return self


class _AsyncStream(_Proxy):
    """The same for ``AsyncStream``."""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        while True:
            chunk = await anext(self.__wrapped__)
            if not _is_added(chunk):
                return _without_usage(chunk)

    async def __aenter__(self) -> Self:
        await self.__wrapped__.__aenter__()
        return self

    async def __aexit__(self, *exc_info: object) -> Any:
        return await self.__wrapped__.__aexit__(*exc_info)


def _is_added(chunk: Any) -> bool:
    return not getattr(chunk, "choices", True) and getattr(chunk, "usage", None) is not None


def _without_usage(chunk: Any) -> Any:
    """Make the field as absent as it is in a stream that was not asked."""
    # Chunks are of the application's own version of the client.
    with guard("hiding a stream's usage"):
        chunk.usage = None
        chunk.model_fields_set.discard("usage")
    return chunk
