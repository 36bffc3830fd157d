"""Images, audio and files in content: described by kind, type, size and a keyed digest. Pure.

The description is no content. The bytes are, and are kept whole or not at all: half an image shows
nothing, and no pattern of redaction sees into one.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from llm_observe.content import Message
from llm_observe.dialects.values import LISTS, MAPPINGS

BLOB: Final = "blob"
_TYPES: Final = frozenset({BLOB, "uri", "file"})
_KINDS: Final = frozenset({"image", "audio", "video", "file"})
_MIME: Final = re.compile(r"[a-z0-9][a-z0-9.+-]{0,31}/[a-z0-9][a-z0-9.+-]{0,63}", re.ASCII)
_SEEN_THROUGH: Final = ("image/", "audio/", "video/", "application/pdf")
"""Types whose bytes may be kept; of others, base64 might hide a text from redaction."""
MOST_MEDIA: Final = 64
"""Media of one input or output that are described."""

Sign = Callable[[bytes], str]


def describe(messages: Sequence[Message], sign: Sign | None) -> tuple[Sequence[Message], list[Any]]:
    """Give the messages, each blob with its size and digest, and what there is of media."""
    if not any(map(_holds_media, messages)):
        return messages, []
    found: list[Any] = []
    described = [_describe_message(message, sign, found) for message in messages]
    return described, found[-MOST_MEDIA:]


def may_keep(part: Mapping[str, Any]) -> bool:
    """Whether the bytes of a blob may be kept where content is."""
    return "size" in part and str(part.get("mime_type", "")).startswith(_SEEN_THROUGH)


def is_blob(part: Mapping[Any, Any]) -> bool:
    """Whether a part is a described blob."""
    return part.get("type") == BLOB and "size" in part


def _is_medium(part: Any) -> bool:
    if not isinstance(part, MAPPINGS):
        return False
    response = part.get("response")
    if isinstance(response, list):
        return any(map(_is_medium, response))
    kind = part.get("type")
    return isinstance(kind, str) and kind in _TYPES


def _holds_media(message: Message) -> bool:
    parts = message.get("parts")
    return isinstance(parts, LISTS) and any(map(_is_medium, parts))


def _describe_message(message: Message, sign: Sign | None, found: list[Any]) -> Message:
    if not _holds_media(message):
        return message
    return message | {"parts": [_describe_part(part, sign, found) for part in message["parts"]]}


def _describe_part(part: Any, sign: Sign | None, found: list[Any]) -> Any:
    if not _is_medium(part):
        return part
    response = part.get("response")
    if isinstance(response, list):
        return {**part, "response": [_describe_part(each, sign, found) for each in response]}
    kind, mime = part.get("modality"), part.get("mime_type")
    is_known = isinstance(kind, str) and kind in _KINDS
    told: dict[str, Any] = {"kind": kind if is_known else "file"}
    if isinstance(mime, str) and _MIME.fullmatch(mime):
        told["mime_type"] = mime
    found.append(told)
    blob = _decode(part.get("content")) if part.get("type") == BLOB else None
    if blob is None:
        return part
    told["size"] = len(blob)
    if sign is not None:
        told["digest"] = sign(blob)
    kept = {key: told[key] for key in ("size", "digest") if key in told}
    return {**part, **kept, "modality": told["kind"]}


def _decode(content: Any) -> bytes | None:
    """Give the bytes of a blob; None for what is no base64, such as a library's placeholder."""
    if isinstance(content, bytes | bytearray):
        return bytes(content)
    if not isinstance(content, str):
        return None
    try:
        return binascii.a2b_base64(content + "=" * (-len(content) % 4), strict_mode=True)
    except (ValueError, binascii.Error):
        return None
