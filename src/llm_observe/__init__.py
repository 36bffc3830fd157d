"""See every LLM call: cost, tokens, latency, errors and traces, per tenant.

    import llm_observe

    llm_observe.init()

From then on calls of installed providers' clients are traced, without a line at the call.
Nothing here raises into the application once ``init`` has returned.

The names below and the modules ``config``, ``errors``, ``tenancy``, ``semconv``, ``content``,
``records`` and ``transcription`` are public. The rooms ``cost``, ``dialects``, ``doctor``,
``privacy`` and ``supabase`` and the modules ``measuring``, ``processes``, ``tags`` and ``times``
serve this project's own functions and commands, and no promise holds for them. Names that start
with ``_`` are private.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from llm_observe.config import Settings
from llm_observe.errors import ConfigurationError, LlmObserveError, TokenRefusedError
from llm_observe.tenancy import customer, session, tag, tenant, user

if TYPE_CHECKING:
    from llm_observe._door import flush, init, lambda_handler, observe, shutdown, span, stats

    __version__: str

__all__ = [
    "ConfigurationError",
    "LlmObserveError",
    "Settings",
    "TokenRefusedError",
    "__version__",
    "customer",
    "flush",
    "init",
    "lambda_handler",
    "observe",
    "session",
    "shutdown",
    "span",
    "stats",
    "tag",
    "tenant",
    "user",
]

_LAZY: Final = dict.fromkeys(
    ("flush", "init", "lambda_handler", "observe", "shutdown", "span", "stats"),
    "llm_observe._door",
)
"""Names by the module that has them, imported when first asked for (PEP 562).

A function that only reads spans imports a part of the package and does not pay for tracing.
"""


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return globals().setdefault(name, getattr(import_module(_LAZY[name]), name))
    if name == "__version__":
        # Costs 40 ms, and few ask.
        metadata = import_module("importlib.metadata")
        return globals().setdefault(name, metadata.version("llm-observe"))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
