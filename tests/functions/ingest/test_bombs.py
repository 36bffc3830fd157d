"""Bodies made to hurt: memory stays bounded, others are served, the answer is a clear 4xx."""

from __future__ import annotations

import gzip
import os
import socket
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
import zstandard

from tests.functions.ingest.conftest import Post, read_answer
from tests.functions.ingest.spans import (
    JSON_TYPE,
    PROTOBUF_TYPE,
    make_request,
    make_span,
    to_json,
)
from tests.functions.ingest.wire import delimit
from trials.chaos.processes import list_environments

MIB = 1024 * 1024
MOST_GROWTH = 4 * 16 * MIB
"""A few times what a body may unpack to."""
LARGEST = 16 * MIB - 64
"""Bytes of a body that is just not refused for its length."""
MOST_PARSED: Final = 720 * MIB
"""What parsing such a body may take; the function has 1024 MiB, and 130 at rest."""

ENCODED = ["content-encoding: gzip"]


def squeeze_gzip(piece: bytes, times: int) -> bytes:
    """Pack a piece repeated, which never stands in memory as a whole."""
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    return b"".join([*(packer.compress(piece) for _ in range(times)), packer.flush()])


def squeeze_zstd(piece: bytes, times: int) -> bytes:
    """The same by zstd."""
    packer = zstandard.ZstdCompressor().compressobj()
    return b"".join([*(packer.compress(piece) for _ in range(times)), packer.flush()])


def in_a_span(field: bytes) -> bytes:
    """Give a group of one span that has a field, and ids."""
    span = delimit(1, b"a" * 16) + delimit(2, b"b" * 8) + field
    return delimit(1, delimit(2, delimit(2, span)))


def read_peak(process: Path) -> int:
    """Give the most memory that a process has had since it was last reset, in bytes."""
    line = next(
        line for line in (process / "status").read_text().splitlines() if line.startswith("VmHWM")
    )
    return int(line.split()[1]) * 1024


@contextmanager
def limit_growth(most: int) -> Iterator[None]:
    """See that no environment's memory grows by more, at its peak within the block."""
    before = {}
    for process in list_environments(os.getpid()):
        (process / "clear_refs").write_text("5")  # proc(5): the peak becomes what it is now
        before[process] = read_peak(process)
    yield
    grown = {process: read_peak(process) - peak for process, peak in before.items()}
    assert grown
    assert max(grown.values()) <= most


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="Linux alone tells a process' peak."
)


@needs_proc
@pytest.mark.parametrize(("encoding", "squeeze"), [("gzip", squeeze_gzip), ("zstd", squeeze_zstd)])
def test_a_bomb_costs_the_limit_and_not_its_size(
    post: Post, encoding: str, squeeze: Callable[[bytes, int], bytes]
) -> None:
    """A gigabyte in a megabyte, four times: 413 each time, and memory as for the largest body."""
    bomb = squeeze(b" " * MIB, 1024)
    for content_type in (JSON_TYPE, PROTOBUF_TYPE):
        post(b"", content_type=content_type)
    with limit_growth(MOST_GROWTH):
        answers = [
            post(bomb, content_type=content_type, content_encoding=encoding)
            for content_type in (JSON_TYPE, PROTOBUF_TYPE) * 2
        ]

    assert [answer.status_code for answer in answers] == [413] * 4
    assert read_answer(answers[0]).message.startswith("The body unpacks to more than")


@needs_proc
@pytest.mark.parametrize(
    ("content_type", "head", "piece", "tail", "status"),
    [
        (JSON_TYPE, b'{"resourceSpans": [{}', b", {}", b"]}", 413),
        (JSON_TYPE, b'{"a": [0', b',{"b":0}', b"]}", 400),
        (JSON_TYPE, b'{"resourceSpans": [], "a": [0', b',{"b":0}', b"]}", 413),
        (PROTOBUF_TYPE, b"", b"\x0a\0", b"", 413),
        (PROTOBUF_TYPE, b"", b"\x0a\x02\x12\0", b"", 413),
        (PROTOBUF_TYPE, b"", in_a_span(delimit(11, b"\x1a\0" * 2048) * 512), b"", 413),
    ],
)
def test_small_things_without_number_are_borne(
    post: Post, content_type: str, head: bytes, piece: bytes, tail: bytes, status: int
) -> None:
    """In the largest body all are parsed, which fits the memory, and few are looked at."""
    body = head + piece * ((LARGEST - len(head) - len(tail)) // len(piece)) + tail
    post(b"", content_type=content_type)
    with limit_growth(MOST_PARSED):
        answer = post(gzip.compress(body, 1), content_type=content_type, content_encoding="gzip")

    assert answer.status_code == status


def test_a_slow_body_holds_nobody_up(api: str, post: Post) -> None:
    """Ten clients that never finish sending take no function's time from another."""
    url = urlsplit(api)
    slow = [socket.create_connection((url.hostname, url.port)) for _ in range(10)]
    try:
        for connection in slow:
            connection.sendall(
                b"POST /v1/traces HTTP/1.1\r\nhost: api\r\ncontent-length: 100\r\n\r\n"
            )
        for _ in range(5):
            for connection in slow:
                connection.sendall(b" ")
            assert post(to_json(make_request(make_span()))).status_code == 200
    finally:
        for connection in slow:
            connection.close()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (["content-length: 2", "content-length: 3", "content-type: application/json"], 400),
        (["content-length: -2", "content-type: application/json"], 400),
        (["content-length: 2", "content-type: application/json", *ENCODED * 2], 415),
        (["content-length: 2", *["content-type: application/json"] * 2], 415),
        (["content-length: 2", "content-type: application/json; charset=utf-8"], 200),
        (["content-length: 2"], 415),
        (["content-length: 2", "content-type: application/grpc"], 415),
    ],
)
def test_headers_that_contradict_are_refused(api: str, headers: list[str], status: int) -> None:
    """Nobody guesses which of two lengths, encodings or types is meant."""
    url = urlsplit(api)
    head = "\r\n".join(
        ["POST /v1/traces HTTP/1.1", "host: localhost", "x-tenant-id: tenant-123", *headers]
    )
    with socket.create_connection((url.hostname, url.port), timeout=30) as connection:
        connection.sendall(f"{head}\r\n\r\n{{}}".encode())
        answer = connection.recv(65_536)

    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
