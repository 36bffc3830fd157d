"""What redaction says it finds, by kind. What has to go stands between « and »."""

from __future__ import annotations

import json
from base64 import b64encode
from random import Random

from trials.redaction.secrets_drawn import draw_all, draw_word

_RANDOM = Random(11)
_FRAMES = (
    "«{}»",
    "the key is «{}» today",
    '{{"text": "«{}»"}}',
    "(see «{}»), then",
    "one\n«{}»\ntwo",
    "use «{}».",
    "text={{x}} «{}» y",
)


def _word(length: int = 32) -> str:
    return draw_word(_RANDOM, length)


def _frame(texts: list[str]) -> list[str]:
    return [_FRAMES[place % len(_FRAMES)].format(text) for place, text in enumerate(texts)]


_DRAWN = list(draw_all(7))
_OURS = [key for issuer, key in _DRAWN if issuer.startswith("llm-observe")]
_THEIRS = [key for issuer, key in _DRAWN if not issuer.startswith("llm-observe")]
_EC = {"kty": "EC", "crv": "P-256", "kid": "1", "x": _word(43), "y": _word(43)}
_RSA = {name: _word(64) for name in ("d", "p", "q", "dp", "dq", "qi")}


def _write_key(**private: str) -> str:
    marked = {name: f"«{value}»" for name, value in private.items()}
    return json.dumps({**_EC, **marked}, ensure_ascii=False)


def _write_pem(label: str) -> str:
    lines = "\n".join(_word(64) for _ in range(4))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----"


FINDINGS: dict[str, list[str]] = {
    "mail addresses": [
        *_frame(
            [
                "anna@example.com",
                "first.last+tag@sub.example.co.uk",
                "o'brien@example.ie",
                "jörg@müller.de",
                "ANNA@EXAMPLE.COM",
                "a_b-c%d@example-site.org",
                "anna%40example.com",
                "用户@example.cn",
                "x@y.io",
            ]
        ),
        "mailto:«anna@example.com»?subject=hi",
        "Anna <«anna@example.com»>, Bob <«bob@example.com»>",
        "«anna＠example．com»",
    ],
    "phone numbers in international form": _frame(
        [
            "+1 415 555 2671",
            "+1 (415) 555-2671",
            "+14155552671",
            "+44 20 7946 0958",
            "+44 (0)20 7946 0958",
            "+33 6 12 34 56 78",
            "+49 30 12345678",
            "+49-151-23456789",
            "0049 30 12345678",
            "+34 612 345 678",
            "+48 612 345 678",
            "+91 98765 43210",
            "+86 138 0013 8000",
            "+45 12 34 56 78",
            "+55 11 91234-5678",
            "+61 412 345 678",
            "+81-90-1234-5678",
            "+41\u00a044\u00a0668\u00a018\u00a000",
            "+４４ ２０ ７９４６ ０９５８",
            "+39 06 1234 5678",
        ]
    ),
    "phone numbers as the US, GB, FR, DE, NL, IT, ES, PL, CH, BR, AU, JP and CN group them": _frame(
        [
            "415-555-2671",
            "415.555.2671",
            "415 555 2671",
            "(415) 555-2671",
            "1-415-555-2671",
            "020 7946 0958",
            "07700 900123",
            "07700900123",
            "06 12 34 56 78",
            "06.12.34.56.78",
            "06\u202f12\u202f34\u202f56\u202f78",
            "0612345678",
            "030/12345678",
            "0170 1234567",
            "01701234567",
            "(030) 1234567",
            "612 345 678",
            "612-345-678",
            "044 668 18 00",
            "(11) 91234-5678",
            "0412 345 678",
            "(02) 9374 4000",
            "03-1234-5678",
            "090-1234-5678",
            "138 0013 8000",
            "138-0013-8000",
            "０６ １２ ３４ ５６ ７８",
        ]
    ),
    "digits behind a word that says phone": [
        "phone: «4155552671»",
        "Phone number is «4155552671».",
        "tel. «12 34 56 78»",
        "Tel: «91 123 45 67»",
        "mobile «98765 43210»",
        "my cell is «9876543210»",
        "call me at «14155552671»",
        "text me on «415 5552671» please",
        "WhatsApp «5511912345678»",
        "Móvil: «612345678»",
        "teléfono «912 34 56 78»",
        "Handy-Nr. «15123456789»",
        "fax no. «2079460958»",
        "我的电话«13800138000»",
        "手机: «13800138000»",
        "телефон «89161234567»",
        '{"phone": "«4155552671»"}',
        "phone_number=«4155552671»",
    ],
    "payment cards": [
        *_frame(
            [
                "4111111111111111",
                "4111 1111 1111 1111",
                "4111-1111-1111-1111",
                "4111.1111.1111.1111",
                "4111\u20091111\u20091111\u20091111",
                "4111\u00a01111\u00a01111\u00a01111",
                "４１１１１１１１１１１１１１１１",
                "4222222222222",
                "5555555555554444",
                "5555 5555 5555 4444",
                "2223003122003222",
                "378282246310005",
                "3782 822463 10005",
                "30569309025904",
                "6011111111111117",
                "3530111333300000",
            ]
        ),
        "卡号«4111111111111111»",
        "order 2024 «4111 1111 1111 1111» paid",
    ],
    "IBANs": _frame(
        [
            "DE89 3704 0044 0532 0130 00",
            "DE89370400440532013000",
            "de89370400440532013000",
            "de89 3704 0044 0532 0130 00",
            "DE89-3704-0044-0532-0130-00",
            "DE89\u00a03704\u00a00044\u00a00532\u00a00130\u00a000",
            "GB29 NWBK 6016 1331 9268 19",
            "gb29nwbk60161331926819",
            "FR14 2004 1010 0505 0001 3M02 606",
            "NL91 ABNA 0417 1643 00",
            "NL91-ABNA-0417-1643-00",
            "BE68 5390 0754 7034",
            "NO93 8601 1117 947",
            "CH93 0076 2011 6238 5295 7",
            "MT84 MALT 0110 0001 2345 MTLC AST0 01S",
            "ES91 2100 0418 4502 0005 1332",
            "PL61 1090 1014 0000 0712 1981 2874",
        ]
    ),
    "IP addresses": [
        *_frame(["8.8.8.8", "203.0.113.254", "2001:db8::1", "fe80::1ff:fe23:4567:890a"]),
        *_frame(["2001:0db8:85a3:0000:0000:8a2e:0370:7334", "192.168.17.4", "10.20.30.40"]),
        "GET / from «198.51.100.7»:443",
        "http://«198.51.100.7»/x",
        "client=«198.51.100.7», bytes=12",
    ],
    "US social security numbers": [
        *_frame(["123-45-6789", "899-12-3456", "123\u201145\u20116789", "123–45–6789"]),
        "SSN «123 45 6789»",
        "ssn: «123456789»",
        "SSN=«123.45.6789»",
        "Social Security number «123456789»",
        "her social security no. «123 45 6789»",
        '{"ssn": "«123-45-6789»"}',
    ],
    "private keys": [
        f"a «{_write_pem('PRIVATE KEY')}» b",
        f"«{_write_pem('RSA PRIVATE KEY')}»",
        f"x\n«{_write_pem('EC PRIVATE KEY')}»\ny",
        f"«{_write_pem('OPENSSH PRIVATE KEY')}»",
        f"«{_write_pem('ENCRYPTED PRIVATE KEY')}»",
        f"«{_write_pem('PGP PRIVATE KEY BLOCK')}»",
        json.dumps({"pem": f"«{_write_pem('PRIVATE KEY')}»"}, ensure_ascii=False),
        f"cut: «{_write_pem('PRIVATE KEY')[:150]}»",
        _write_key(d=_word(43)),
        _write_key(**_RSA),
        json.dumps({"kty": "oct", "k": f"«{_word(43)}»", "alg": "HS256"}, ensure_ascii=False),
        json.dumps({"jwk": _write_key(d=_word(43))}, ensure_ascii=False),
        json.dumps({"keys": [json.loads(_write_key(d=_word(43)))]}, ensure_ascii=False),
        f"SUPABASE_JWT_SIGNING_KEY=«{json.dumps({**_EC, 'd': _word(43)})}»",
        f"{{'kty': 'EC', 'x': '{_word(43)}', 'd': '«{_word(43)}»'}}",
    ],
    "keys and tokens in their issuers' forms": _frame(_THEIRS),
    "this product's own keys": [
        *_frame(_OURS * 2),
        *(
            f"key «lo_{environment}_{_word(8).lower()}_{_word(49)}» here"
            for environment in ("x", "prod-eu1", "test2", "a" * 20, "staging-" + "b" * 24)
        ),
        f"LLM_OBSERVE_DIGEST_KEY=«d1:k1:{_word(43)}=»",
        f"LLM_OBSERVE_DIGEST_KEY=«{_word(64)}»",
        f"LLM_OBSERVE_KEY_PEPPER=«{_word(43)}»",
        f'{{"digest_key": "«{_word(43)}»", "key_pepper": "«{_word(43)}»"}}',
        f"export LLM_OBSERVE_INGEST_TOKEN=«eyJ{_word(60)}.{_word(90)}.{_word(86)}»",
        f"x-api-key: «lo_live_{_word(8).lower()}_{_word(49)}»",
        f"SUPABASE_PUBLISHABLE_KEY is «sb_publishable_{_word(31)}»",
        f'{{"log": "a\\n«lo_live_{_word(8).lower()}_{_word(49)}»"}}',
        f"https://app.test/invitation#«loi_{_word(8).lower()}_{_word(49)}»",
    ],
    "credentials in URLs and headers": [
        "postgres://«app:sesame»@db.test/x",
        "postgres://«app:p@ss:1»@db.test/x",
        "redis://«:sesame»@cache:6379/0",
        "https://«anna:sesame»@example.com/path?q=1",
        "amqp://«user:sesame»@mq/vhost",
        f"Authorization: Bearer «{_word()}»",
        f"authorization: Basic «{b64encode(b'anna:sesame').decode()}»",
        f"curl -H 'Authorization: Bearer «{_word()}»' https://example.com",
        f'{{"Authorization": "«Bearer {_word()}»"}}',
        f"sent Bearer «{_word()}» to it",
        "Cookie: «sid=abc; theme=dark»\nHost: a",
        "Set-Cookie: «sid=abc; Path=/; HttpOnly»\r\nVary: x",
        'Cookie: «a="b c"; sid=abc»\nHost: a',
        "x-api-key: «sesame1»\naccept: */*",
        "Ocp-Apim-Subscription-Key: «0f1e2d3c»\n",
        "GET /x?token=«abc»&page=2&API-Key=«k» HTTP/1.1",
        "GET /x?X-Amz-Signature=«0f1e2d3c»&x=1",
        "https://h.test/f?sv=2022&sig=«a%2Fb3»&se=1",
    ],
    "values of names that say secret": [
        "password=«sesame»",
        "DB_PASS=«sesame1»",
        "api_key: «abcd1234»",
        'apiKey = "«sesame»"',
        "API key: «abcd1234»",
        "OPENAI_API_KEY='«sesame»'",
        'os.environ["OPENAI_API_KEY"] = "«sesame»"',
        '{"client_secret": "«open sesame»", "n": 1}',
        r'"{\"refresh_token\": \"«k 1»\"}"',
        "client_secret=«x8#kd(9)z»",
        "aws_secret_access_key = «wJalr7UtnFEMI»",
        "AccountKey=«Zm9v7Ymar==»;EndpointSuffix=x",
        "Server=db;Uid=app;Pwd=«sesame»;Database=x",
        "connection_string: «Server1»",
        "signing_key=«abc123»",
        "webhook_url: '«https://h.test/1»'",
        "otp: «123 456»",
        "token='«abc»'",
        "jwt=«abc1»",
        "secret: «s3same»",
        'private_key = "«abc»"',
        "<api_key>«sesame»</api_key>",
        'secrets: «{"a": "b", "c": {"d": 1}}»',
        "- name: X\n  session_key: «a1b2»\n",
        "export ENCRYPTION_KEY=«abc123»",
        "hmac_key=«abc», next",
        "HF_TOKEN=«abc»",
        "MY_SECRET=«a&b;c»",
        'auth_token: "«x»"',
        "ｐａｓｓｗｏｒｄ：«sesame»",
    ],
    "passwords behind their name, in thirteen languages": [
        "pwd: «Tr0ub4dor&3»",
        "password: «correct horse battery»",
        "password: «sesame», then",
        "password: «sesame.» Then go",
        "Password: «don't tell»",
        "passphrase: «correct horse battery staple»",
        "passwd=«a{b}c#d»",
        "password: «a,b;c#d!»",
        "user: anna password: «open sesame» host: x",
        'password = "«open sesame»"',
        "Passwort: «geheim»",
        "Kennwort: «mein geheimes Wort»",
        "contraseña: «ábrete sésamo»",
        "mot_de_passe: «sesame»",
        "senha: «abre-te sésamo»",
        "wachtwoord: «sesam»",
        "hasło: «sezam»",
        "lösenord: «sesam»",
        "parola: «apriti sesamo»",
        "пароль: «сезам»",
        "密码：«芝麻开门»",
        "パスワード: «abc»",
        "비밀번호: «abc»",
        "<password>«sesame»</password>",
    ],
    "secrets on command lines": [
        "run --token=«abc» --n=3",
        "mysql --password «hunter» db",
        "mysql --user app --password=«hunter» db",
        "tool --api-key «k3y» --n 3",
        'tool --client-secret "«open sesame»" x',
        "psql --password '«a b»'",
        "curl -u anna:«sesame» https://example.com",
        "curl -s --user anna:«sesame» https://example.com",
        'curl -u "anna:«sesame»" https://example.com',
        "curl -x http://proxy --proxy-user a:«b» https://example.com",
        "PGPASSWORD=«sesame» psql -h x",
    ],
}
