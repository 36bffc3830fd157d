"""Pages in a real Chromium send spans: those of a listed origin, and no others."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest

from infra.local.children import Leashes
from infra.local.chromium import find_or_install_chromium
from infra.local.keys import StackKeys
from infra.local.ports import free_port
from infra.local.settings import Settings
from infra.local.throwaway import Database
from tests.functions.conftest import run_api
from tests.functions.credentials import make_key
from tests.functions.ingest.conftest import read_rows
from tests.functions.ingest.spans import make_request, make_span

# As root it has no sandbox; its maker's hosts are none of this test's.
ARGUMENTS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
    "--disable-dev-shm-usage",
)
SECONDS = 120
PAGE = """<!doctype html><title>An application</title><script type="module">
const { url, headers, body } = %s;
const tell = (outcome) => fetch("/outcome", { method: "POST", body: outcome });
try {
  const answer = await fetch(url, { method: "POST", headers, body });
  await tell(`${answer.status} ${await answer.text()}`);
} catch (error) {
  await tell(error.name);
}
</script>"""


@dataclass
class Site:
    """The server of a page that sends a span to another origin and tells its own what came."""

    outcomes: Queue[str] = field(default_factory=Queue)
    page: str = ""
    server: ThreadingHTTPServer = field(init=False)

    def __post_init__(self) -> None:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer(site.page)

            def do_POST(self) -> None:
                told = self.rfile.read(int(self.headers["content-length"]))
                site.outcomes.put(told.decode())
                self.answer("")

            def answer(self, text: str) -> None:
                self.send_response(200)
                self.send_header("content-type", "text/html")
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                """Stay silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture(scope="module")
def listed() -> Iterator[Site]:
    """The site whose origin the API lists."""
    with closing(Site()) as site:
        yield site


@pytest.fixture
def other() -> Iterator[Site]:
    """A site that differs in its port alone, which is another origin."""
    with closing(Site()) as site:
        yield site


@pytest.fixture(scope="module")
def open_api(
    settings: Settings, keys: StackKeys, data_api: str, leashes: Leashes, listed: Site
) -> Iterator[str]:
    """The base URL of a deployed API that lists one site."""
    changes = {"LLM_OBSERVE_CORS_ORIGINS": listed.origin, "LLM_OBSERVE_DEV": "false"}
    with run_api(settings, keys, data_api, free_port(), leashes, **changes) as url:
        yield url


@contextmanager
def browse(settings: Settings, url: str, profile: Path) -> Iterator[None]:
    program = str(find_or_install_chromium(settings))
    command = [program, *ARGUMENTS, f"--user-data-dir={profile}", url]
    browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        browser.terminate()
        browser.wait(SECONDS)


def send_from(site: Site, settings: Settings, api: str, key: str, profile: Path) -> str:
    """Open the site's page, which sends a span, and give what came of it there."""
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    body = json.dumps(make_request(make_span()))
    site.page = PAGE % json.dumps({"url": f"{api}/v1/traces", "headers": headers, "body": body})
    with browse(settings, f"{site.origin}/", profile):
        return site.outcomes.get(timeout=SECONDS)


def test_a_page_of_a_listed_origin_sends_a_span(
    listed: Site, settings: Settings, api: str, open_api: str, database: Database, tmp_path: Path
) -> None:
    """The browser asks first, sends, and lets the page read the answer."""
    key = make_key(api, "page-listed", "ingest")["key"]

    assert send_from(listed, settings, open_api, key, tmp_path) == "200 {}"
    assert len(read_rows(database, "spans", "page-listed")) == 1


def test_a_page_of_another_origin_sends_nothing(
    other: Site, settings: Settings, api: str, open_api: str, database: Database, tmp_path: Path
) -> None:
    """The browser refuses to send after it has asked, whatever key the page holds."""
    key = make_key(api, "page-other", "ingest")["key"]

    assert send_from(other, settings, open_api, key, tmp_path) == "TypeError"
    assert read_rows(database, "spans", "page-other") == []
