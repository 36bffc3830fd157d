"""Which models the server answers for, and under which dated name.

Names and dates are those in the ``openai`` package, ``openai/types/shared/chat_model.py``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["chat", "embedding"]

# An alias and the dated snapshot that OpenAI reports in the response for it.
_SNAPSHOTS = {
    "gpt-3.5-turbo": "gpt-3.5-turbo-0125",
    "gpt-4": "gpt-4-0613",
    "gpt-4-turbo": "gpt-4-turbo-2024-04-09",
    "gpt-4o": "gpt-4o-2024-08-06",
    "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
    "gpt-4.1": "gpt-4.1-2025-04-14",
    "gpt-4.1-mini": "gpt-4.1-mini-2025-04-14",
    "gpt-4.1-nano": "gpt-4.1-nano-2025-04-14",
    "o1": "o1-2024-12-17",
    "o3": "o3-2025-04-16",
    "o3-mini": "o3-mini-2025-01-31",
    "o4-mini": "o4-mini-2025-04-16",
    "gpt-5": "gpt-5-2025-08-07",
    "gpt-5-mini": "gpt-5-mini-2025-08-07",
    "gpt-5-nano": "gpt-5-nano-2025-08-07",
    "gpt-5.1": "gpt-5.1-2025-11-13",
    "gpt-5.2": "gpt-5.2-2025-12-11",
    "gpt-5.4-mini": "gpt-5.4-mini-2026-03-17",
    "gpt-5.4-nano": "gpt-5.4-nano-2026-03-17",
    "gpt-5.5": "gpt-5.5-2026-04-23",
}
# Snapshots that no alias leads to, and names that OpenAI reports undated.
_UNALIASED = (
    "gpt-4o-2024-05-13",
    "gpt-4o-2024-11-20",
    "gpt-5.4",
    "gpt-5.6-luna",
    "gpt-5.6-sol",
    "gpt-6-luna",
    "gpt-6-sol",
)
# Length of the vector by default, and at most.
_EMBEDDING_DIMENSIONS = {
    "text-embedding-3-small": 1536,
    "text-embedding-3-large": 3072,
    "text-embedding-ada-002": 1536,
}
_REASONING = re.compile(r"^(o\d|gpt-[5-9])")


@dataclass(frozen=True)
class Model:
    """A model the server stands in for; ``dated`` is the name its responses carry."""

    name: str
    dated: str
    kind: Kind = "chat"
    dimensions: int = 0

    @property
    def reasons(self) -> bool:
        """Say whether completions of this model carry reasoning tokens."""
        return _REASONING.match(self.dated) is not None

    @property
    def shortens(self) -> bool:
        """Say whether an embedding may be asked for with fewer dimensions."""
        return self.name.startswith("text-embedding-3")


def _collect() -> dict[str, Model]:
    names = {**_SNAPSHOTS, **{dated: dated for dated in (*_SNAPSHOTS.values(), *_UNALIASED)}}
    chat = {name: Model(name, dated) for name, dated in names.items()}
    return chat | {
        name: Model(name, name, kind="embedding", dimensions=size)
        for name, size in _EMBEDDING_DIMENSIONS.items()
    }


MODELS = _collect()
