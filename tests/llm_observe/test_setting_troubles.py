"""A setting that is well formed and wrong is named in one line, with what to check."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

import llm_observe
from infra.local.keys import StackKeys
from infra.local.throwaway import Database
from llm_observe.supabase.setting_troubles import SENTENCES
from llm_observe.supabase.tokens import TokenMinter
from tests.database.support.callers import read_as_owner

Start = Callable[..., None]
Site = Callable[[int, str, bytes], str]


@pytest.fixture
def site() -> Iterator[Site]:
    """Starts a small web site that answers the same to everything; gives its URL."""
    servers: list[tuple[ThreadingHTTPServer, Thread]] = []

    def start_site(status: int, kind: str, body: bytes) -> str:
        class Answer(BaseHTTPRequestHandler):
            """One answer."""

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start_site
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


def make_signing_key(**changes: Any) -> str:
    """A whole key that no project has ever seen."""
    jwk = json.loads(ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1())))
    return json.dumps(jwk | {"kid": "stranger", "alg": "ES256"} | changes)


def issue(signing_key: str, *, days: int, issued: float = 0.0, key_id: str = "3f9c2k7q") -> str:
    minter = TokenMinter(signing_key, issuer="any", clock=lambda: time.time() + issued)
    return minter.issue_ingest_token("troubled", key_id, days=days)


def trace_and_flush(tenant: str = "troubled") -> None:
    with llm_observe.tenant(tenant), llm_observe.span("step"):
        pass
    llm_observe.flush()


def read_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "llm_observe"]


def expect(trouble: str) -> list[str]:
    return [f"llm_observe: spans are not stored: {SENTENCES[trouble]}"]


def test_a_key_that_the_project_does_not_trust(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """Another project's signing key, three times: one line, and none of the secret."""
    start(signing_key=make_signing_key())
    for _ in range(3):
        trace_and_flush()

    assert read_lines(caplog) == expect("signing key")


def test_a_key_id_that_the_project_knows_with_another_key(
    start: Start, keys: StackKeys, caplog: pytest.LogCaptureFixture
) -> None:
    """A signature that does not verify is the signing key's trouble, too."""
    start(signing_key=make_signing_key(kid=keys.signing_key["kid"]))
    trace_and_flush()

    assert read_lines(caplog) == expect("signing key")


@pytest.mark.parametrize(
    ("trouble", "changes"),
    [
        ("foreign token", {}),
        ("expired token", {"issued": -90_000.0, "days": 1}),
        ("revoked token", {"key_id": "nobodys1"}),
    ],
)
def test_an_ingest_token_that_is_no_good(
    start: Start,
    keys: StackKeys,
    caplog: pytest.LogCaptureFixture,
    trouble: str,
    changes: Mapping[str, Any],
) -> None:
    """From another project, past its end, or not in the table of keys (any more)."""
    signing_key = make_signing_key() if trouble == "foreign token" else json.dumps(keys.signing_key)
    start(ingest_token=issue(signing_key, **{"days": 90, **changes}))
    started = read_lines(caplog)
    trace_and_flush()

    assert read_lines(caplog)[len(started) :] == expect(trouble)


def test_a_wrong_publishable_key(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    """The gateway in front of the Data API refuses it without a code."""
    start(supabase_key="sb_publishable_wrong")
    trace_and_flush()

    assert read_lines(caplog) == expect("publishable key")
    assert llm_observe.stats()["dropped"] == {"rejected": 1}


@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        (200, "text/html", b"<!doctype html><title>Welcome</title>"),
        (200, "application/json", b'{"welcome": true}'),
        (200, "application/json", b"[]"),
        (200, "application/json", b"null"),
        (204, "text/plain", b""),
        (301, "text/html", b"<h1>Moved</h1>"),
        (403, "text/html", b"<h1>Forbidden</h1>"),
        (404, "text/html", b"<h1>Not Found</h1>"),
        (404, "application/json", b'{"error": "not found"}'),
        (404, "application/json", b'{"message": "no Route matched with those values"}'),
        (405, "text/plain", b"Method Not Allowed"),
    ],
)
def test_another_site(  # what it answers
    start: Start, site: Site, caplog: pytest.LogCaptureFixture, status: int, kind: str, body: bytes
) -> None:
    """Whatever else answers at the URL: it is named, and nothing is counted as stored."""
    start(supabase_url=site(status, kind, body), export_timeout=2.0)
    for _ in range(2):
        trace_and_flush()

    assert read_lines(caplog) == expect("another site")
    assert llm_observe.stats()["stored"] == 0


def test_a_host_that_nobody_knows(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    """A typing error in the URL; the spans wait."""
    start(supabase_url="http://abcdefghijklmnop.invalid", export_timeout=1.0)
    trace_and_flush()

    assert read_lines(caplog) == expect("unknown host")
    assert llm_observe.stats()["waiting"] == 1


@pytest.mark.parametrize(
    ("code", "trouble"), [("PT410", "deleted tenant"), ("PGRST202", "no functions")]
)
def test_the_databases_refusals_are_told_by_code(
    start: Start, site: Site, caplog: pytest.LogCaptureFixture, code: str, trouble: str
) -> None:
    """A deleted tenant, and a project without the migrations, by their codes."""
    body = json.dumps({"code": code, "message": "no", "hint": None, "details": None}).encode()
    start(supabase_url=site(404, "application/json", body))
    trace_and_flush()

    assert read_lines(caplog) == expect(trouble)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_a_temporary_failure_is_no_settings_fault(
    start: Start, site: Site, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    """A proxy's page of a bad day names no setting."""
    start(supabase_url=site(status, "text/html", b"<h1>Bad day</h1>"), export_timeout=0.5)
    trace_and_flush()

    assert not any(
        sentence in line for sentence in SENTENCES.values() for line in read_lines(caplog)
    )


def test_it_is_news_again_after_all_was_well(
    start: Start, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Once put right and broken again it is told again."""
    start()
    pipeline = llm_observe._door._build_pipeline()
    assert pipeline is not None
    trace_and_flush()
    assert read_as_owner(database, "select 1 from spans where tenant_id = 'troubled'")
    api: Any = pipeline.drain._lanes[0].exporter.reset.__self__  # type: ignore[attr-defined]  # no public door
    good = api._key
    for key in ("sb_publishable_wrong", "sb_publishable_wrong", good, "sb_publishable_wrong"):
        api._key = key
        trace_and_flush()

    assert read_lines(caplog) == expect("publishable key") * 2


MALFORMED = {
    "LLM_OBSERVE_DIGEST_KEY": {"digest_key": "d1:k:short"},
    "LLM_OBSERVE_INGEST_TOKEN": {"ingest_token": "a.b.c"},
    "SUPABASE_JWT_SIGNING_KEY": {"signing_key": '{"kty": "EC"}'},
    "SUPABASE_URL": {"supabase_url": "abcdefghijklmnop.supabase.co"},
    "SUPABASE_URL is not": {"supabase_url": "https://me:short@db.example.org"},
}


@pytest.mark.parametrize("name", sorted(MALFORMED))
def test_a_malformed_setting_is_refused_at_the_start(
    start: Start, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything heavy is loaded, and without a word of a secret's own."""
    monkeypatch.setenv("LLM_OBSERVE_STRICT", "true")
    with pytest.raises(llm_observe.ConfigurationError, match=name) as caught:
        start(**MALFORMED[name])

    assert "short" not in str(caught.value)


def test_numbers_that_do_not_belong_together(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """A key of two halves looks whole: it is found at first need, and named in one line."""
    other = json.loads(make_signing_key())
    start(signing_key=make_signing_key(x=other["x"]))
    trace_and_flush()

    assert len(read_lines(caplog)) == 1
    assert "SUPABASE_JWT_SIGNING_KEY has numbers" in read_lines(caplog)[0]


def test_every_trouble_is_met_here() -> None:
    """A sentence that joins the table has to join this file; a clock cannot be put wrong here."""
    met = {
        "another site",
        "deleted tenant",
        "expired token",
        "foreign token",
        "no functions",
        "publishable key",
        "revoked token",
        "signing key",
        "unknown host",
    }

    assert SENTENCES.keys() == met | {"clock"}
