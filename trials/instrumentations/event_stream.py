"""AWS's binary event stream, as the server writes it.

https://smithy.io/2.0/aws/amazon-eventstream.html: lengths, their checksum, headers, payload, the
checksum of all; numbers are big-endian, checksums CRC-32.
"""

from __future__ import annotations

import struct
import zlib
from typing import Final

_OVERHEAD: Final = 16
"""Bytes of a message beside its headers and its payload."""
_TEXT: Final = 7
"""The type of a header's value that is a string."""


def encode_event(name: str, payload: bytes) -> bytes:
    """Give the message of an event whose payload is JSON."""
    headers = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    encoded = b"".join(_encode_header(*header) for header in headers.items())
    prelude = struct.pack("!II", _OVERHEAD + len(encoded) + len(payload), len(encoded))
    message = prelude + _sum(prelude) + encoded + payload
    return message + _sum(message)


def _encode_header(name: str, value: str) -> bytes:
    return (
        struct.pack("!B", len(name))
        + name.encode()
        + struct.pack("!BH", _TEXT, len(value))
        + value.encode()
    )


def _sum(data: bytes) -> bytes:
    return struct.pack("!I", zlib.crc32(data))
