"""What functions bring themselves: each set of packages is a host that the layer must not break."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_CLIENT: Final = "openai==3.54.0"


@dataclass(frozen=True, slots=True)
class Host:
    """A function's own packages; ``modules`` are empty files of its own, in the way of ours."""

    name: str
    requirements: tuple[str, ...]
    before: str | None = None
    """Only what had been published by that day."""
    modules: tuple[str, ...] = ()
    short: bool = False
    """Whether ``make test-trials`` tries it, too."""


def list_hosts() -> list[Host]:
    """Give every host, by what is odd about it."""
    return [*_APIS, *_SDKS, *_WRAPTS, *_CLIENTS, *_PYDANTICS, *_OTHERS, *_SHADOWS]


_APIS: Final = [
    Host(f"opentelemetry-api {v}", (_CLIENT, f"opentelemetry-api=={v}"), short=v == "1.30.0")
    for v in ("1.30.0", "1.33.1", "1.36.0", "1.39.1", "1.42.1", "1.43.0", "1.44.0", "1.45.2")
]
_SDKS: Final = [
    Host(f"opentelemetry-sdk {v}", (_CLIENT, f"opentelemetry-sdk=={v}"), short=v == "1.42.1")
    for v in ("1.30.0", "1.36.0", "1.42.1", "1.43.0", "1.44.0", "1.45.2")
]
_WRAPTS: Final = [
    Host(f"wrapt {v}", (_CLIENT, f"wrapt=={v}"), short=v == "1.17.3")
    for v in ("1.14.2", "1.16.0", "1.17.3", "2.0.1", "2.5.2")
]
_CLIENTS: Final = [
    # These want httpx as it was before 0.28.
    Host("openai 1.20.0", ("openai==1.20.0", "httpx==0.27.2"), short=True),
    Host("openai 1.26.0", ("openai==1.26.0", "httpx==0.27.2")),
    Host("openai 1.40.0", ("openai==1.40.0", "httpx==0.27.2")),
    *(
        Host(f"openai {v}", (f"openai=={v}",))
        for v in ("1.66.5", "1.109.1", "2.0.1", "2.30.0", "2.54.0", "3.0.0", "3.30.0")
    ),
    Host("openai, the newest", ("openai",)),
]
_PYDANTICS: Final = [
    Host("pydantic 1.10, openai 1.109", ("openai==1.109.1", "pydantic==1.10.24"), short=True),
    Host("pydantic 1.10, openai 2.54", ("openai==2.54.0", "pydantic==1.10.24")),
    Host("pydantic 2.5", ("openai==1.109.1", "pydantic==2.5.3")),
    Host("pydantic 2.11", ("openai==2.54.0", "pydantic==2.11.7")),
]
_OTHERS: Final = [
    Host(
        "pydantic-ai-slim[openai] of half a year ago",
        ("pydantic-ai-slim[openai]", "opentelemetry-api<1.43"),
        before="2026-05-25",
    ),
    Host("httpx 0.25", ("openai==1.40.0", "httpx==0.25.2")),
    Host("PyJWT 1.7", (_CLIENT, "pyjwt==1.7.1")),
    Host("packaging 20.9", (_CLIENT, "packaging==20.9")),
    Host(
        "typing-extensions 4.11", ("openai==1.40.0", "httpx==0.27.2", "typing-extensions==4.11.0")
    ),
    Host(
        "another instrumentation, not switched on",
        (_CLIENT, "opentelemetry-instrumentation-openai-v2"),
    ),
]
_SHADOWS: Final = [
    Host(f"a module called {name}", (_CLIENT,), modules=(name,), short=name == "wrapt")
    for name in ("wrapt", "jwt", "postgrest", "opentelemetry", "packaging", "llm_observe")
]
