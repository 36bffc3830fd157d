"""A library that is run: its name, its pins, and the scenarios it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Library:
    """A library that is run: its name here, its pins, and the scenarios it is asked for.

    The first pin is the library itself. ``left_out`` says for a scenario why this library cannot
    live it; ``script`` is Node's in ``scenarios/``, where the library is no Python. Of what is not
    run, ``source`` says from where its spans are known.
    """

    name: str
    asks: tuple[str, ...]
    scenarios: tuple[str, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)
    script: str | None = None
    is_run: bool = True
    source: str = ""
    protocol: Literal["http/protobuf", "http/json"] = "http/protobuf"

    @property
    def package(self) -> str:
        """The package whose version the fixture carries."""
        return self.asks[0].partition("==")[0]

    @property
    def version(self) -> str:
        """The version that is pinned."""
        return self.asks[0].partition("==")[2]

    @property
    def lived(self) -> tuple[str, ...]:
        """The scenarios that this library can live."""
        return tuple(name for name in self.scenarios if name not in self.left_out)
