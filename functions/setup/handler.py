"""GET /setup: whether the project is set up as it should be, check by check."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final, cast

from postgrest.exceptions import APIError

from functions.common.app import create_app, create_handler
from functions.common.auth.access import CallerIdentity
from functions.common.auth.callers import Caller
from functions.common.database import manage_as, read_as
from functions.common.environment import find_secrets
from functions.setup.bodies import Setup, SetupCheck
from llm_observe.doctor import judging
from llm_observe.doctor.judging import Facts

app = create_app("setup")

_NO_FUNCTION: Final = frozenset({"PGRST202", "42883"})
"""Not known to the Data API; known to it, and gone since."""


@app.get("/setup")
async def get_setup(caller: Caller) -> Setup:
    """Check the project, and how the caller's tenant fares in it; nothing is written."""
    facts = _ask(caller)
    checks = [judging.judge_secrets(find_secrets())]
    if facts is None:
        checks += judging.miss_functions()
    else:
        checks += [
            judging.judge_migrations(facts),
            judging.judge_pre_request(facts, refused=_refuses_strangers(caller)),
            *judging.judge_facts(facts),
        ]
    return Setup(checks=[SetupCheck.model_validate(asdict(check)) for check in checks])


def _ask(caller: Caller) -> Facts | None:
    """Give what the database knows; None where it lacks this version's functions."""
    try:
        answer = manage_as(caller).rpc("read_setup", judging.ask_for()).execute()
    except APIError as error:
        if error.code in _NO_FUNCTION:
            return None
        raise
    return cast("Facts", answer.data)


def _refuses_strangers(caller: Caller) -> bool:
    """Whether a token of a key that does not exist is refused, which only the hook does."""
    stranger = CallerIdentity(caller.tenant, judging.NOBODYS_KEY)
    try:
        read_as(stranger).from_("spans").select("span_id").limit(0).execute()
    except APIError as error:
        if error.code == judging.REFUSED:
            return True
        raise
    return False


handler = create_handler(app)
