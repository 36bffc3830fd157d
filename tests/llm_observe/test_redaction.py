"""What looks personal or secret is replaced, and what only resembles it is not."""

from __future__ import annotations

import re
import tracemalloc
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from time import process_time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llm_observe.privacy.patterns import make_plain
from llm_observe.privacy.redaction import redact, redact_url, redact_value
from llm_observe.privacy.secret_names import is_secret_name
from llm_observe.privacy.token_forms import TOKEN_FORMS, TokenForm

LETTERS = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7"
JWT = f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.{LETTERS}"
PRIVATE_KEY = (
    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n"
    f"{LETTERS}/{LETTERS}==\n-----END RSA PRIVATE KEY-----"
)

PHONES = [
    "+1 415 555 2671",
    "+1 (415) 555-2671",
    "+14155552671",
    "1-415-555-2671",
    "(415) 555-2671",
    "415-555-2671",
    "415.555.2671",
    "415 555 2671",
    "+44 20 7946 0958",
    "+44 (0)20 7946 0958",
    "020 7946 0958",
    "07700 900123",
    "07700900123",
    "+33 6 12 34 56 78",
    "06 12 34 56 78",
    "06\u00a012\u00a034\u00a056\u00a078",
    "06.12.34.56.78",
    "0612345678",
    "+49 30 12345678",
    "0049 30 12345678",
    "030/12345678",
    "0170 1234567",
    "01701234567",
    "+81-90-1234-5678",
    "03-1234-5678",
    "090-1234-5678",
    "+61 412 345 678",
    "0412 345 678",
    "(02) 9374 4000",
    "+34 612 345 678",
    "+91 98765 43210",
    "098765 43210",
    "(11) 91234-5678",
    "+55 11 91234-5678",
    "044 668 18 00",
    "+45 12 34 56 78",
    "+86 138 0013 8000",
]
CARDS = [
    "4111111111111111",
    "4111 1111 1111 1111",
    "4111-1111-1111-1111",
    "4222222222222",
    "5555555555554444",
    "2223003122003222",
    "378282246310005",
    "3782 822463 10005",
    "30569309025904",
    "6011111111111117",
    "3530111333300000",
]
IBANS = [
    "DE89 3704 0044 0532 0130 00",
    "DE89370400440532013000",
    "GB29 NWBK 6016 1331 9268 19",
    "FR14 2004 1010 0505 0001 3M02 606",
    "NL91 ABNA 0417 1643 00",
    "BE68 5390 0754 7034",
    "NO93 8601 1117 947",
    "CH93 0076 2011 6238 5295 7",
    "MT84 MALT 0110 0001 2345 MTLC AST0 01S",
]
TOKENS = [
    f"sk-{LETTERS}",
    f"sk-proj-{LETTERS}_{LETTERS}",
    f"sk-ant-api03-{LETTERS}-{LETTERS}",
    "AKIA" + "IOSFODNN7EXAMPLE",
    "ASIA" + "IOSFODNN7EXAMPLE",
    f"ghp_{LETTERS}",
    f"github_pat_{LETTERS}_{LETTERS}",
    "xoxb-" + "123456789012-abcdefGHIJ",
    f"AIza{LETTERS}{LETTERS[:8]}",
    f"glpat-{LETTERS}",
    "sk_" + f"live_{LETTERS}",
    f"lo_prod_aB3dE6gH_{LETTERS}{LETTERS[:22]}",
    f"loi_aB3dE6gH_{LETTERS}{LETTERS[:22]}",
    "sb_" + f"secret_{LETTERS}",
    "sb_" + f"publishable_{LETTERS}",
    f"hf_{LETTERS}",
    f"gsk_{LETTERS}",
    JWT,
]
FOUND = {
    "[phone]": PHONES,
    "[card]": CARDS,
    "[iban]": IBANS,
    "[token]": TOKENS,
    "[email]": [
        "bob@example.com",
        "first.last+tag@sub.example.co.uk",
        "o'brien@example.ie",
        "jörg@müller.de",
        "bob%40example.com",
    ],
    "[ip]": ["8.8.8.8", "203.0.113.254", "2001:db8::1", "fe80::1ff:fe23:4567:890a"],
    "[ssn]": ["123-45-6789", "899-12-3456"],
    "[private_key]": [PRIVATE_KEY, PRIVATE_KEY[:70]],
}
PASSED = [
    "",
    "chat gpt-4o-mini",
    "gpt-4o-2024-08-06",
    "claude-3-5-sonnet-20241022",
    "gpt-4-0125-preview",
    "ft:gpt-4o-mini-2024-07-18:acme::AbCd1234",
    "text-embedding-3-large",
    "anthropic.claude-3-5-sonnet-20241022-v2:0",
    "call_abc123DEF456ghi789JKL012",
    "chatcmpl-9aBcDeFgHiJkLmNoPqRsTuVwXyZ12",
    "resp_68a1b2c3d4e5f60718293a4b5c6d7e8f",
    "msg_01XFDUDYJgAACzvnptvVoYEL",
    "toolu_01A09q90qw90lq917835lq9",
    "req_011CSHoEeqs5C35K2UUqR7Fy",
    "4bf92f3577b34da6a3ce929d0e0e4736",
    "00f067aa0ba902b7",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "123e4567-e89b-12d3-a456-426614174000",
    "2024-08-06T12:34:56.789Z",
    "2024-08-06 12:34:56+02:00",
    "06.08.2024 12:30, 06-08-2024, 06/08/2024",
    "1700000000, 1700000000000, 1700000000000000000",
    "input_tokens=1234 max_tokens: 4096 total_tokens=5,330",
    '{"max_tokens": 4096, "token_type": "bearer", "tokens": [1, 2]}',
    "cost_usd=0.00012345 price 1,234,567.89 and 1 234 567",
    "Python 3.12.1, release 1.2.3, v1.2.3.4, version 1.2.3.4, pkg==1.2.3.4, Chrome/120.0.0.0",
    "http://127.0.0.1:54321/rest/v1 and 0.0.0.0:8000",
    "Client(api_key=api_key), psycopg2 >= 2.7.3.1, rfc5280#section-4.1.2.6, 0028/0029/0011",
    "icon@2x.png lodash@4.17.21 @app.route user@localhost",
    "std::vector a::b x[1::2] 12:34:56 00:1a:2b:3c:4d:5e",
    "sk-learn-based-pipeline-with-a-long-name task-oriented-dialogue-system",
    "basic understanding of Bearer authentication, basic arithmetic",
    "The token: it expires. Secret: none. Cookie: the sweet kind",
    "api_key: str | None = None, token = read_token(), key = environ['KEY'], token == 't1'",
    '"password": null, "secret": ""',
    "ISBN 978-3-16-148410-0, 3-16-148410-X",
    "4111111111111112 is no card, NO92 8601 1117 947 no IBAN, 000-12-3456 no SSN",
    "widths 300 400 5000; 12 345 6789; 2024 08 06 12 00",
    "arn:aws:lambda:eu-central-1:123456789012:function:observe",
    "s3://bucket/2024/08/06/part-00000.parquet",
    "postgres://localhost:5432/app",
]


def cases() -> list[tuple[str, str]]:
    return [(kind, example) for kind, examples in FOUND.items() for example in examples]


@pytest.mark.parametrize(("kind", "example"), cases())
@pytest.mark.parametrize("frame", ["{}", "see {} today", "({}), then", '"{}"', "é {}\nA"])
def test_a_finding_becomes_its_kind(kind: str, example: str, frame: str) -> None:
    """What is personal or secret is replaced whole, and the text around it stays."""
    if example == PRIVATE_KEY[:70]:
        assert redact(f"key {example}") == "key [private_key]"
    else:
        assert redact(frame.format(example)) == frame.format(kind)


@pytest.mark.parametrize("text", PASSED)
def test_text_that_resembles_a_finding_passes_unchanged(text: str) -> None:
    """Models, ids, times, versions, prices, code and prose are not touched."""
    assert redact(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgres://app:p@ss:1@db.test/x", "postgres://[redacted]@db.test/x"),
        ("GET /x?token=abc&page=2&API-Key=k", "GET /x?token=[redacted]&page=2&API-Key=[redacted]"),
        ("password: sesame, then", "password: [redacted], then"),
        ('{"password": "open sesame", "n": 1}', '{"password": "[redacted]", "n": 1}'),
        (r'"{\"apiKey\": \"k 1\"}"', r'"{\"apiKey\": \"[redacted]\"}"'),
        (f"Authorization: Bearer {LETTERS}", "Authorization: Bearer [token]"),
        ("authorization: Basic dXNlcjpwYXNz", "authorization: Basic [token]"),
        ("Cookie: sid=abc; theme=dark\nHost: a", "Cookie: [redacted]\nHost: a"),
        (r'{"password": "it\'s \"me\"", "n": 1}', '{"password": "[redacted]", "n": 1}'),
        ("password='a`b\"c' and", "password='[redacted]' and"),
        ('token="' + "k" * 9_000 + '" end', 'token="[redacted]" end'),
        ("run --token=abc --n=3", "run --token=[redacted] --n=3"),
        ("mail bob@example.com or 415-555-2671.", "mail [email] or [phone]."),
        ("DE89 3704 0044 0532 0130 00 AND MORE", "[iban] AND MORE"),
        ("REF AB12 DE89 3704 0044 0532 0130 00", "REF AB12 [iban]"),
        ("order 2024 4111 1111 1111 1111 paid", "order 2024 [card] paid"),
        ("2001:db8::1: refused by [2001:db8::2]:443", "[ip]: refused by [[ip]]:443"),
        ("::ffff:8.8.4.4", "::ffff:[ip]"),
        ("pwd: Tr0ub4dor&3", "pwd: [redacted]"),
        ("password: correct horse battery", "password: [redacted]"),
        ("password: sesame. Then go", "password: [redacted] Then go"),
        ("password: sesame host: db", "password: [redacted] host: db"),
        ("secret=x8#kd(9)z, next", "secret=[redacted], next"),
        ('keys={"a": 1} secrets={"a": {"b": [1]}} x', 'keys={"a": 1} secrets=[redacted] x'),
        ('os.environ["API_KEY"] = "abc"', 'os.environ["API_KEY"] = "[redacted]"'),
        ("<password>abc</password>", "<password>[redacted]</password>"),
        ("curl -u anna:sesame https://x", "curl -u anna:[redacted] https://x"),
        ("docker run -u 1000:1000 x", "docker run -u 1000:1000 x"),
        ("tool --password hunter --n 3", "tool --password [redacted] --n 3"),
        ("use --password to log in", "use --password to log in"),
        ('{"kty": "EC", "d": "abcdefgh"}', '{"kty": "EC", "d": "[redacted]"}'),
        ('{"x": "abcdefgh", "d": "abcdefgh"}', '{"x": "abcdefgh", "d": "abcdefgh"}'),
        ("00 01 02 03 04 05 06 07 08 09", "00 01 02 03 04 05 06 07 08 09"),
        ("06 07 08 09 10 and 06 12 34 56 78", "06 07 08 09 10 and [phone]"),
        ("ticket 0151 2345678, call 0151 2345678", "ticket 0151 2345678, call [phone]"),
        ("tel. 4155552671, id 4155552671", "tel. [phone], id 4155552671"),
        ("EUR 612 345 678, 612 345 678", "EUR 612 345 678, [phone]"),
        ("1.2.3.4-alpha of 1.2.3.4", "1.2.3.4-alpha of [ip]"),
        ("de89-3704-0044-0532-0130-00 4111.1111.1111.1111", "[iban] [card]"),
        ("SSN 123 45 6789, width 123 45 6789", "SSN [ssn], width 123 45 6789"),
        ("４１１１ １１１１ １１１１ １１１１ é", "[card] é"),  # noqa: RUF001  # as typed in Japan
    ],
)
def test_a_finding_is_taken_out_of_its_surroundings(text: str, expected: str) -> None:
    """Of URLs, headers, JSON and sentences only the finding itself is replaced."""
    assert redact(text) == expected


@given(st.text())
def test_making_a_text_plain_moves_nothing(text: str) -> None:
    """Digits, blanks and hyphens of other scripts are read as ASCII, one character for one."""
    plain = make_plain(text)

    assert len(plain) == len(text)
    assert make_plain(plain) == plain
    for before, after in zip(text, plain, strict=True):
        assert (
            after == before
            or after in " -"
            or unicodedata.normalize("NFKC", before) == after
            or int(after) == unicodedata.decimal(before)
        )


hexadecimal = st.binary(min_size=16, max_size=16).map(bytes.hex)
ordinary = st.one_of(
    # A span id of nothing but digits can be a card's number.
    hexadecimal.filter(lambda text: not text[:16].isdecimal() and not text[16:].isdecimal()),
    hexadecimal.map(lambda text: text[:16]).filter(lambda text: not text.isdecimal()),
    st.uuids().map(str),
    st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)).map(datetime.isoformat),  # noqa: DTZ001  # hypothesis adds the zone
    st.integers(0, 2_000_000).map(lambda n: f"input_tokens={n}"),
    st.floats(0, 1e6).map(lambda price: f"cost {price:.8f} USD"),
    st.dates().map(lambda day: f"gpt-4o-{day}"),
    st.dates().map(lambda day: f"claude-3-5-sonnet-{day:%Y%m%d}"),
    st.from_regex(r"\A(call_|chatcmpl-|resp_|msg_|toolu_)[A-Za-z0-9]{8,32}\Z"),
)


@given(ordinary)
def test_ordinary_identifiers_and_numbers_pass_unchanged(text: str) -> None:
    """Trace ids, UUIDs, times, models, counts and prices of any value stay readable."""
    assert redact(text) == text


PIECES = [example for _, example in cases()] + [
    "token=",
    "a@",
    "://",
    "::",
    "1.",
    "+",
    "[",
    "x",
    "-",
]
muddle = st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=8).map("".join)


@given(muddle | st.text() | st.text(st.characters(codec=None, categories=["Cs", "Cc", "Nd"])))
@settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow])
def test_redacting_twice_changes_nothing_more_and_never_raises(text: str) -> None:
    """Any text, with NULs and lone surrogates, is redacted once and for all."""
    once = redact(text)

    assert redact(once) == once


@given(st.integers(0, 40), st.sampled_from([e for _, e in cases() if e != PRIVATE_KEY[:70]]))
def test_a_cut_leaves_no_start_of_a_secret(before: int, example: str) -> None:
    """Text is redacted first and then cut, wherever the secret stands."""
    limit = 30
    text = "x " * before + example + " y" * 40_000
    expected = redact("x " * before + example + " y" * 100)

    assert redact(text, limit=limit) == expected[:limit]


def test_a_long_text_full_of_findings_is_cut_before_what_was_not_read() -> None:
    """The end of what was read may hold half a finding, so it is not given."""
    for shift in range(30):
        text = "x" * shift + " bob.builder@example.com" * 10_000

        assert re.fullmatch(r"x* ?( \[email\])*[ a-z\[\]]{0,8}", redact(text, limit=30_000))
        assert "bob" not in redact(text, limit=30_000)


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "db.password",
        "userPassword",
        "DB_PASS",
        "passwd",
        "api_key",
        "apiKey",
        "X-Api-Key",
        "OPENAI_API_KEY",
        "APIKey",
        "secret",
        "client_secret",
        "aws.secret_access_key",
        "access_token",
        "accessToken",
        "id-token",
        "token",
        "authorization",
        "http.request.header.authorization",
        "cookie",
        "Set-Cookie",
        "service_role_key",
        "jwt",
        "private_key",
        "credentials",
        "connection_string",
        "ssn",
        "digest_key",
        "LLM_OBSERVE_DIGEST_KEY",
        "key_pepper",
        "signing_key",
        "refreshToken",
        "slack_webhook_url",
        "Ocp-Apim-Subscription-Key",
        "PGPASSWORD",
        "Passwort",
        "contraseña",
        "mot_de_passe",
        "密码",
    ],
)
def test_a_name_that_says_secret_hides_its_value(name: str) -> None:
    """Snake, camel, kebab and dotted names are read by their words."""
    assert redact_value({name: {"a": ["b"]}}) == {name: "[redacted]"}


@pytest.mark.parametrize(
    "name",
    [
        "input_tokens",
        "max_tokens",
        "token_type",
        "gen_ai.usage.input_tokens",
        "gen_ai.token.type",
        "tokens",
        "gen_ai.server.time_to_first_token",
        "time_per_output_token",
        "tokenizer",
        "token_count",
        "totalTokens",
        "author",
        "authority",
        "keyword",
        "key",
        "monkey",
        "session.id",
        "user.id",
        "secretary",
        "compass",
        "passage",
        "next_page_token",
        "cookie_count",
        "password_length",
        "signal",
        "design",
        "webhook_id",
        "secret_arn",
        "cache_key",
        "pepper",
        "d",
        "error_code",
    ],
)
def test_a_name_that_only_contains_such_letters_does_not(name: str) -> None:
    """Token counts and their like keep their values."""
    assert not is_secret_name(name)
    assert redact_value({name: 7, "x": [name]}) == {name: 7, "x": [name]}


def test_names_of_any_length_are_not_kept() -> None:
    """Names come again, so they are remembered, but a sender chooses how long they are."""
    tracemalloc.start()
    try:
        for number in range(32):
            redact_value({"x" * 100_000 + str(number): 1})
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert kept < 1_000_000


def test_values_are_walked_by_kind() -> None:
    """Texts at any place and numbers that are cards go; other values stay."""
    value = {
        "to": ["bob@example.com", ("8.8.8.8", 3)],
        "bob@example.com": 1.5,
        "card": 4111111111111111,
        "at_ns": 1_700_000_000_000_000_000,
        "password": None,
        "token": "",
        "data": b"123",
        "what": object(),
        "ok": True,
    }

    assert redact_value(value) == {
        "to": ["[email]", ("[ip]", 3)],
        "[email]": 1.5,
        "card": "[card]",
        "at_ns": 1_700_000_000_000_000_000,
        "password": None,
        "token": "",
        "data": "3 bytes",
        "what": "[redacted]",
        "ok": True,
    }


def test_the_private_members_of_a_json_web_key_are_secret_in_one() -> None:
    """``d`` and ``k`` say nothing elsewhere."""
    jwk = {"kty": "EC", "crv": "P-256", "x": "a", "y": "b", "d": "c"}

    assert redact_value({"jwk": jwk, "d": "c"}) == {"jwk": jwk | {"d": "[redacted]"}, "d": "c"}
    assert redact_value({"kty": "oct", "k": "c"}) == {"kty": "oct", "k": "[redacted]"}


def test_a_deep_or_wide_value_is_read_to_a_bound() -> None:
    """What is not read is not given."""
    deep: Any = "bob@example.com"
    for _ in range(5_000):
        deep = [deep]

    assert "bob" not in repr(redact_value(deep))
    assert len(redact_value(["bob@example.com"] * 50_000)) <= 10_000
    assert len(redact_value({str(n): n for n in range(50_000)})) <= 10_000


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.openai.com/v1/chat/completions", None),
        (
            "https://u:p@h.test:8443/a?q=hello&api-version=1#me",
            "https://h.test:8443/a?q=[redacted]&api-version=[redacted]",
        ),
        ("https://h.test/users/bob@example.com/x", "https://h.test/users/[email]/x"),
        ("https://h.test/users/bob%40example.com", "https://h.test/users/[email]"),
        ("http://10.0.0.1:8000/v1", None),
        ("http://[2001:db8::1]:443/v1", None),
        ("https://h.test/?how are you", "https://h.test/?[redacted]"),
        ("/v1/x?a=1", "/v1/x?a=[redacted]"),
        ("mailto:bob@example.com", "mailto:[email]"),
        (f"https://h.test/{JWT}", "https://h.test/[token]"),
        ("", None),
    ],
)
def test_a_url_keeps_where_and_loses_who_and_what(url: str, expected: str | None) -> None:
    """Scheme, host and path stay; user, query values and fragment go."""
    assert redact_url(url) == (url if expected is None else expected)


@given(st.text() | muddle | muddle.map(lambda text: f"https://{text}?{text}#{text}"))
def test_redacting_a_url_twice_changes_nothing_more_and_never_raises(url: str) -> None:
    """Any text is taken for a URL."""
    once = redact_url(url)

    assert redact_url(once) == once


HOSTILE = [
    "a",
    "1",
    "@",
    ".",
    ":",
    "-",
    "_",
    "/",
    "=",
    "+",
    "(",
    "[",
    '"',
    "'",
    "\\",
    "%",
    "0",
    "A",
    "F",
    "::",
    "1.",
    "1-",
    "0-",
    "+1",
    "a@",
    "a@a.",
    "@a.",
    "%40",
    "://",
    "://a",
    "-----BEGIN ",
    "-----BEGIN PRIVATE KEY-----",
    "eyJ",
    "eyJ_",
    "eyJaaaaaaaa.",
    "sk-",
    "sk-a",
    "AKIA",
    "ghp_",
    "SG.",
    "lo_",
    "Bearer ",
    "Basic a",
    "token=",
    'token="',
    "token: ",
    'password\\"',
    "cookie: a=",
    "AA11",
    "AA11 ",
    "DE89 ",
    "1.1.1.",
    "255.",
    "fe80:",
    "2001:db8:",
    "4111",
    "4111 ",
    "123-45-",
    "(0",
    "06 12 ",
    "00",
    "415-",
    "415-555-",
    "1 ",
    "+1 ",
    "a.b-c_",
    "key",
    "key ",
    " ",
    "\n",
    "\xa0",
    "A=",
    "abc=",
    "password: a ",
    "password: a&",
    'token={"',
    'token=["',
    'token={"a":[',
    "<token>",
    "--token ",
    "--password a ",
    "curl -u a:",
    '"kty":"d":"',
    "tel. 1",
    "tel. 4155552671 ",
    "ssn 123 45 ",
    "612 345 678 ",
    "612-",
    "de89-",
    "1.2.3.4-",
    "\uff14",
    "\u00a0\u0664",
]


def measure(work: Callable[[], object]) -> float:
    """Give the seconds of one run in this process, not of a loaded machine."""
    begun = process_time()
    work()
    return process_time() - begun


def measure_often(work: Callable[[], object]) -> float:
    """Give the median of three runs."""
    return median(measure(work) for _ in range(3))


def takes_at_most(seconds: float, work: Callable[[], object]) -> bool:
    """Tell whether one of three runs does; a slow algorithm has none."""
    return any(measure(work) <= seconds for _ in range(3))


def assert_linear(piece: str) -> None:
    """Four times the text may take eight times as long: twice for noise, never sixteen times."""
    short = piece * (100_000 // len(piece))
    # Under 5 ms a clock's noise is all there is.
    once = max(measure_often(lambda: redact(short)), 0.005)

    assert takes_at_most(min(8 * once, 10), lambda: redact(short * 4)), f"{piece!r}: {once:.3f} s"


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_takes_linear_time(piece: str) -> None:
    """A text made to confuse costs in proportion to its length."""
    assert_linear(piece)


@pytest.mark.parametrize("issuer", TOKEN_FORMS, ids=lambda issuer: issuer.issuer)
@pytest.mark.parametrize("glue", ["", "_", "a1"])
def test_a_prefix_again_and_again_takes_linear_time(issuer: TokenForm, glue: str) -> None:
    """Where a key could start, nothing is read up to the end of the text each time."""
    for form in issuer.forms.split():
        piece = re.sub("<[^>]*>", "9", form.partition("<")[0] or form) + glue
        short = piece * (8_000 // len(piece))
        # A hundredth of a quadratic run's time; under 4 ms a clock's noise is all there is.
        once = max(measure_often(lambda text=short: redact(text)), 0.004)  # type: ignore[misc]  # mypy knows no default of a lambda

        assert takes_at_most(24 * once, lambda text=short: redact(text * 8)), piece  # type: ignore[misc]  # as above


@given(st.lists(st.sampled_from(HOSTILE + PIECES), min_size=2, max_size=5).map("".join))
@settings(max_examples=8, deadline=None)
def test_hostile_mixtures_take_linear_time(piece: str) -> None:
    """Near misses in any order do too."""
    assert_linear(piece)
