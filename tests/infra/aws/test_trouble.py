from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from infra.local.aws.template import TemplateError, read_functions
from tests.infra.aws.running import Api


@pytest.mark.parametrize("kind", ["raise", "die", "object", "large"])
def test_failed_function(http: httpx.Client, kind: str) -> None:
    """Whether it raises, dies or returns what cannot be sent: 500, and the next request works."""
    response = http.get(f"/trouble/{kind}")
    after = http.get("/trouble/none")

    assert (response.status_code, response.json()) == (500, {"message": "Internal Server Error"})
    assert after.status_code == 200


def test_failure_mapped_to_another_status(http: httpx.Client) -> None:
    """A route whose integration maps 500 answers 503 with Retry-After, and else as ever."""
    failed, fine = http.get("/spared/raise"), http.get("/spared/none")

    assert (failed.status_code, failed.headers["retry-after"]) == (503, "2")
    assert (fine.status_code, "retry-after" in fine.headers) == (200, False)


def test_event_too_large(http: httpx.Client) -> None:
    """Lambda takes 6 MB: what is more, as binary in base64, never reaches the function."""
    taken = http.post("/echo/large", content=b"\xff" * 4_000_000)
    refused = http.post("/echo/large", content=b"\xff" * 5_000_000)

    assert (taken.status_code, refused.status_code) == (200, 413)


def test_timeout(http: httpx.Client) -> None:
    """A function that outlives its timeout is killed: 503, and the next request works."""
    started = time.monotonic()
    response = http.get("/trouble/hang")

    assert (response.status_code, response.json()) == (503, {"message": "Service Unavailable"})
    assert time.monotonic() - started < 5
    assert http.get("/trouble/none").status_code == 200


def test_function_that_cannot_be_imported(http: httpx.Client) -> None:
    """A handler that fails at import is 500 at each request, and the others work."""
    for _ in range(2):
        assert http.get("/broken").status_code == 500
    assert http.get("/echo/x").status_code == 200


def test_busy_function_gets_another_environment(http: httpx.Client) -> None:
    """Requests at the same time meet different processes, each one request at a time."""
    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(lambda _: http.get("/trouble/none").json(), range(9)))

    assert 2 <= len({answer["pid"] for answer in answers}) <= 3


def test_log_holds_no_query_and_no_message(own: Api) -> None:
    """One line per request: its route, no name in its path, no query; an error tells its place."""
    with httpx.Client(base_url=own.url, trust_env=False, timeout=30) as client:
        client.get("/echo/s3cret?token=s3cret")
        client.get("/none/s3cret")
        client.get("/trouble/raise?token=s3cret")
        client.get("/broken")
    written = own.stop()

    assert re.search(r"^GET /echo/\{name\} 200 \d+ ms$", written, re.MULTILINE)
    assert re.search(r"^no route 404 \d+ ms$", written, re.MULTILINE)
    assert "Trouble raised ValueError" in written
    assert "cannot start" in written
    assert "s3cret" not in written


def test_no_process_is_left(own: Api) -> None:
    """Stopping the server ends its environments."""
    with httpx.Client(base_url=own.url, trust_env=False, timeout=30) as client:
        pid = client.get("/echo/x").json()["pid"]
    assert Path(f"/proc/{pid}").exists()
    own.stop()

    deadline = time.monotonic() + 5
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not Path(f"/proc/{pid}").exists()


def test_useless_template_is_explained(tmp_path: Path) -> None:
    """A template without resources, or none at all, is refused with its path."""
    empty = tmp_path / "template.yaml"
    empty.write_text("a: 1")

    with pytest.raises(TemplateError, match=r"template\.yaml has no Resources"):
        read_functions(empty)
    with pytest.raises(TemplateError, match="cannot be read"):
        read_functions(tmp_path / "missing.yaml")
