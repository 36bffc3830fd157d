"""Ids of people and groups: stored as they are, since people are found and forgotten by them.

One that is too long is stored by its hash, and one in the form of a credential by a pseudonym: a
session token is an id for many an application. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

from llm_observe._tokens import is_token
from llm_observe.privacy.protection import DigestKey, pseudonymize
from llm_observe.privacy.redaction import holds_secret
from llm_observe.privacy.work import WorkBudget
from llm_observe.records import bound_id, clean_text
from llm_observe.semconv import Repair


@dataclass(slots=True)
class Identities:
    """Decides what is stored of an id. ``pseudonyms``: of a user always a pseudonym.

    Not frozen: one is made for every span.
    """

    key: DigestKey | None = None
    pseudonyms: bool = False

    def name_user(self, user: str | None, work: WorkBudget, repairs: set[Repair]) -> str | None:
        """Give what is stored of a user's id; None where that is a pseudonym, and no key is."""
        if user and self.pseudonyms:
            return pseudonymize(clean_text(user, len(user)), self.key)
        return self._name(user, "u1", work, repairs)

    def name_group(self, group: str | None, work: WorkBudget, repairs: set[Repair]) -> str | None:
        """Give what is stored of a session's id, or another group's."""
        return self._name(group, "g1", work, repairs)

    def _name(
        self, text: str | None, version: str, work: WorkBudget, repairs: set[Repair]
    ) -> str | None:
        if not text:
            return None
        is_secret = holds_secret(text, work)
        if is_secret is None:
            return None
        if not is_secret:
            return bound_id(text)
        repairs.add("id_pseudonymized")
        # Cleaned, as whoever asks for it by its id gives it.
        return pseudonymize(clean_text(text, len(text)), self.key, version=version)


def take_id(value: str | None) -> str | None:
    """Give an id that somebody's machine made, bounded; a sentence in its place is none."""
    bounded = bound_id(value) if value else None
    return bounded if is_token(bounded) else None
