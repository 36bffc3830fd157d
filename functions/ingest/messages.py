"""Messages from the door to the writer: rows as the database takes them, content protected.

A message is JSON: ``{"version": 1, "tenant_id", "key_id", "rows": [...]}``. In place of ``rows``
it may have ``rows_gzip`` (the array, gzip, base64) or ``rows_at`` (the name of an object with the
array in gzip).
"""

from __future__ import annotations

import gzip
import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from functions.common.auth.access import CallerIdentity
from llm_observe.supabase.portions import Row, cut
from llm_observe.tenancy import TENANT_ID

LARGEST_MESSAGE: Final = 1_048_576 - 4_096
"""Characters, all ASCII: SQS takes 1 MiB with its attributes, which get the rest.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html"""
BILLED: Final = 65_536
"""Bytes that cost one request whether full or not; below that nothing is won by packing.
https://aws.amazon.com/sqs/pricing/"""
_MOST_UNPACKED: Final = 128 * 1024 * 1024
"""Bytes; the largest row of the largest request, each byte escaped as six, stays below."""
_encode: Final = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode
_LEVEL: Final = 1
"""Of gzip: rows are repetitive, and the door is in a hurry."""


class MalformedMessageError(Exception):
    """A message that no version of this writer wrote; the text has none of its values."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """Rows of one tenant that travel together; ``encoded`` is their JSON array."""

    tenant: str
    key_id: str
    rows: list[Row]
    encoded: bytes

    def write(self) -> str:
        """Give the message with its rows inside, packed where that pays."""
        if len(self.encoded) <= BILLED:
            return self._write("rows", self.encoded.decode("ascii"))
        return self._write("rows_gzip", f'"{b64encode(self.pack()).decode("ascii")}"')

    def write_claim(self, key: str) -> str:
        """Give the message with the name of the object that holds its rows."""
        return self._write("rows_at", json.dumps(key))

    def pack(self) -> bytes:
        """Give the rows in gzip."""
        return gzip.compress(self.encoded, _LEVEL, mtime=0)

    def _write(self, name: str, value: str) -> str:
        whose = json.dumps({"version": 1, "tenant_id": self.tenant, "key_id": self.key_id})
        return f'{whose[:-1]}, "{name}": {value}}}'


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it was received: its rows, or where they are."""

    tenant: str
    key_id: str
    rows: list[Row]
    claim: str | None


def make_parcels(caller: CallerIdentity, rows: Iterable[Row]) -> Iterator[Parcel]:
    """Split rows, in their order, into parcels of at most 1,000 rows and 4 MiB, or one row."""
    pairs = ((row, _encode(row)) for row in rows)
    for portion in cut(pairs, lambda pair: len(pair[1])):
        taken, pieces = zip(*portion, strict=True)
        encoded = f"[{','.join(pieces)}]".encode("ascii")
        yield Parcel(caller.tenant, caller.key_id, list(taken), encoded)


def read_message(text: str) -> Message:
    """Read what a parcel wrote.

    Raises:
        MalformedMessageError: if it is anything else.
    """
    try:
        document = json.loads(text)
        version, tenant, key_id = (document[name] for name in ("version", "tenant_id", "key_id"))
        if version != 1 or not TENANT_ID.fullmatch(tenant) or not isinstance(key_id, str):
            raise MalformedMessageError(_MALFORMED)
        if (claim := document.get("rows_at")) is not None:
            return Message(tenant, key_id, [], str(claim))
        packed = document.get("rows_gzip")
        rows = document["rows"] if packed is None else read_rows(b64decode(packed))
        return Message(tenant, key_id, _check_rows(rows), None)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise MalformedMessageError(_MALFORMED) from error


def read_rows(packed: bytes) -> list[Row]:
    """Unpack rows, at most 128 MiB of them.

    Raises:
        MalformedMessageError: if it is not what ``Parcel.pack`` gives.
    """
    try:
        unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        encoded = unpacker.decompress(packed, _MOST_UNPACKED)
        if not unpacker.eof:
            raise MalformedMessageError(_MALFORMED)
        return _check_rows(json.loads(encoded))
    except (ValueError, zlib.error, RecursionError) as error:
        raise MalformedMessageError(_MALFORMED) from error


def _check_rows(rows: Any) -> list[Row]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise MalformedMessageError(_MALFORMED)
    return rows


_MALFORMED: Final = "The message is not of version 1, or is damaged."
