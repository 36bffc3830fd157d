"""Protobuf's wire format by hand, for messages that protobuf's own types refuse to write.

https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

import struct


def delimit(number: int, payload: bytes) -> bytes:
    """Write a field of bytes, of text or of a message."""
    return to_varint(number << 3 | 2) + to_varint(len(payload)) + payload


def to_field(number: int, value: int) -> bytes:
    """Write an integer or an enum; a negative one as its 64 bits."""
    return to_varint(number << 3) + to_varint(value % 2**64)


def to_fixed(number: int, value: int) -> bytes:
    """Write a ``fixed64``."""
    return to_varint(number << 3 | 1) + struct.pack("<Q", value)


def to_double(number: int, value: float) -> bytes:
    """Write a ``double``."""
    return to_varint(number << 3 | 1) + struct.pack("<d", value)


def to_varint(value: int) -> bytes:
    """Write an integer in sevens of bits, the lowest first."""
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*groups, value])
