"""Prompts and answers on their way from an instrumentation to the exporter.

Content never becomes a span attribute: another processor on the application's own provider would
see it. OpenTelemetry's ``CompletionHook`` hands it over beside the span, and it waits here, by
span, until that span has ended.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, is_dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    # Only named here: whoever just reads spans does not pay for OpenTelemetry.
    from opentelemetry.trace import Span

Message = dict[str, Any]
"""``{"role": …, "parts": [{"type": "text", "content": …}, …]}``, as OpenTelemetry writes them."""

_MOST_WAITING: Final = 1024
"""Content whose span never ends must not pile up."""


@dataclass(frozen=True, slots=True)
class Content:
    """The input and output of a call, before privacy has decided about them."""

    input: Sequence[Message] = ()
    output: Sequence[Message] = ()

    @property
    def weight(self) -> int:
        """About how many bytes it holds; its spelling is as long as its text, nearly."""
        return sum(len(str(message)) for message in (*self.input, *self.output))


NOTHING: Final = Content()


class ContentHook:
    """Receives content from instrumentations (an OpenTelemetry ``CompletionHook``)."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[tuple[int, int], Content] = OrderedDict()
        self._lock = Lock()

    def on_completion(  # the signature is OpenTelemetry's
        self,
        *,
        inputs: Sequence[Any],
        outputs: Sequence[Any],
        system_instruction: Sequence[Any],
        tool_definitions: Sequence[Any] | None = None,  # noqa: ARG002  # no part of a call's content
        span: Span | None = None,
        log_record: Any = None,  # noqa: ARG002  # no part of a call's content
    ) -> None:
        """Keep one call's content until its span ends."""
        if span is None or not span.is_recording():
            return
        system = [{"role": "system", "parts": [_plain(part) for part in system_instruction]}]
        messages = [_plain(message) for message in inputs]
        self.keep(
            span,
            Content(
                input=[*(system if system_instruction else []), *messages],
                output=[_plain(message) for message in outputs],
            ),
        )

    def keep(self, span: Span, content: Content) -> None:
        """Hold a span's content; the oldest goes when too many spans never end."""
        with self._lock:
            self._waiting[_key(span)] = content
            if len(self._waiting) > _MOST_WAITING:
                self._waiting.popitem(last=False)

    def take(self, trace_id: int, span_id: int) -> Content:
        """Give up what is held for a span, or nothing."""
        with self._lock:
            return self._waiting.pop((trace_id, span_id), NOTHING)


def _key(span: Span) -> tuple[int, int]:
    context = span.get_span_context()
    return context.trace_id, context.span_id


def _plain(value: Any) -> Any:
    """Write the utility's dataclasses as JSON; ``asdict`` would copy every value in them, too."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(item) for name, item in vars(value).items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
