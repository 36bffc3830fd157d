"""What each request to the Data API has to come to: computed from what was reviewed, not asked."""

from __future__ import annotations

import httpx

from tests.database.support import reviewed
from tests.database.support.catalogue import Relation
from tests.isolation.attacks import Attack
from tests.isolation.calls import CALLS
from tests.isolation.data_api_credentials import NOT_ITS_ROLE, Bearer, Refusal
from tests.isolation.tenants import TENANTS

_READS = {"GET", "HEAD"}


def denied(bearer: Bearer) -> Refusal:
    """Give Postgres' answer to a right that is not there: 401 only for who has not said who."""
    return (401 if bearer.role == "anon" else 403, "42501")


def refused_beforehand(bearer: Bearer, relation: Relation, attack: Attack) -> Refusal | None:
    """Give what a request is refused with before rights are looked at; None: it comes that far."""
    if bearer.at_the_door is not None:
        return bearer.at_the_door
    if attack.malformed is not None:
        return attack.malformed
    if relation.is_partition:
        return (404, "PGRST205")
    return bearer.by_the_database


def expect(bearer: Bearer, relation: Relation, attack: Attack) -> Refusal:
    """Give the status and error code that this request has to come to."""
    refusal = refused_beforehand(bearer, relation, attack)
    if refusal is not None:
        return refusal
    if attack.method not in _READS:
        takes_writes = not relation.is_view or relation.name in reviewed.UPDATABLE_VIEWS
        return denied(bearer) if takes_writes else (500, "55000")
    if not reviewed.may_read(bearer.role, relation.name, attack.columns):
        return denied(bearer)
    return attack.when_let_in


def read_outcome(answer: httpx.Response) -> Refusal:
    """Give an answer's status and error code; a HEAD has its code in a header."""
    if answer.is_success:
        return (answer.status_code, None)
    if answer.request.method == "HEAD":
        _, _, code = answer.headers.get("Proxy-Status", "").partition("error=")
        return (answer.status_code, code or None)
    return (answer.status_code, answer.json()["code"])


def expect_call(bearer: Bearer, name: str, method: str) -> Refusal:
    """Give the status and error code that a call with another tenant's things has to come to."""
    call = CALLS[name]
    if bearer.at_the_door is not None:
        return bearer.at_the_door
    if method == "GET" and call.by_get == (404, "PGRST202"):
        return call.by_get
    if bearer.by_the_database is not None:
        return bearer.by_the_database
    if not reviewed.may_execute(bearer.role, name):
        return denied(bearer)
    if bearer.tenant is None and bearer.role not in reviewed.TENANTLESS_ROLES:
        return NOT_ITS_ROLE
    return call.by_post if method == "POST" else call.by_get


def tells_of_others(bearer: Bearer, answer: httpx.Response) -> bool:
    """Say whether an answer holds the mark of a tenant that is not the caller's."""
    text = answer.text + str(answer.headers.multi_items())
    return any(one.name in text for one in TENANTS if one != bearer.tenant)
