"""The meaning of the facts of ``read_setup``: pure functions from them to checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, TypedDict

from llm_observe.doctor.checks import Check, Status
from llm_observe.doctor.newest_migration import NEWEST_MIGRATION

NOBODYS_KEY: Final = "nobody00"
"""In the form of a key's id; ids are drawn, so that nobody has this one."""
REFUSED: Final = "PT401"
DIGEST_KEY: Final = "LLM_OBSERVE_DIGEST_KEY"
JOBS: Final = ("deletions", "expiry", "partitions", "roll_ups", "verification")
"""The scheduled jobs: the folders of functions/jobs, which a test compares."""
_CRON_JOBS: Final = {
    "deletions": "llm-observe-deletions",
    "expiry": "llm-observe-retention",
    "partitions": "llm-observe-partitions",
    "roll_ups": "llm-observe-roll-ups",
    "verification": "llm-observe-verification",
}
"""The same work's names in pg_cron."""
_GRACE: Final = timedelta(minutes=15)
"""A schedule begins a run a little late, and a retry later."""
_OLD_PRICES: Final = timedelta(days=180)
_MANY_HOURS: Final = 24
"""Of unfolded hours: late deliveries leave some for minutes."""
_PUSH: Final = "Apply the migrations: `supabase link`, then `supabase db push`."
_SEE_JOBS: Final = "docs/jobs.md says how to see what ran, and how to run a job by hand."


class Migration(TypedDict):
    """``applied``: whether the newest that we know is."""

    applied: bool
    newest: str | None


class JobRun(TypedDict):
    """The last run of a job; times as text."""

    job: str
    outcome: str
    started_at: str
    finished_at: str | None
    next_due: str


class RollUps(TypedDict):
    """``drifted``: whether the last verification found a difference, in whosever sums."""

    drifted: bool
    drifted_hours: int
    waiting_hours: int


class Facts(TypedDict):
    """The answer of ``read_setup``."""

    now: str
    migration: Migration | None
    pre_request: str | None
    jobs: list[JobRun]
    settled: bool
    missing_partitions: list[str]
    cron_jobs: list[str] | None
    expiry: str | None
    roll_ups: RollUps | None
    dropped: int
    newest_price: str | None


def ask_for() -> dict[str, Any]:
    """Give the argument of ``read_setup``."""
    return {"migration": NEWEST_MIGRATION}


def judge_secrets(secrets: Mapping[str, bool]) -> Check:
    """Say whether a deployment's secrets are set; without a digest key it works in part."""
    missing = [name for name, is_set in secrets.items() if not is_set]
    if not missing:
        return Check("secrets", "ok", f"Set: {', '.join(secrets)}.")
    status: Status = "warning" if missing == [DIGEST_KEY] else "failed"
    means = "content leaves a length and no digest" if status == "warning" else "no API key works"
    action = "`make access ARGS=secrets` draws secrets; docs/security.md says where each belongs."
    return Check("secrets", status, f"Not set: {', '.join(missing)}, so {means}.", action)


def judge_pre_request(facts: Facts, *, refused: bool) -> Check:
    """Say whether a token of a key that does not exist was refused, which only the hook does."""
    if refused:
        return Check("pre_request", "ok", "A token that stands for no known credential is refused.")
    hook = facts["pre_request"]
    told = f"set to {hook}, which does not call app.check_request" if hook else "not set"
    return Check(
        "pre_request",
        "failed",
        f"A revoked key would still work: the Data API's pre-request function is {told}.",
        "As the database's owner: `alter role authenticator set pgrst.db_pre_request = "
        "'app.check_request'; notify pgrst, 'reload config';`, or call it from your own.",
    )


def judge_migrations(facts: Facts) -> Check:
    """Say whether the newest migration of this version is applied."""
    known = facts["migration"]
    if known is None:
        message = "The functions of this version are there; no record of migrations is."
        return Check("migrations", "warning", message, _PUSH)
    if not known["applied"]:
        message = (
            f"Migration {NEWEST_MIGRATION} is not applied; the newest that is: {known['newest']}."
        )
        return Check("migrations", "failed", message, _PUSH)
    later = (known["newest"] or "") > NEWEST_MIGRATION
    told = (
        f"; the project also has {known['newest']}, which this version does not know"
        if later
        else ""
    )
    return Check("migrations", "ok", f"Migration {NEWEST_MIGRATION} is applied{told}.")


def judge_jobs(facts: Facts) -> Check:
    """Say whether each scheduled job ran when it was due, and how its last run ended."""
    runs = {run["job"]: run for run in facts["jobs"]}
    overdue = [job for job in JOBS if job in runs and _is_overdue(runs[job], facts)]
    missing = [job for job in JOBS if job not in runs and not _has_cron(job, facts)]
    failed = [job for job in JOBS if job in runs and runs[job]["outcome"] == "failed"]
    if overdue:
        last = ", ".join(f"{job} since {runs[job]['next_due']}" for job in overdue)
        action = f"See whether the function and its schedule are there and enabled. {_SEE_JOBS}"
        return Check("jobs", "failed", f"A job is overdue: {last}.", action)
    if failed:
        action = f"Read the function's log; `job_runs.error` has a code. {_SEE_JOBS}"
        return Check("jobs", "failed", f"The last run failed of: {', '.join(failed)}.", action)
    if missing:
        told = f"No run is known of: {', '.join(missing)}."
        if facts["settled"]:
            return Check("jobs", "failed", told, f"Deploy the jobs with `sam deploy`. {_SEE_JOBS}")
        return Check("jobs", "warning", told, "A new project's first runs come within a day.")
    return Check("jobs", "ok", f"{', '.join(JOBS)} ran when they were due.")


def judge_partitions(facts: Facts) -> Check:
    """Say whether spans of the next months have a partition to go to."""
    missing = facts["missing_partitions"]
    if not missing:
        return Check(
            "partitions", "ok", "The months from the last to the third ahead have partitions."
        )
    action = f"Run `select app.ensure_partitions();` as the database's owner. {_SEE_JOBS}"
    return Check(
        "partitions", "failed", f"These partitions are missing: {', '.join(missing)}.", action
    )


def judge_retention(facts: Facts) -> Check:
    """Say whether something deletes what tenants keep no longer, and did so for the caller's."""
    run = next((run for run in facts["jobs"] if run["job"] == "expiry"), None)
    if run is not None and _is_overdue(run, facts):
        return Check("retention", "skipped", "The job expiry is overdue: see the check of jobs.")
    if facts["expiry"] == "failed":
        message = (
            "The last run of the job expiry failed for this tenant: its old data is still there."
        )
        return Check("retention", "failed", message, f"Read the log of the job expiry. {_SEE_JOBS}")
    if run is None and not _has_cron("expiry", facts):
        if judge_jobs(facts).status == "failed":
            return Check("retention", "skipped", "The job expiry never ran: see the check of jobs.")
        message = "Nothing has deleted old data yet."
        return Check(
            "retention", "warning", message, "A new project's first runs come within a day."
        )
    means = "the job expiry" if run is not None else "pg_cron"
    return Check("retention", "ok", f"Old data is deleted hourly, by {means}.")


def judge_roll_ups(facts: Facts) -> Check:
    """Say whether sums were found true, and whether many hours of the caller's tenant wait."""
    told = facts.get("roll_ups")
    if told is None:
        return Check("roll_ups", "skipped", "The project has no roll-ups: see the migrations.")
    own, waiting = told["drifted_hours"], told["waiting_hours"]
    if told["drifted"] or own:
        whose = f"in {own:,} hours of this tenant" if own else "of another tenant"
        message = f"The last verification found sums {whose} that were not those of the spans."
        action = "They are right since, and folded anew; docs/operations.md, Sums drift, says why."
        return Check("roll_ups", "failed", message, action)
    if waiting > _MANY_HOURS:
        message = f"{waiting:,} hours of this tenant wait to be folded: sums are right, and slower."
        action = f"They go with the next runs of the job roll_ups. {_SEE_JOBS}"
        return Check("roll_ups", "warning", message, action)
    return Check("roll_ups", "ok", "The last verification found no sum that is not the spans'.")


def judge_prices(facts: Facts) -> Check:
    """Say whether calls can be priced, and by a list that is not too old."""
    newest, action = facts["newest_price"], "Send the prices: `make prices ARGS=--send`."
    if newest is None:
        return Check(
            "prices", "failed", "The project has no prices, so no call has a cost.", action
        )
    date = newest[:10]
    if _read(facts["now"]) - _read(newest) > _OLD_PRICES:
        return Check(
            "prices",
            "warning",
            f"The newest price is of {date}.",
            f"{action} First update llm-observe.",
        )
    return Check("prices", "ok", f"The newest price is of {date}.")


def judge_deliveries(facts: Facts) -> Check:
    """Say whether processes of the caller's tenant lost spans within a day."""
    count = facts["dropped"]
    if not count:
        return Check("deliveries", "ok", "No process that was heard of within a day lost a span.")
    message = f"Processes of this tenant that were heard of within a day lost {count:,} spans."
    action = "`select * from delivery_ledger` names the reasons; so does the application's log."
    return Check("deliveries", "warning", message, action)


def _is_overdue(run: JobRun, facts: Facts) -> bool:
    return _read(facts["now"]) > _read(run["next_due"]) + _GRACE


def _has_cron(job: str, facts: Facts) -> bool:
    return _CRON_JOBS[job] in (facts["cron_jobs"] or ())


def _read(time: str) -> datetime:
    return datetime.fromisoformat(time)


OF_PROJECT: Final[dict[str, Callable[[Facts], Check]]] = {
    "jobs": judge_jobs,
    "partitions": judge_partitions,
    "retention": judge_retention,
    "roll_ups": judge_roll_ups,
    "prices": judge_prices,
}
"""The checks of a project, by what its database told, in this order."""
OF_TENANT: Final[dict[str, Callable[[Facts], Check]]] = {"deliveries": judge_deliveries}
"""The check of the caller's tenant."""


def judge_facts(facts: Facts) -> list[Check]:
    """Judge all that the database told, but for migrations and hook."""
    return [judge(facts) for judge in (OF_PROJECT | OF_TENANT).values()]


def miss_functions() -> list[Check]:
    """Judge a project that does not have ``read_setup``: the rest cannot be asked for."""
    cause = Check(
        "migrations",
        "failed",
        "The project lacks functions of this version.",
        f"{_PUSH} Check, too, that SUPABASE_URL is the right project's.",
    )
    rest = ("pre_request", *OF_PROJECT, *OF_TENANT)
    return [cause, *(Check(name, "skipped", "The migrations come first.") for name in rest)]
