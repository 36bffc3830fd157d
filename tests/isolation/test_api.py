"""Every route of the template with every credential, about another tenant's things."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from functions.common.auth.access import ACCESS, ROLES, SCOPES, Rule
from functions.metrics.query import DIMENSIONS
from infra.local.aws.template import read_functions
from infra.local.keys import StackKeys
from infra.local.settings import REPOSITORY
from infra.local.throwaway import Database
from tests.database.support.callers import connect_as_owner
from tests.database.support.spans import NOON
from tests.isolation.api_credentials import Credential, Registry
from tests.isolation.counters import Counters
from tests.isolation.questions import Question, QuestionPair, ask_about
from tests.isolation.tenants import ALPHA, BETA, TENANTS, settle, take_fingerprint

ROUTES = sorted(
    route.documented
    for function in read_functions(REPOSITORY / "template.yaml")
    for route in function.routes
    if not route.takes_every_path
)


CREDENTIALS = [
    *(f"{scope} key" for scope in SCOPES),
    *ROLES,
    "member of both",
    "member of none",
    "operator",
    "nothing",
    "only the header",
    "revoked key",
    "expired key",
    "cut key",
    "publishable key",
    "token of our own",
    "expired login",
    "login of another audience",
    "login of another project",
    "login as service_role",
]


@pytest.fixture(scope="module")
def registry(database: Database, keys: StackKeys, data_api: str) -> Registry:
    """Two tenants with rows, and every kind of credential of BETA; good ones of ALPHA beside."""
    for tenant in TENANTS:
        settle(database, tenant)
    registry = Registry(database, keys, data_api)
    both = {ALPHA.name: "viewer", BETA.name: "viewer"}
    registry.made.update(
        registry.make_good(BETA.name)
        | registry.make_bad(ALPHA.name)
        | {
            # Selects BETA wherever the request selects nothing.
            "member of both": Credential(
                registry.log_in(both) | {"x-tenant-id": BETA.name},
                frozenset({ALPHA.name, BETA.name}),
                roles=frozenset({"viewer"}),
            ),
            "member of none": Credential(registry.log_in({})),
            "operator": registry.make_operator(),
        }
        | {f"{name} of ALPHA": one for name, one in registry.make_good(ALPHA.name).items()}
    )
    return registry


def ask(client: httpx.Client, credential: Credential, question: Question) -> httpx.Response:
    return client.request(
        question.method,
        question.path,
        params=dict(question.params),
        headers=credential.headers | dict(question.headers),
        json=question.body,
    )


VARYING = {"request_id", "receipt_id", "at", "target", "latency_ms", "age_ms", "start", "end"}
"""What differs between two answers to the same question: a target is a digest of what was sent, and
a window ends now where none was named."""


def strip(value: Any) -> Any:
    """Give an answer's body without what always differs."""
    if isinstance(value, dict):
        return {name: strip(one) for name, one in value.items() if name not in VARYING}
    return [strip(one) for one in value] if isinstance(value, list) else value


def leave_out_question(answer: httpx.Response) -> str:
    """Give an answer's text without what it repeats of the question: filters of sums."""
    if answer.request.url.path.rpartition("/")[2] != "metrics" or not answer.is_success:
        return answer.text
    return json.dumps(_drop(answer.json(), "filter"))


def _drop(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {key: _drop(one, name) for key, one in value.items() if key != name}
    return [_drop(one, name) for one in value] if isinstance(value, list) else value


def show(answer: httpx.Response) -> tuple[int, Any, list[tuple[str, str]]]:
    """Give all that a caller can tell two answers apart by, but for time."""
    headers = [pair for pair in answer.headers.multi_items() if pair[0] not in _OF_THE_MOMENT]
    is_json = answer.headers["content-type"] == "application/json"
    body = strip(json.loads(leave_out_question(answer))) if is_json else answer.text
    return answer.status_code, body, headers


_OF_THE_MOMENT = {"date", "apigw-requestid", "content-length"}


@pytest.fixture(scope="module")
def cursor(client: httpx.Client, registry: Registry) -> str:
    """The place in ALPHA's list after its newest span."""
    headers = registry.made["read key of ALPHA"].headers
    return str(client.get("/spans", params={"limit": 1}, headers=headers).json()["next_cursor"])


@pytest.mark.parametrize("name", CREDENTIALS)
def test_routes(
    client: httpx.Client, registry: Registry, cursor: str, counters: Counters, name: str
) -> None:
    """Another's ids, filters, cursors and name are answered as nobody's are, and change nothing."""
    credential = registry.made[name]
    with connect_as_owner(registry.database) as owner:
        before = take_fingerprint(owner, ALPHA)
        wrong = []
        for route in ROUTES:
            for one in ask_about(route, ALPHA, cursor):
                if one.selects and ALPHA.name in credential.tenants:
                    continue  # whoever belongs to both may select either
                problem = find_problem(client, credential, ACCESS[route], one)
                counters.reads += 1
                counters.writes += one.theirs.method != "GET"
                counters.rows_read += problem is not None
                if problem is not None:
                    wrong.append((route, one.name, problem))
        changed = [
            table
            for table, digest in take_fingerprint(owner, ALPHA).items()
            if digest != before[table]
        ]
    counters.rows_written += len(changed)
    assert changed == []
    assert wrong == []


def find_problem(
    client: httpx.Client, credential: Credential, rule: Rule, one: QuestionPair
) -> tuple[str, str] | None:
    """Say what is wrong with an answer; None: nothing is."""
    answer = ask(client, credential, one.theirs)
    expected = credential.expect(rule, one.theirs)
    if expected is None and answer.status_code in {401, 403, 500, 503}:
        return ("is not let in", answer.text)
    if expected is not None and answer.status_code != expected:
        return (f"is not {expected}", answer.text)
    told = leave_out_question(answer) + str(answer.headers)
    if ALPHA.name in told and not may_learn(credential, rule, one):
        return ("tells of another", answer.text)
    if show(answer) != show(ask(client, credential, one.nobodys)):
        return ("is not what a stranger's is", answer.text)
    return None


def may_learn(credential: Credential, rule: Rule, one: QuestionPair) -> bool:
    """Say whether an answer may have ALPHA's name: of what is a person's, or an operator's."""
    if credential.operates and one.theirs.path == "/tenants":
        return True
    return rule.tenantless and ALPHA.name in credential.tenants


def test_each_credential_is_tried(registry: Registry) -> None:
    """What the fixture makes and what the tests run through is the same."""
    assert set(CREDENTIALS) == {name for name in registry.made if not name.endswith("of ALPHA")}


@pytest.mark.parametrize("route", [route for route in ROUTES if route.startswith("GET ")])
def test_ones_own_is_found(client: httpx.Client, registry: Registry, route: str) -> None:
    """The positive control: the same ids, asked for by their own tenant, answer with its mark."""
    unmarked = {
        "GET /health": '"status":"ok"',
        "GET /members": ALPHA.person,
        "GET /tenants": f'"tenant_id":"{ALPHA.name}","role":"owner"',
        "GET /retention": '"span_days":3001',
        "GET /setup": '"name":"jobs"',
        "GET /content-capture": '"content_capture":"follow"',
        "GET /deletions": ALPHA.own_deletion,
        "GET /deletions/{deletion_id}": ALPHA.own_deletion,
    }
    first = next(ask_about(route, ALPHA, ""))
    keys = () if ACCESS[route].roles and not ACCESS[route].scopes else ("admin key of ALPHA",)
    for name in (*keys, "owner of ALPHA"):
        answer = ask(client, registry.made[name], first.theirs)
        assert answer.status_code == 200, answer.text
        assert unmarked.get(route, ALPHA.name) in answer.text


@pytest.mark.parametrize("name", [*DIMENSIONS, "tag"])
def test_each_dimension_tells_of_ones_own_alone(
    client: httpx.Client, registry: Registry, name: str
) -> None:
    """Groups of every dimension have the caller's tenant's word for a key, and no other's."""
    for own, other in ((ALPHA, BETA), (BETA, ALPHA)):
        suffix = " of ALPHA" if own == ALPHA else ""
        headers = registry.made[f"read key{suffix}"].headers
        group_by = f"tag:{own.name}" if name == "tag" else name
        params = {"start": NOON.isoformat(), "end": NOON.replace(hour=13).isoformat()}
        answer = client.get("/metrics", params=params | {"group_by": group_by}, headers=headers)
        keys = {group["key"] for group in answer.json()["groups"]}
        if name not in UNMARKED:
            assert any(own.name in (key or "") for key in keys)
        assert other.name not in answer.text


UNMARKED = {"api_key"}
"""Dimensions whose values are no words of a sender's."""


def test_an_operator_learns_sums_only(client: httpx.Client, registry: Registry) -> None:
    """Of a tenant whose every text has its mark, the name and numbers are answered."""
    headers = registry.made["operator"].headers
    params = {"start": NOON.isoformat(), "end": NOON.replace(hour=13).isoformat()}
    answer = client.get("/tenants", params=params, headers=headers)
    sums = {one["tenant_id"]: one for one in answer.json()["tenants"]}

    assert sums.keys() >= {ALPHA.name, BETA.name}
    assert sums[ALPHA.name]["role"] is None
    assert sums[ALPHA.name]["requests"] > 0
    assert answer.text.count(ALPHA.name) == 1


def test_a_cursor_of_another_is_only_a_place(
    client: httpx.Client, registry: Registry, cursor: str
) -> None:
    """It says after when; whose rows are listed is the credential's to say."""
    headers = registry.made["read key"].headers
    page = client.get("/spans", params={"cursor": cursor}, headers=headers).json()
    assert {item["tenant_id"] for item in page["items"]} == {BETA.name}
