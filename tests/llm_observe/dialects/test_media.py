"""Images, audio and files are what they are: a kind, a type, a size and a digest."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_observe.config import Settings
from llm_observe.content import Content
from llm_observe.cost.pricing import load_prices
from llm_observe.dialects.media import read_media, settle_media
from llm_observe.dialects.messages import read_messages
from llm_observe.privacy.media import MOST_MEDIA
from llm_observe.privacy.protection import DigestKey
from llm_observe.records import SpanRecord
from llm_observe.transcription import transcribe
from tests.llm_observe.dialects.spans import make_span

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))
DATA = b64encode(PNG).decode()
URL = f"data:image/png;base64,{DATA}"
PLACE = "https://example.org/cat.png"
IMAGE = {"type": "blob", "modality": "image", "mime_type": "image/png", "content": DATA}
KEY = DigestKey("k1", b"s" * 32)


@pytest.mark.parametrize(
    "part",
    [
        pytest.param({"type": "image_url", "image_url": {"url": URL}}, id="OpenAI, chat"),
        pytest.param({"type": "input_image", "image_url": URL}, id="OpenAI, responses"),
        pytest.param(
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": DATA},
            },
            id="Anthropic",
        ),
        pytest.param({"inlineData": {"mimeType": "image/png", "data": DATA}}, id="Gemini, JSON"),
        pytest.param({"inline_data": {"mime_type": "image/png", "data": PNG}}, id="Gemini"),
        pytest.param({"image": {"format": "png", "source": {"bytes": DATA}}}, id="Bedrock"),
        pytest.param({"type": "image", "image": DATA, "mediaType": "image/png"}, id="AI SDK"),
        pytest.param({"type": "file", "data": URL, "mediaType": "image/png"}, id="AI SDK 5"),
        pytest.param(
            {"type": "binary", "media_type": "image/png", "content": DATA}, id="Pydantic AI"
        ),
        pytest.param({"type": "image", "data": DATA, "mimeType": "image/png"}, id="MCP"),
        pytest.param({**IMAGE, "content": PNG}, id="OpenTelemetry, bytes"),
        pytest.param(IMAGE, id="OpenTelemetry"),
        pytest.param({"type": "text", "text": URL}, id="a data URL is no text"),
        pytest.param({"type": "image", "content": {"image.image.url": URL}}, id="OpenInference"),
    ],
)
def test_an_image_is_a_blob_whoever_sends_it(part: dict[str, Any]) -> None:
    """One shape for one thing: OpenTelemetry's."""
    assert read_media(part) == IMAGE


@pytest.mark.parametrize(
    ("part", "read"),
    [
        (
            {"type": "input_audio", "input_audio": {"data": DATA, "format": "wav"}},
            {"type": "blob", "modality": "audio", "mime_type": "audio/wav", "content": DATA},
        ),
        (
            {"type": "image_url", "image_url": {"url": PLACE, "detail": "low"}},
            {"type": "uri", "modality": "image", "uri": PLACE},
        ),
        (
            {"type": "image", "source": {"type": "url", "url": PLACE}},
            {"type": "uri", "modality": "image", "uri": PLACE},
        ),
        (
            {"fileData": {"fileUri": "gs://b/a.mp4", "mimeType": "video/mp4"}},
            {"type": "uri", "modality": "video", "mime_type": "video/mp4", "uri": "gs://b/a.mp4"},
        ),
        (
            {"type": "file", "file": {"file_id": "file-1"}},
            {"type": "file", "modality": "file", "file_id": "file-1"},
        ),
        (
            {
                "type": "file",
                "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{DATA}"},
            },
            {
                "type": "blob",
                "modality": "file",
                "mime_type": "application/pdf",
                "name": "a.pdf",
                "content": DATA,
            },
        ),
        (
            {"type": "document", "source": {"type": "file", "file_id": "f"}, "title": "T"},
            {"type": "file", "modality": "file", "name": "T", "file_id": "f"},
        ),
    ],
)
def test_other_media_have_a_place_an_id_or_a_name(
    part: dict[str, Any], read: dict[str, Any]
) -> None:
    """Audio tells its format, a file its name; what lies elsewhere is told by where."""
    assert read_media(part) == read


@pytest.mark.parametrize(
    "part",
    [
        {"type": "text", "text": "see data:image/png;base64,AAAA for more"},
        {"type": "document", "content": "the text of a document"},
        {"type": "document", "source": {"type": "text", "data": "plain words"}},
        {"type": "tool_call", "id": "1", "name": "draw", "arguments": {"image": "cat"}},
        {"document": "text", "score": 1},
        {"image": "cat"},
        {"type": "file", "data": "words with blanks, and a comma"},
        {"type": 7},
        "text",
    ],
)
def test_what_is_no_medium_stays(part: Any) -> None:
    """A text about an image is a text."""
    assert read_media(part) is None


def test_media_in_a_tools_result_are_found() -> None:
    """Tools answer with screenshots."""
    said = [
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "t",
                    "content": [
                        {"type": "text", "text": "see"},
                        {"type": "image", "data": DATA, "mimeType": "image/png"},
                        {"image": "a key of some data"},
                    ],
                }
            ],
        }
    ]
    (message,) = settle_media(read_messages(said))
    response = message["parts"][0]["response"]
    assert response[1] == IMAGE
    assert response[2] == {"image": "a key of some data"}


def test_messages_without_media_are_the_same() -> None:
    """Nearly all messages have none, and are not copied."""
    messages = read_messages([{"role": "user", "content": "hello"}])
    assert settle_media(messages) is messages


def write(messages: list[dict[str, Any]], **changes: Any) -> SpanRecord:
    return transcribe(
        make_span("hand", {}),
        Content(input=messages),
        tenant="t",
        key=KEY,
        prices=load_prices(),
        settings=Settings(**changes),
    )


def ask(*parts: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "user", "parts": [{"type": "text", "content": "which cat?"}, *parts]}]


def test_without_content_a_medium_is_described() -> None:
    """Kind, type, size and a keyed digest are no content, and tell two images apart."""
    record = write(ask(IMAGE, {"type": "uri", "modality": "image", "uri": PLACE}))
    assert record.input is None
    first, second = record.attributes["llm_observe.input.media"]
    assert first["kind"] == "image"
    assert first["mime_type"] == "image/png"
    assert first["size"] == len(PNG)
    assert first["digest"].startswith("h1:k1:")
    assert second == {"kind": "image"}
    assert "example.org" not in json.dumps(record.attributes)
    assert DATA not in json.dumps(record.attributes)


def test_the_same_bytes_have_the_same_digest() -> None:
    """As base64 and as bytes."""
    one = write(ask(IMAGE)).attributes["llm_observe.input.media"]
    other = write(ask({**IMAGE, "content": PNG})).attributes["llm_observe.input.media"]
    assert one == other


def test_bytes_are_kept_whole_or_not_at_all() -> None:
    """Within the limit of content they are kept; half an image shows nothing."""
    record = write(ask(IMAGE), capture_content=True, prompt_limit=10_000)
    assert record.input is not None
    blob = record.input[0]["parts"][1]
    assert blob["content"] == DATA
    assert blob["size"] == len(PNG)
    record = write(ask(IMAGE), capture_content=True, prompt_limit=50)
    assert record.input is not None
    blob = record.input[0]["parts"][1]
    assert "content" not in blob
    assert blob["digest"].startswith("h1:k1:")
    assert record.input[0]["parts"][0]["content"] == "which cat?"


def test_no_text_hides_in_base64() -> None:
    """Redaction sees into no base64, so that a text in it is described and not kept."""
    secret = b64encode(b"password=hunter2 " * 4).decode()
    blob = {"type": "blob", "modality": "file", "mime_type": "text/plain", "content": secret}
    record = write(ask(blob), capture_content=True, prompt_limit=10_000)
    assert secret not in json.dumps(record.input)


def test_a_type_that_is_no_type_is_not_told() -> None:
    """Anybody may put a prompt under any key."""
    blob = {**IMAGE, "mime_type": "image/png my secret prompt", "modality": "a secret prompt"}
    told = write(ask(blob)).attributes["llm_observe.input.media"]
    assert "secret" not in json.dumps(told)
    assert told[0]["kind"] == "file"


def test_media_are_bounded() -> None:
    """However many there are, so many of them are described, the last."""
    record = write(ask(*[IMAGE] * (MOST_MEDIA + 9)))
    assert len(record.attributes["llm_observe.input.media"]) == MOST_MEDIA


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(URL) | st.just(DATA),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "image_url",
                    "source",
                    "data",
                    "file",
                    "content",
                    "url",
                    "image",
                    "mime_type",
                ]
            )
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.lists(json_like, max_size=3), st.booleans())
def test_any_part_is_read(parts: list[Any], capture: bool) -> None:  # hypothesis
    """Parts of any shape break nothing."""
    write([{"role": "user", "parts": parts}], capture_content=capture)
