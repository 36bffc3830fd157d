"""The attributes that are kept: with content off, those of an allowed shape; bounded. Pure.

``llm_observe.`` begins names of our own writer only: a sender's are dropped, so that no note of
ours can be forged.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from llm_observe import semconv
from llm_observe._tokens import is_token, take_tokens
from llm_observe.dialects.attribution import GROUPS, USERS
from llm_observe.dialects.error_types import classify_error
from llm_observe.privacy.identities import Identities
from llm_observe.privacy.redaction import Walk, hide, redact_url
from llm_observe.privacy.shapes import (
    ERROR,
    FLAG,
    NAME,
    NUMBER,
    PERSON,
    TOKEN,
    TOKENS,
    Shape,
    find_shape,
    is_number,
)
from llm_observe.privacy.work import WorkBudget
from llm_observe.records import MOST_NAME, MOST_TEXT

_URLS: Final = (semconv.URL, semconv.OLD_URL)
_IDS: Final = (str, int)


def allow_attributes(
    attributes: Mapping[str, Any],
    *,
    capture: bool,
    identities: Identities | None = None,
    work: WorkBudget | None = None,
    repairs: set[semconv.Repair] | None = None,
) -> dict[str, Any]:
    """Keep attributes that cannot hold content; with capture on, keep all. Both are redacted.

    How many were dropped is told, so that nobody looks for them in vain. ``repairs`` takes what
    else was done to them.
    """
    work = work or WorkBudget()
    keeper = _Keeper(
        identities or Identities(), work, set() if repairs is None else repairs, capture=capture
    )
    kept = keeper.keep_all(attributes)
    dropped = len(attributes) - len(kept)
    if dropped:
        kept[semconv.DROPPED_ATTRIBUTES] = dropped
    return kept


class _Keeper:
    """Keeps attributes of one span."""

    def __init__(
        self,
        identities: Identities,
        work: WorkBudget,
        repairs: set[semconv.Repair],
        *,
        capture: bool,
    ) -> None:
        self._identities = identities
        self._work = work
        self._repairs = repairs
        self._walk = Walk(work)
        self._capture = capture

    def keep_all(self, attributes: Mapping[str, Any]) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        keep = self._keep_any if self._capture else self._keep_shaped
        for key, value in attributes.items():
            if self._walk.is_over:
                self._repairs.add("attributes_dropped")
                break
            keep(kept, key, value)
        if self._walk.is_cut:
            self._repairs.add("value_cut")
        return kept

    def _keep_any(self, kept: dict[str, Any], key: str, value: Any) -> None:
        """Keep a value of any shape, redacted, as far as there is room."""
        if key.startswith(semconv.OWN):
            return
        name, is_secret = self._walk.read_name(key)
        if is_secret:
            kept[name] = hide(value)
        elif isinstance(value, _IDS) and (key in USERS or key in GROUPS):
            if named := self._identify(key, str(value)):
                kept[name] = named
        elif key in _URLS and isinstance(value, str):
            kept[name] = self._walk.count_text(redact_url(value[:MOST_TEXT], work=self._work))
        else:
            kept[name] = self._walk.redact(value, 1)

    def _keep_shaped(self, kept: dict[str, Any], key: str, value: Any) -> None:
        """Keep a value that has the shape of its key."""
        shape = find_shape(key)
        if shape is None:
            return
        shaped: Any = None
        if isinstance(value, str):
            shaped = self._shape_text(shape, key, value)
        elif shape is TOKENS:
            shaped = [self._walk.redact_text(token) for token in take_tokens(value)]
        elif is_number(value) if shape is NUMBER else shape is FLAG and isinstance(value, bool):
            shaped = self._walk.redact(value, 1)
        if shaped not in (None, "", []):
            kept[key] = shaped

    def _shape_text(self, shape: Shape, key: str, value: str) -> str | None:
        if shape is PERSON:
            return self._identify(key, value)
        if shape is ERROR and not is_token(value):
            return classify_error(value)
        if shape is NAME or ((shape is TOKEN or shape is ERROR) and is_token(value)):
            return self._walk.redact_text(value, MOST_NAME)
        return None

    def _identify(self, key: str, value: str) -> str | None:
        name = self._identities.name_user if key in USERS else self._identities.name_group
        named = name(value, self._work, self._repairs)
        return self._walk.count_text(named) if named else None
