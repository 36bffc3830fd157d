"""The part of content that may be kept: a digest and a length, or, where it was opened, cut text.

Pure functions. A digest is ``h1:<kid>:<base64url>``: HMAC-SHA-256 under a key of the tenant's own,
because a bare SHA-256 of a short prompt is found by guessing.
"""

from __future__ import annotations

import hmac
import json
import re
import unicodedata
from base64 import urlsafe_b64encode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, NamedTuple

from llm_observe.content import Message
from llm_observe.dialects.media import are_plain, settle_media
from llm_observe.dialects.values import LISTS, MAPPINGS
from llm_observe.privacy.digest_keys import DERIVED, read_digest_key
from llm_observe.privacy.media import describe, is_blob, may_keep
from llm_observe.privacy.redaction import REDACTED, redact, redact_value
from llm_observe.privacy.secret_names import is_secret_name
from llm_observe.privacy.work import WorkBudget

# Messages that hold themselves fail by their depth: looking for circles takes 0.5 µs.
_CANONICAL: Final = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":"), default=repr
)
_DOMAINS: Final = {"u1": b"user\0", "g1": b"group\0"}
_MARKS: Final = re.compile(r"[^\w\s\x00-\x7f]{32,}")
"""Accents are no word characters to ``re``, and neither are emoji and lines of boxes."""
_LABELS: Final = frozenset({"type", "role", "id", "finish_reason", "mime_type", "modality"})
"""Keys of a message or a part whose texts are no content, where they are short."""
_LONGEST_LABEL: Final = 64
_MOST_FRAME: Final = 8_192
"""Characters of keys and labels; a value that is no text counts as eight."""
_NO_TEXT: Final = 8
_DESCRIBING: Final = ("size", "digest")
"""Of a blob, written by us."""
_OF_DESCRIBED: Final = _LABELS.union(_DESCRIBING)
_OF_BLOB: Final = frozenset({*_DESCRIBING, "content"})


@dataclass(frozen=True, slots=True)
class DigestKey:
    """A tenant's key for digests; ``kid`` names it."""

    kid: str
    secret: bytes = field(repr=False)
    _begun: hmac.HMAC = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Begin once: OpenSSL looks its algorithm up each time, 1.4 µs for each digest."""
        object.__setattr__(self, "_begun", hmac.new(self.secret, digestmod="sha256"))

    def sign(self, message: bytes) -> str:
        """Give the HMAC-SHA-256 of a message, in base64url without padding."""
        mac = self._begun.copy()
        mac.update(message)
        return urlsafe_b64encode(mac.digest()).rstrip(b"=").decode()


class Kept(NamedTuple):
    """The kept part of an input or output. ``length`` is in characters.

    ``media`` describes its images, audio and files, whether content is kept or not.
    """

    digest: str | None = None
    length: int | None = None
    content: list[Message] | None = None
    media: list[Any] | None = None


UNSAID: Final = Kept()


def derive_digest_key(master: str, *, tenant: str, kid: str, salt: bytes) -> DigestKey:
    """Derive a tenant's key from the master secret and its random salt (HKDF, RFC 5869).

    Destroying the salt makes the tenant's digests meaningless for good.
    """
    pseudorandom = hmac.digest(salt, master.encode(), "sha256")
    info = f"llm-observe digest h1 {tenant} {kid}".encode()
    return DigestKey(kid=kid, secret=hmac.digest(pseudorandom, info + b"\x01", "sha256"))


def write_derived_key(key: DigestKey) -> str:
    """Write a tenant's key for an application that is not to know the master secret."""
    return f"{DERIVED}{key.kid}:{urlsafe_b64encode(key.secret).decode()}"


def read_derived_key(text: str) -> DigestKey | None:
    """Read a key that was handed out; None where the text is a master secret.

    Raises:
        ConfigurationError: if it starts like a key that was handed out and is none.
    """
    found = read_digest_key(text)
    return DigestKey(kid=found[0], secret=found[1]) if found else None


def keep(
    messages: Sequence[Message],
    *,
    key: DigestKey | None,
    capture: bool,
    limit: int,
    work: WorkBudget | None = None,
) -> Kept:
    """Decide what is kept: content cut to ``limit`` characters, or its digest and length.

    Nothing where ``work`` has no room to go through it.
    """
    if not messages:
        return UNSAID
    work = work or WorkBudget()
    plain = are_plain(messages)
    messages = messages if plain else settle_media(messages)
    count = _Count(work)
    length = count.count_text(messages)
    if count.is_over:
        return UNSAID
    described, media = messages, None
    if not plain:
        described, media = describe(messages, partial(_sign, key) if key else None)
    if capture:
        content = cut(described, limit, work)
        return Kept(None, length, None if work.has_missed else content, media or None)
    return Kept(_digest(messages, key) if key else None, length, None, media or None)


def cut(messages: Sequence[Message], limit: int, work: WorkBudget | None = None) -> list[Message]:
    """Keep ``limit`` characters of redacted text in all, spent from the last message backwards.

    A model answers to the end; long instructions stand at the start.
    """
    room = _Room(limit, work or WorkBudget())
    kept = []
    for message in reversed(messages):
        if room.is_spent:
            break
        said = {key: value for key, value in message.items() if value is not None}
        kept.append(room.spend_items(said))
    return kept[::-1]


def count_characters(messages: Sequence[Message]) -> int:
    """Count the characters of messages, as ``keep`` tells their length."""
    return _Count(WorkBudget()).count_text(messages)


def pseudonymize(text: str, key: DigestKey | None, *, version: str = "u1") -> str | None:
    """Give a pseudonym, ``u1:<kid>:<base64url>`` of a user; None without a key, and never the id.

    ``version`` says whose: ``u1`` a user's, ``g1`` a group's.
    """
    if key is None:
        return None
    # Its own domain: a prompt that is nothing but a user's id has another digest.
    domain = _DOMAINS[version]
    mac = key.sign(domain + text.encode("utf-8", "replace"))
    return f"{version}:{key.kid}:{mac}"


def _digest(messages: Sequence[Message], key: DigestKey) -> str:
    text = _CANONICAL.encode(messages)
    canonical = text if text.isascii() else _normalize(text)
    return _sign(key, canonical.encode("utf-8", "replace"))


def _sign(key: DigestKey, content: bytes) -> str:
    return f"h1:{key.kid}:{key.sign(content)}"


def _normalize(text: str) -> str:
    """Bring a text to NFC, but for runs of marks without a letter, which stay as they are.

    Such a run is sorted in quadratic time: 80,000 accents took six seconds. No language has 32
    (UAX 15, "Stream-Safe Text Format", allows 30).
    """
    pieces: list[str] = []
    at = 0
    for run in _MARKS.finditer(text):
        pieces += unicodedata.normalize("NFC", text[at : run.start()]), run[0]
        at = run.end()
    return "".join([*pieces, unicodedata.normalize("NFC", text[at:])])


class _Count:
    """Counts the characters of all text of messages, as far as there is room for their values."""

    def __init__(self, work: WorkBudget) -> None:
        self._work = work
        self.is_over = False

    def count_text(self, value: Any) -> int:
        """Count parts' contents, tool arguments and results."""
        if isinstance(value, str):
            return len(value)
        if isinstance(value, LISTS):
            return sum(map(self.count_text, value)) if self._may_enter(value) else 0
        if not isinstance(value, MAPPINGS) or not self._may_enter(value):
            return 0
        frame = _OF_DESCRIBED if "size" in value and is_blob(value) else _LABELS
        length = 0
        for key, inner in value.items():
            if key not in frame:
                # Most values are texts: a call for each costs 1 µs a span.
                length += len(inner) if type(inner) is str else self.count_text(inner)
        return length

    def _may_enter(self, value: Collection[Any]) -> bool:
        self.is_over = self.is_over or not self._work.take_values(len(value))
        return not self.is_over


class _Room:
    """Characters that may still be kept: of text, and of the frame around it."""

    def __init__(self, left: int, work: WorkBudget) -> None:
        self.left = left
        self._frame = _MOST_FRAME
        self._work = work

    @property
    def is_spent(self) -> bool:
        """Whether nothing more is kept."""
        return self.left <= 0 or self._frame <= 0

    def spend_items(self, items: Mapping[Any, Any]) -> dict[Any, Any]:
        """Keep of a mapping what there is room for; its labels as they are."""
        if is_blob(items):
            return self._spend_blob(items)
        kept = {}
        for key, value in items.items():
            if self._frame <= 0:
                break
            name = self._frame_text(str(key))
            if key in _LABELS and isinstance(value, str):
                kept[name] = self._frame_text(value)
            else:
                kept[name] = self._spend(REDACTED if is_secret_name(name) else value)
        return kept

    def _spend_blob(self, part: Mapping[Any, Any]) -> dict[Any, Any]:
        """Keep what describes a blob, and its bytes if all of them have room."""
        content = part.get("content")
        others = {key: part[key] for key in part if key not in _OF_BLOB}
        kept = self.spend_items(others) | {key: part[key] for key in _DESCRIBING if key in part}
        if isinstance(content, str) and may_keep(part) and len(content) <= self.left:
            self.left -= len(content)
            kept["content"] = content
        return kept

    def _spend(self, value: Any) -> Any:
        if isinstance(value, str):
            kept = redact(value, limit=self.left, work=self._work) if self.left > 0 else ""
            self.left -= len(kept)
            return kept
        self._frame -= _NO_TEXT
        if isinstance(value, MAPPINGS):
            return self.spend_items(value)
        if isinstance(value, LISTS):
            return [self._spend(item) for item in value if not self.is_spent]
        return redact_value(value)

    def _frame_text(self, text: str) -> str:
        self._frame -= min(len(text), _LONGEST_LABEL)
        return redact(text, limit=_LONGEST_LABEL, work=self._work)
