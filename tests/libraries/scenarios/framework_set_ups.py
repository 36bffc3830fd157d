"""How frameworks that call OpenAI are switched on, as ``set_ups`` has it of the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from tests.libraries.scenarios.instrumentors import Flush, instrument

_OPENAI: Final = "openinference.instrumentation.openai:OpenAIInstrumentor"
_LITELLM: Final = "openinference.instrumentation.litellm:LiteLLMInstrumentor"
_DSPY: Final = "openinference.instrumentation.dspy:DSPyInstrumentor"
_AGNO: Final = "openinference.instrumentation.agno:AgnoInstrumentor"
_HAYSTACK: Final = "openinference.instrumentation.haystack:HaystackInstrumentor"
_INSTRUCTOR: Final = "openinference.instrumentation.instructor:InstructorInstrumentor"

FRAMEWORK_SET_UPS: Final[Mapping[str, tuple[str, Callable[[], Flush]]]] = {
    "openinference-dspy": ("dspy_calls", instrument(_DSPY)),
    "openinference-dspy-litellm": ("dspy_calls", instrument(_DSPY, _LITELLM)),
    "openinference-dspy-openai": ("dspy_calls", instrument(_DSPY, _OPENAI)),
    "openinference-agno": ("agno_calls", instrument(_AGNO)),
    "openinference-agno-openai": ("agno_calls", instrument(_AGNO, _OPENAI)),
    "openinference-haystack": ("haystack_calls", instrument(_HAYSTACK)),
    "openinference-haystack-openai": ("haystack_calls", instrument(_HAYSTACK, _OPENAI)),
    "openinference-instructor": ("instructor_calls", instrument(_INSTRUCTOR)),
    "openinference-instructor-openai": ("instructor_calls", instrument(_INSTRUCTOR, _OPENAI)),
}
"""Per library: the module of its calls, and what switches it on."""
