"""What may be kept of a call: a digest and a length, or, where it was opened, cut content.

Pure functions. A digest is ``h1:<kid>:<base64url>``: HMAC-SHA-256 under a key of the tenant's own,
because a bare SHA-256 of a short prompt is found by guessing.
"""

from __future__ import annotations

import hmac
import json
import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from llm_observe import semconv
from llm_observe.content import Message
from llm_observe.errors import ConfigurationError
from llm_observe.redaction import REDACTED, redact, redact_url, redact_value
from llm_observe.secret_names import is_secret_name

_ALLOWED_KEYS: Final = frozenset(
    {
        semconv.OPERATION_NAME,
        semconv.PROVIDER_NAME,
        semconv.SYSTEM,
        semconv.AGENT_NAME,
        semconv.TOOL_NAME,
        semconv.TOOL_CALL_ID,
        semconv.CONVERSATION_ID,
        semconv.ERROR_TYPE,
        semconv.SESSION_ID,
        semconv.USER_ID,
        semconv.ENVIRONMENT,
        semconv.SERVICE_NAME,
        "gen_ai.agent.id",
        "gen_ai.agent.version",
        "gen_ai.tool.type",
        "gen_ai.output.type",
        "gen_ai.token.type",
        "gen_ai.request.encoding_formats",
        "gen_ai.request.model",
        "gen_ai.request.reasoning.level",
        "gen_ai.request.stream",
        semconv.RESPONSE_FINISH_REASONS,
        semconv.RESPONSE_ID,
        semconv.RESPONSE_MODEL,
        semconv.RESPONSE_TIME_TO_FIRST_CHUNK,
        semconv.OPENAI_SERVICE_TIER,
        "openai.api.type",
        "openai.response.system_fingerprint",
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "server.address",
        "server.port",
        "service.version",
    }
)
_ALLOWED_PREFIXES: Final = ("llm_observe.", "faas.", "cloud.")
_ALLOWED_NUMBERS: Final = (
    "gen_ai.embeddings.dimension",
    "gen_ai.usage.",
    "gen_ai.request.choice.count",
    "gen_ai.request.frequency_penalty",
    "gen_ai.request.max_tokens",
    "gen_ai.request.presence_penalty",
    "gen_ai.request.seed",
    "gen_ai.request.temperature",
    "gen_ai.request.top_k",
    "gen_ai.request.top_p",
)
"""Begin names whose numbers are kept and whose texts may be anything."""
_NUMBERS: Final = (int, float)

# Messages that hold themselves fail by their depth: looking for circles takes 0.5 µs.
_CANONICAL: Final = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":"), default=repr
)
_URLS: Final = ("url.full", "http.url")
_DERIVED: Final = "d1:"
"""How a tenant's own key starts where it is handed out, as opposed to the master secret."""
_KEY_BYTES: Final = 32


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
    """What is kept of a prompt or an answer. ``length`` is in characters."""

    digest: str | None = None
    length: int | None = None
    content: list[Message] | None = None


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
    return f"{_DERIVED}{key.kid}:{urlsafe_b64encode(key.secret).decode()}"


def read_derived_key(text: str) -> DigestKey | None:
    """Read a key that was handed out; None where the text is a master secret.

    Raises:
        ConfigurationError: if it starts like a key that was handed out and is none.
    """
    if not text.startswith(_DERIVED):
        return None
    kid, _, secret = text.removeprefix(_DERIVED).partition(":")
    try:
        key = DigestKey(kid=kid, secret=urlsafe_b64decode(secret))
    except ValueError:
        key = DigestKey(kid="", secret=b"")
    if not key.kid or len(key.secret) != _KEY_BYTES:
        raise ConfigurationError(
            "LLM_OBSERVE_DIGEST_KEY starts with d1: and is not whole. Copy it as it was issued."
        )
    return key


def keep(messages: Sequence[Message], *, key: DigestKey | None, capture: bool, limit: int) -> Kept:
    """Decide what is kept: content cut to ``limit`` characters, or its digest and length."""
    if not messages:
        return UNSAID
    length = _count_text(messages)
    if capture:
        return Kept(length=length, content=cut(messages, limit))
    return Kept(digest=_digest(messages, key) if key else None, length=length)


def cut(messages: Sequence[Message], limit: int) -> list[Message]:
    """Keep ``limit`` characters of redacted text in all, spent from the last message backwards.

    What a model answers to stands at the end, long instructions stand at the start.
    """
    budget = _Budget(limit)
    kept = []
    for message in reversed(messages):
        if budget.left <= 0:
            break
        kept.append(
            {
                key: budget.spend(value) if key == "parts" else value
                for key, value in message.items()
                if value is not None
            }
        )
    return kept[::-1]


def pseudonymize(user: str, key: DigestKey | None) -> str | None:
    """Give a user's pseudonym, ``u1:<kid>:<base64url>``; None without a key, and never the id."""
    if key is None:
        return None
    # Its own domain: a prompt that is nothing but a user's id has another digest.
    mac = key.sign(b"user\0" + user.encode("utf-8", "replace"))
    return f"u1:{key.kid}:{mac}"


def allow_attributes(attributes: Mapping[str, Any], *, capture: bool) -> dict[str, Any]:
    """Keep attributes that cannot hold content; with capture on, keep all. Both are redacted.

    How many were dropped is told, so that nobody looks for them in vain.
    """
    allowed = {
        key: value
        for key, value in attributes.items()
        if capture or key in _ALLOWED_KEYS or _is_allowed(key, value)
    }
    dropped = len(attributes) - len(allowed)
    urls = {key: redact_url(allowed.pop(key)) for key in _URLS if isinstance(allowed.get(key), str)}
    redacted: dict[str, Any] = redact_value(urls | allowed if urls else allowed)
    if dropped:
        redacted[semconv.DROPPED_ATTRIBUTES] = dropped
    return redacted


def _is_allowed(key: str, value: Any) -> bool:
    """Whether an attribute holds a name or a number; ``gen_ai.response.text`` is an answer."""
    named = key.startswith(_ALLOWED_PREFIXES)
    return named or (isinstance(value, _NUMBERS) and key.startswith(_ALLOWED_NUMBERS))


def _digest(messages: Sequence[Message], key: DigestKey) -> str:
    text = _CANONICAL.encode(messages)
    canonical = text if text.isascii() else unicodedata.normalize("NFC", text)
    return f"h1:{key.kid}:{key.sign(canonical.encode('utf-8', 'replace'))}"


def _count_text(value: Any) -> int:
    """Characters of all text of messages: parts' contents, tool arguments and results."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, _LISTS):
        return sum(map(_count_text, value))
    if isinstance(value, _MAPPINGS):
        return sum([_count_text(item) for key, item in value.items() if key not in _NOT_TEXT])
    return 0


_LISTS: Final = (list, tuple)
_MAPPINGS: Final = (dict, Mapping)
"""Nearly all are dictionaries, which is told at once."""
_NOT_TEXT: Final = frozenset({"type", "role", "id", "finish_reason", "mime_type", "modality"})


class _Budget:
    """Characters that may still be kept."""

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self, value: Any) -> Any:
        if isinstance(value, str):
            kept = redact(value, limit=max(self.left, 0))
            self.left -= len(kept)
            return kept
        if isinstance(value, Mapping):
            return {k: self._spend_item(k, v) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return [self.spend(item) for item in value if self.left > 0]
        if isinstance(value, bytes):
            return f"{len(value)} bytes"
        return value

    def _spend_item(self, name: str, value: Any) -> Any:
        if name in _NOT_TEXT:
            return value
        return self.spend(REDACTED if is_secret_name(name) else value)
