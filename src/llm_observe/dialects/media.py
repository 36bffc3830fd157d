"""Images, audio and files in messages, as OpenTelemetry's parts: a blob, a URI or a file's id.

The shapes are those of OpenAI's chat and responses, Anthropic's messages, Gemini's and Bedrock's
contents, the AI SDK, Pydantic AI and the Model Context Protocol. Any part of no known shape
stays as it is.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from operator import is_
from typing import Any, Final

from llm_observe.content import Message
from llm_observe.dialects.values import LISTS, MAPPINGS

Part = dict[str, Any]

_DATA: Final = "data:"
_DATA_URL: Final = re.compile(
    r"data:(?P<mime>[^;,\s]{0,64})(?:;[^;,\s]{1,64}){0,3};base64,", re.ASCII
)
_KINDS: Final = ("image", "audio", "video")
_FORMATS: Final = {"jpg": "image/jpeg", "mp3": "audio/mpeg", "pdf": "application/pdf"}
_TYPES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("image", "image_url", "input_image", "image-url", "image-data"), "image"),
    **dict.fromkeys(("audio", "input_audio", "audio-url", "audio_url"), "audio"),
    **dict.fromkeys(("video", "video_url", "input_video", "video-url"), "video"),
    **dict.fromkeys(("file", "input_file", "document", "document-url", "media"), "file"),
    **dict.fromkeys(("blob", "uri", "binary", "file-data", "file-url", "file-id"), ""),
}
"""Types of parts, with the kind of medium that each has."""
_BARE: Final = {
    **dict.fromkeys(("inlineData", "inline_data", "fileData", "file_data"), ""),
    **{kind: kind for kind in _KINDS},
    "document": "file",
}
"""Gemini's and Bedrock's parts have no type but one of these keys."""
_INNER: Final = (
    *("image_url", "input_audio", "audio", "video_url", "file", "source", "image", "video"),
    *("document", "inlineData", "inline_data", "fileData", "file_data", "content"),
)
"""Keys whose mapping tells more of the part."""
_BYTES: Final = ("data", "bytes", "base64", "file_data", "image")
_WITH_CONTENT: Final = frozenset({"blob", "binary"})
"""Types whose ``content`` is bytes; a document's is often its text."""
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_\s-]+={0,2}\Z", re.ASCII)
_LONGEST_LOOK: Final = 64
_PLACES: Final = (
    *("url", "uri", "file_url", "image_url", "fileUri", "file_uri", "image.image.url", "image.url"),
    "audio.url",
)
_IDS: Final = ("file_id", "fileId")
_MIMES: Final = ("mime_type", "mimeType", "media_type", "mediaType", "format")
_NAMES: Final = ("filename", "name", "title")
_DEEPEST: Final = 3


def are_plain(messages: Sequence[Message]) -> bool:
    """Whether no message can hold a medium, as nearly all: told by one look at each part."""
    for message in messages:
        parts = message.get("parts")
        if isinstance(parts, LISTS) and not all(map(_is_plain, parts)):
            return False
    return True


def settle_media(messages: Sequence[Message]) -> Sequence[Message]:
    """Give the messages with each medium in one shape; the same where there is none."""
    settled = [_settle_message(message) for message in messages]
    return messages if all(map(is_, settled, messages)) else settled


def _settle_message(message: Message) -> Message:
    parts = message.get("parts")
    if not isinstance(parts, LISTS):
        return message
    settled = [_settle_part(part) for part in parts]
    return message if all(map(is_, settled, parts)) else message | {"parts": settled}


def _is_plain(part: Any) -> bool:
    """Whether a part is a text that is no data URL, or of another kind that is no medium."""
    if not isinstance(part, dict) or isinstance(part.get("response"), LISTS):
        return False
    kind = part.get("type")
    if kind == "text":
        said = part.get("content")
        return isinstance(said, str) and not said.startswith(_DATA)
    return isinstance(kind, str) and kind not in _TYPES


def _settle_part(part: Any) -> Any:
    if not isinstance(part, MAPPINGS):
        return part
    response = part.get("response")
    if isinstance(response, LISTS):
        settled = [_read_typed(item) or item for item in response]
        same = all(map(is_, settled, response))
        return part if same else {**part, "response": settled}
    return read_media(part) or part


def _read_typed(item: Any) -> Part | None:
    """A tool's result is of any shape: without a type, ``image`` may be any key of its data."""
    return read_media(item) if isinstance(item, Mapping) and "type" in item else None


def read_media(part: Any) -> Part | None:
    """Give a medium in OpenTelemetry's shape, None for what is none."""
    if not isinstance(part, MAPPINGS):
        return None
    kind = part.get("type")
    if kind == "text":
        said = part.get("content", part.get("text"))
        return _write({}, said) if isinstance(said, str) and _DATA_URL.match(said) else None
    if isinstance(kind, str):
        modality = _TYPES.get(kind)
    elif "type" in part:
        return None
    else:
        modality = next((_BARE[k] for k in _BARE if isinstance(part.get(k), Mapping)), None)
    return _read(part, modality) if modality is not None else None


def _read(part: Mapping[str, Any], modality: str) -> Part | None:
    told = _flatten(part)
    mime, name = _find_text(told, _MIMES), _find_text(told, _NAMES)
    described: Part = {"modality": _find_text(part, ("modality",)) or modality}
    if mime:
        described["mime_type"] = _name_mime(mime, modality)
    if name:
        described["name"] = name
    if told.get("source.type") == "text":
        return None
    for key in (*_BYTES, "content") if str(part.get("type")) in _WITH_CONTENT else _BYTES:
        if (found := _write(described, told.get(key))) is not None:
            return found
    place = _find_text(told, _PLACES)
    if place:
        return _write_place(described, place)
    file_id = _find_text(told, _IDS)
    return _finish({"type": "file", **described, "file_id": file_id}) if file_id else None


def _flatten(part: Mapping[str, Any], depth: int = _DEEPEST) -> dict[str, Any]:
    """The values of a part and of the mappings in it, the innermost of one name."""
    told = dict(part)
    for key in _INNER:
        inner = part.get(key)
        if isinstance(inner, Mapping) and depth:
            told.pop(key, None)
            found = _flatten(inner, depth - 1)
            if key == "source":
                found["source.type"] = inner.get("type")
            told.update(found)
        elif isinstance(inner, str) and key in {"image_url", "file_data", "image"}:
            told[key] = inner
    return told


def _write(described: Part, data: Any) -> Part | None:
    """Write bytes, base64 or a data URL as a blob, and another URL as a place."""
    if isinstance(data, bytes | bytearray | memoryview):
        data = b64encode(data).decode()
    if not isinstance(data, str) or not data:
        return None
    url = _DATA_URL.match(data)
    if url:
        described = {"mime_type": url["mime"] or "text/plain", **described}
        return _finish({"type": "blob", **described, "content": data[url.end() :]})
    if "://" in data[:16]:
        return _write_place(described, data)
    if not described or not _BASE64.match(data[:_LONGEST_LOOK]):
        return None
    return _finish({"type": "blob", **described, "content": data})


def _write_place(described: Part, place: str) -> Part:
    if _DATA_URL.match(place) and (blob := _write(described, place)):
        return blob
    return _finish({"type": "uri", **described, "uri": place})


def _finish(part: Part) -> Part:
    """Tell the kind of a medium by its type, where the part did not."""
    if part.get("modality", "") in {"", "file"}:
        beginning = str(part.get("mime_type", "")).partition("/")[0]
        part["modality"] = beginning if beginning in _KINDS else "file"
    return part


def _name_mime(told: str, modality: str) -> str:
    """OpenAI and Bedrock tell a format, ``wav``, in the place of a type."""
    plain = told.strip().lower()
    if "/" in plain:
        return plain
    return _FORMATS.get(plain) or f"{modality if modality in _KINDS else 'application'}/{plain}"


def _find_text(told: Mapping[str, Any], keys: Sequence[str]) -> str | None:
    return next((value for key in keys if isinstance(value := told.get(key), str) and value), None)
