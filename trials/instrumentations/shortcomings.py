"""What is wrong today, by library and scenario, with the reason: each is to be repaired.

A scenario that turns out right although it stands here fails, so the list can only shrink.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from types import MappingProxyType
from typing import Final

_BY_REASON: Final[Sequence[tuple[str, Sequence[str], Sequence[str]]]] = ()
"""A reason, the libraries, and the scenarios in which each of these is wrong."""
SHORTCOMINGS: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        place: reason
        for reason, libraries, scenarios in _BY_REASON
        for place in product(libraries, scenarios)
    }
)
