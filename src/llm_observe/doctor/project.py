"""The checks of an operator, who holds the signing key."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, cast

from llm_observe.config import Deployment
from llm_observe.doctor import judging
from llm_observe.doctor.checks import Check
from llm_observe.doctor.door import Answer, ProjectDoor, split
from llm_observe.doctor.judging import Facts
from llm_observe.doctor.probe import try_span
from llm_observe.doctor.rounds import Step

_NOTHING: Final = "spans?select=span_id&limit=0"
_NO_FUNCTIONS: Final = frozenset({"PGRST202", "42883", "22023", "42501", "42704"})
"""No such function, also behind the Data API; no such role; one that may not yet."""
_DELETED: Final = "PT410"


def list_project_steps(door: ProjectDoor, deployment: Deployment) -> list[Step]:
    """Give the checks of a project, from the key that it trusts to a span that it stores."""
    operator = _Operator(door)
    return [
        Step("signing_key", operator.check_signing_key, needs=("project", "clock")),
        Step("migrations", operator.check_migrations, needs=("signing_key",)),
        Step("pre_request", operator.check_pre_request, needs=("migrations",)),
        Step("secrets", partial(_check_secrets, deployment)),
        *(
            Step(name, partial(operator.judge, judge), needs=("migrations",))
            for name, judge in judging.OF_PROJECT.items()
        ),
        Step("test_span", partial(try_span, door), needs=("migrations",)),
    ]


class _Operator:
    """Keeps what the database told, for the checks after the one that asked."""

    def __init__(self, door: ProjectDoor) -> None:
        self._door = door
        self._facts: Facts | None = None

    def check_signing_key(self) -> Check:
        """Read nothing under a token of our own: before all else its signature is looked at."""
        answer = self._door.ask(_NOTHING, "authenticated")
        if answer.trouble in {"signing key", "clock"}:
            return Check("signing_key", "failed", *split(answer.trouble))
        if answer.status >= 500:  # noqa: PLR2004  # the server's own
            return _fail("signing_key", answer)
        return Check("signing_key", "ok", "The project trusts the signing key.")

    def check_migrations(self) -> Check:
        answer = self._door.ask("rpc/read_setup", "llm_admin", judging.ask_for())
        if answer.code == _DELETED:
            # Somebody forgot the doctor's own tenant, which then refuses to be asked.
            self._door.ask("rpc/restore_tenant", "llm_admin", {})
            answer = self._door.ask("rpc/read_setup", "llm_admin", judging.ask_for())
        if answer.is_success:
            self._facts = cast("Facts", answer.body)
            return judging.judge_migrations(self._facts)
        if answer.code in _NO_FUNCTIONS:
            return judging.miss_functions()[0]
        return _fail("migrations", answer)

    def check_pre_request(self) -> Check:
        answer = self._door.ask(_NOTHING, "authenticated", key_id=judging.NOBODYS_KEY)
        refused = answer.code == judging.REFUSED
        if not refused and not answer.is_success:
            return _fail("pre_request", answer)
        return self.judge(partial(judging.judge_pre_request, refused=refused))

    def judge(self, judge: Callable[[Facts], Check]) -> Check:
        """Judge what the database told; a step without it is not reached."""
        if self._facts is None:
            raise LookupError("The check of the migrations comes first.")
        return judge(self._facts)


def _check_secrets(deployment: Deployment) -> Check:
    settings = deployment.settings
    return judging.judge_secrets(
        {
            "SUPABASE_JWT_SIGNING_KEY": settings.signing_key is not None,
            "LLM_OBSERVE_KEY_PEPPER": deployment.has_pepper,
            judging.DIGEST_KEY: settings.digest_key is not None,
        }
    )


def _fail(name: str, answer: Answer) -> Check:
    if answer.trouble is not None:
        return Check(name, "failed", *split(answer.trouble))
    return Check(name, "failed", f"The project refused what it should not: {answer.explain()}.")
