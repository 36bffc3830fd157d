"""The tags that are kept of a span: at most 16, none under a secret's name. Pure.

A value that was told as a tag is stored as the id of a group is. Metadata of a library may hold
prose or a person's address: a value of it has no blank with content off, and nothing to redact.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from llm_observe._tokens import is_token
from llm_observe.dialects import Reading
from llm_observe.privacy.identities import Identities
from llm_observe.privacy.redaction import Walk, redact
from llm_observe.privacy.work import WorkBudget
from llm_observe.records import MOST_TAG_KEY, MOST_TAGS, clean_text
from llm_observe.semconv import Repair


@dataclass(slots=True)
class KeptTags:
    """Tags by key, the attributes that they were, and how many were dropped."""

    tags: dict[str, str] = field(default_factory=dict)
    attributes: set[str] = field(default_factory=set)
    dropped: int = 0


NOTHING_KEPT: Final = KeptTags()


def keep_tags(
    reading: Reading,
    *,
    capture: bool,
    identities: Identities,
    work: WorkBudget,
    repairs: set[Repair],
) -> KeptTags:
    """Decide which tags of a reading are kept, those told as such before metadata."""
    kept, walk = KeptTags(dropped=reading.dropped_tags), Walk(work)
    for key, text in reading.tags.items():
        name = _clean_key(key, walk)
        has_room = len(kept.tags) < MOST_TAGS
        value = identities.name_group(text, work, repairs) if name and has_room else None
        if name and value:
            kept.tags[name] = value
        else:
            kept.dropped += 1
    for key, (attribute, text) in reading.metadata.items():
        name = _clean_key(key, walk)
        if not name or name in kept.tags or len(kept.tags) >= MOST_TAGS:
            continue
        if (capture or is_token(text)) and redact(text, work=work) == text:
            kept.tags[name] = clean_text(text)
            if attribute is not None:
                kept.attributes.add(attribute)
    return kept


def _clean_key(key: str, walk: Walk) -> str | None:
    """Give a key as it is stored; None for one that names a secret or holds one."""
    name, is_secret = walk.read_name(key)
    return None if is_secret or name != key else clean_text(key, MOST_TAG_KEY)
