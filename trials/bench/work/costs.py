"""The way of one body through the function, from its gzip to its rows, in a process of its own."""

from __future__ import annotations

import gzip
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any, Final

from functions.common.auth.access import CallerIdentity
from functions.common.errors import ApiError
from functions.ingest.bodies import open_body
from functions.ingest.messages import make_parcels
from functions.ingest.otlp_json import decode_json
from functions.ingest.protobuf import decode_protobuf
from functions.ingest.rejections import Rejections
from llm_observe.config import Settings
from llm_observe.cost.pricing import load_prices
from llm_observe.privacy.protection import derive_digest_key
from llm_observe.transcription import Transcriber
from trials.bench.work.bodies import write_plain

_KEY: Final = derive_digest_key("master", tenant="tenant-123", kid="k1", salt=b"s" * 32)


def measure(wire: bytes, *, is_json: bool, capture: bool) -> dict[str, Any]:
    """Take a body all the way but for HTTP and the database; give what it cost."""
    _take(gzip.compress(write_plain(32)), is_json=False, capture=capture)
    before, peak = time.process_time(), _read_peak()
    told = _take(wire, is_json=is_json, capture=capture)
    seconds = time.process_time() - before
    return told | {"seconds": seconds, "megabytes": (_read_peak() - peak) / 1024}


def _take(wire: bytes, *, is_json: bool, capture: bool) -> dict[str, Any]:
    way = Transcriber("tenant-123", _KEY, load_prices(), Settings(capture_content=capture))
    decode = decode_json if is_json else decode_protobuf
    try:
        spans = decode(open_body(wire, "gzip"), Rejections())
        rows = [way.write(way.protect(way.read(span))).to_row() for span in spans]
        parcels = make_parcels(CallerIdentity("tenant-123", "bench"), rows)
        stored = sum(len(parcel.encoded) for parcel in parcels)
        answer = f"{len(rows):,} rows, {stored / 2**20:.1f} MiB"
    except ApiError:
        answer = "413"
    return {"answer": answer, "characters": way.work.characters, "values": way.work.values}


def _read_peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> int:
    """Measure the file that the command line names."""
    path, kind, capture = sys.argv[1:]
    wire = Path(path).read_bytes()
    told = measure(wire, is_json=kind == "json", capture=capture == "on")
    sys.stdout.write(json.dumps(told))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
