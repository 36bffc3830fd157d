"""The second level: what each caller can make, and what that may do, compared with its maker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from functions.common.auth.access import ROLES, SCOPES, KeyScope
from functions.common.auth.api_keys import make_api_key
from infra.local.keys import StackKeys
from infra.local.throwaway import Database
from tests.database.support.callers import administer, connect_as_owner
from tests.functions.credentials import bearer, log_in, make_user
from tests.isolation.counters import Counters
from tests.isolation.makers import TENANT, Maker, Workshop, is_above, list_kinds, list_walked

TOMORROW = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
ENDED = ("revoked key", "removed admin", "demoted admin")
CALLERS = [*(f"{scope} key" for scope in SCOPES), "admin key until tomorrow", *ROLES, *ENDED]


@pytest.fixture(scope="module")
def workshop(
    client: httpx.Client,
    database: Database,
    keys: StackKeys,
    data_api: str,
    token: Callable[..., str],
) -> Workshop:
    """The tenant has an owner who stays, and as many admin keys to rotate as are asked for."""
    make_user(database.owner_url, {TENANT: "owner"})

    def make_rotatable() -> Iterator[str]:
        while True:
            # Keys of earlier callers make room.
            with connect_as_owner(database) as owner:
                owner.execute("update api_keys set revoked_at = now() where name = 'rotatable'")
            yield register(database, keys, "rotatable", "admin")[0]

    return Workshop(client, database, keys, data_api, token, make_rotatable())


def register(
    database: Database, keys: StackKeys, name: str, scope: KeyScope, **more: str
) -> tuple[str, str]:
    """Have the operator make a key; its id and the key."""
    key = make_api_key("live")
    wanted: dict[str, Any] = {"name": name, "environment": "live", "scopes": [scope], **more}
    described = {"key_id": key.key_id, "digest": key.digest(keys.key_pepper)}
    administer(database, TENANT, "create_api_key", **wanted, **described)
    return key.key_id, key.text


def make_maker(workshop: Workshop, name: str) -> Maker:
    """Give a caller, whom the API knows already; one that ends is ended afterwards."""
    database, keys = workshop.database, workshop.keys
    if "key" in name:
        scope: KeyScope = next((scope for scope in SCOPES if name.startswith(scope)), "admin")
        until = {"expires_at": TOMORROW.isoformat()} if "until" in name else {}
        key_id, text = register(database, keys, name, scope, **until)
        made = Maker(bearer(text), key_id, TOMORROW if until else None, name in ENDED)
    else:
        role = name.removeprefix("removed ").removeprefix("demoted ")
        user = make_user(database.owner_url, {TENANT: role})
        headers = bearer(log_in(keys, workshop.data_api, user), TENANT)
        made = Maker(headers, f"user:{user}", None, name in ENDED, user)
    workshop.walk(made.headers)
    end(database, name, made)
    return made


def end(database: Database, name: str, maker: Maker) -> None:
    """Take away from those who end what they had."""
    if name == "revoked key":
        administer(database, TENANT, "revoke_api_key", key_id=maker.claim)
    elif name == "removed admin":
        administer(database, TENANT, "remove_membership", user_id=maker.user_id)
    elif name == "demoted admin":
        administer(database, TENANT, "set_membership", user_id=maker.user_id, role="member")


@pytest.mark.parametrize("name", CALLERS)
def test_nobody_makes_what_is_above_them(workshop: Workshop, counters: Counters, name: str) -> None:
    """By whatever way: no route more, no day longer, and nothing at all once they have ended."""
    maker = make_maker(workshop, name)
    routes = workshop.walk(maker.headers)
    made = list(workshop.make_all(maker))
    above = [one for one in made if is_above(one, maker, routes)]
    counters.made += len(made)
    counters.above += len(above)
    assert above == []
    makes = name in {"admin key", "admin key until tomorrow", "owner", "admin"}
    assert bool(made) == makes, "who may make something does, or nothing is proven"


def test_the_walk_meets_every_kind_of_route() -> None:
    """A new combination of scopes and roles in the table has to be walked, too."""
    assert list_walked() == list_kinds()
