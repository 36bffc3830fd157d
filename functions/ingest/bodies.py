"""A request's body, decompressed within bounds: a bomb costs the limit and not its size."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Final

import zstandard

from functions.common.errors import (
    BadRequestError,
    BodyTooLargeError,
    UnsupportedMediaTypeError,
)
from functions.ingest.limits import MOST_BYTES, SMALLER

_STEP: Final = 65_536
_BEGINNINGS: Final = {
    b"\x1f\x8b": "gzip: Content-Encoding is missing",
    b"\x28\xb5\x2f\xfd": "zstd: Content-Encoding is missing",
    b"{": "JSON: Content-Type is application/json then",
    b"[": "JSON: Content-Type is application/json then",
    b"\n": "protobuf: Content-Type is application/x-protobuf then",
}
_ZSTD_WINDOW: Final = 8 * 1024 * 1024
"""Bytes; what every decoder should accept (RFC 8878, section 3.1.1.1.2)."""


def open_body(raw: bytes, encoding: str | None) -> bytes:
    """Give the body as its ``Content-Encoding`` (gzip, zstd, identity or none) unpacks it.

    Raises:
        BodyTooLargeError: beyond the limit, before more is unpacked.
        BadRequestError: if it is not what the encoding says.
        UnsupportedMediaTypeError: for any other encoding.
    """
    unpack = _UNPACKERS.get((encoding or "identity").strip().lower())
    if unpack is None:
        raise UnsupportedMediaTypeError("Content-Encoding is gzip, zstd or identity.")
    try:
        return _collect(unpack(raw))
    except (zlib.error, zstandard.ZstdError, EOFError) as error:
        raise BadRequestError("The body is not what its Content-Encoding says.") from error


def guess_kind(body: bytes) -> list[str]:
    """Say what a body that could not be read begins as, if that shows."""
    return [
        f"It begins as {kind}." for begin, kind in _BEGINNINGS.items() if body.startswith(begin)
    ]


def _collect(pieces: Iterator[bytes]) -> bytes:
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > MOST_BYTES:
            raise BodyTooLargeError(
                f"The body unpacks to more than {MOST_BYTES:,} bytes. {SMALLER}"
            )
    return bytes(body)


def _inflate(raw: bytes) -> Iterator[bytes]:
    """Unpack gzip, several members in a row included."""
    while raw:
        member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        while not member.eof:
            piece = member.decompress(raw, _STEP)
            raw = member.unconsumed_tail
            if not piece and not raw and not member.eof:
                raise EOFError
            yield piece
        raw = member.unused_data


def _unpack_zstd(raw: bytes) -> Iterator[bytes]:
    reader = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).stream_reader(
        raw, read_across_frames=True
    )
    while piece := reader.read(_STEP):
        yield piece


def _pass_on(raw: bytes) -> Iterator[bytes]:
    yield raw


_UNPACKERS: Final[dict[str, Callable[[bytes], Iterator[bytes]]]] = {
    "gzip": _inflate,
    "x-gzip": _inflate,
    "zstd": _unpack_zstd,
    "identity": _pass_on,
    "": _pass_on,
}
