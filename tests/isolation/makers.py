"""What each caller tries to make, by the API and past it, and what that may do once it is made."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from functions.common.auth.access import ACCESS, ROLES, SCOPES, Rule
from functions.common.auth.api_keys import ApiKey, make_api_key
from functions.members.tokens import InvitationToken
from infra.local.keys import StackKeys
from infra.local.throwaway import Database
from tests.database.support.callers import read_as_owner
from tests.database.support.keys import from_now
from tests.functions.credentials import bearer, log_in

TENANT = "malachite"
_QUIET = {
    "GET /me",
    "GET /spans",
    "POST /v1/logs",
    "GET /keys",
    "GET /members",
    "POST /invitations/accept",
    "DELETE /tenants/{tenant_id}",
}
"""One route of each kind that spends and deletes nothing of the caller's own."""
INGESTING = "POST /v1/logs"


@dataclass(frozen=True, slots=True)
class Maker:
    """A caller: what it sends to the API, and the claim of tokens that stand for it."""

    headers: dict[str, str]
    claim: str
    ends_at: datetime | None = None
    has_ended: bool = False
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A credential that came of it: what it sends, and when it ends by itself."""

    what: str
    routes: frozenset[str]
    ends_at: datetime | None


@dataclass(slots=True)
class Workshop:
    """Where credentials are made: the API, and the Data API with tokens for any role."""

    client: httpx.Client
    database: Database
    keys: StackKeys
    data_api: str
    token: Callable[..., str]
    rotatable: Iterator[str]
    walked: dict[str, frozenset[str]] = field(default_factory=dict)

    def walk(self, headers: Mapping[str, str]) -> frozenset[str]:
        """Give the kinds of route that let a credential in."""
        let_in = set()
        for route in sorted(_QUIET):
            method, path = route.replace("{tenant_id}", "another").split(" ")
            body: dict[str, Any] | None = {} if method == "POST" else None
            answer = self.client.request(method, path, headers=dict(headers), json=body)
            if answer.status_code not in {401, 403}:
                let_in.add(route)
        return frozenset(let_in)

    def make_all(self, maker: Maker) -> Iterator[Made]:
        """Try everything there is to make; gives what was made."""
        for wish in _wishes():
            yield from self._make_by_api(maker, wish)
            for role in ("llm_admin", "authenticated", "llm_ingest"):
                yield from self._make_past_it(maker, role, wish)
        yield from self._invite_by_api(maker)
        for role in ("llm_admin", "authenticated", "llm_ingest"):
            yield from self._make_others(maker, role)
            yield from self._invite_past_it(maker, role)

    def _make_by_api(self, maker: Maker, wish: Mapping[str, Any]) -> Iterator[Made]:
        lifetime = {name: wish[name] for name in ("expires_at",) if name in wish}
        path = f"/keys/{next(self.rotatable)}/rotate"
        for way, answer in (
            ("POST /keys", self._send("/keys", maker, wish)),
            ("rotate", self._send(path, maker, lifetime)),
        ):
            if answer.status_code == httpx.codes.CREATED:
                made = answer.json()
                yield self._describe_key(f"{way} {wish}", made["key_id"], made["key"])

    def _send(self, path: str, maker: Maker, body: Mapping[str, Any]) -> httpx.Response:
        return self.client.post(path, headers=maker.headers, json=dict(body))

    def _make_past_it(self, maker: Maker, role: str, wish: Mapping[str, Any]) -> Iterator[Made]:
        key = make_api_key("live")
        created = {**wish, "key_id": key.key_id, "environment": "live"} | self._sign(key)
        if self._call(maker, role, "create_api_key", created):
            yield self._describe_key(f"create_api_key {wish}", key.key_id, key.text)
        key = make_api_key("live")
        rotated: dict[str, Any] = {"key_id": next(self.rotatable), "new_key_id": key.key_id}
        rotated |= self._sign(key) | {"expires_at": wish.get("expires_at")}
        if self._call(maker, role, "rotate_api_key", rotated):
            yield self._describe_key(f"rotate_api_key {wish}", key.key_id, key.text)

    def _make_others(self, maker: Maker, role: str) -> Iterator[Made]:
        key_id = make_api_key("live").key_id
        issued = {"key_id": key_id, "name": "made", "expires_at": from_now(days=30)}
        if self._call(maker, role, "create_ingest_token", issued):
            yield self._describe_key("create_ingest_token", key_id, None)
        for wanted in ROLES:
            user = str(uuid.uuid4())
            if self._call(maker, role, "set_membership", {"user_id": user, "role": wanted}):
                yield self._describe_user(f"set_membership {wanted}", user)
        if maker.user_id is not None:
            itself = {"user_id": maker.user_id, "role": "owner"}
            if self._call(maker, role, "set_membership", itself):
                yield self._describe_user("set_membership of itself", maker.user_id)

    def _invite_by_api(self, maker: Maker) -> Iterator[Made]:
        for wanted in ROLES:
            answer = self._send("/invitations", maker, {"role": wanted})
            if answer.status_code == httpx.codes.CREATED:
                guest = str(uuid.uuid4())
                headers = bearer(log_in(self.keys, self.data_api, guest))
                body = {"token": answer.json()["token"]}
                came = self.client.post("/invitations/accept", headers=headers, json=body)
                assert came.is_success, came.text
                yield self._describe_user(f"POST /invitations {wanted}", guest)

    def _invite_past_it(self, maker: Maker, role: str) -> Iterator[Made]:
        for wanted in ROLES:
            token = InvitationToken.draw().describe(self.keys.key_pepper)
            if self._call(maker, role, "create_invitation", token | {"role": wanted}):
                guest = str(uuid.uuid4())
                newcomer = Maker({}, f"user:{guest}")
                if self._call(newcomer, "llm_join", "accept_invitation", token):
                    yield self._describe_user(f"create_invitation {wanted}", guest)

    def _call(self, maker: Maker, role: str, function: str, body: Mapping[str, Any]) -> bool:
        minted = self.token(TENANT, role, key_id=maker.claim)
        answer = httpx.post(
            f"{self.data_api}/rest/v1/rpc/{function}",
            headers={"apikey": self.keys.publishable_key, "Authorization": f"Bearer {minted}"},
            json=dict(body),
        )
        return answer.is_success

    def _sign(self, key: ApiKey) -> dict[str, str]:
        return {"digest": key.digest(self.keys.key_pepper)}

    def _describe_key(self, what: str, key_id: str, text: str | None) -> Made:
        query = "select expires_at from public.api_keys where tenant_id = %s and key_id = %s"
        (row,) = read_as_owner(self.database, query, (TENANT, key_id))
        # An ingest token is no credential of the API; what it does there is called ingestion.
        routes = frozenset({INGESTING}) if text is None else self.walk(bearer(text))
        return Made(what, routes, row["expires_at"])

    def _describe_user(self, what: str, user: str) -> Made:
        token = log_in(self.keys, self.data_api, user)
        return Made(what, self.walk(bearer(token, TENANT)), None)


def is_above(made: Made, maker: Maker, routes: frozenset[str]) -> bool:
    """Say whether what was made does more, or lives longer, than its maker."""
    lives_longer = maker.ends_at is not None and (
        made.ends_at is None or made.ends_at > maker.ends_at
    )
    return maker.has_ended or lives_longer or not made.routes <= routes


def list_kinds(rules: Mapping[str, Rule] = ACCESS) -> set[tuple[frozenset[str], frozenset[str]]]:
    """Give the kinds of access that there are to routes: scopes and roles."""
    return {
        (frozenset(rule.scopes), frozenset(rule.roles))
        for rule in rules.values()
        if not rule.public
    }


def list_walked() -> set[tuple[frozenset[str], frozenset[str]]]:
    """Give the kinds of access that a walk meets."""
    return list_kinds({route: ACCESS[route] for route in _QUIET})


def _wishes() -> Iterator[dict[str, Any]]:
    for scope in SCOPES:
        for lifetime in ({}, {"expires_at": from_now(days=30)}):
            yield {"name": "made", "scopes": [scope]} | lifetime
