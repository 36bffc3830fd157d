"""/mappings: a tenant's rules from attributes to columns, and what they would make of a span."""

from __future__ import annotations

from typing import Any, Final

from functions.common.app import create_app, create_handler
from functions.common.auth.access import CallerIdentity
from functions.common.auth.callers import Caller
from functions.common.database import fetch, manage_as, read_as
from functions.common.environment import load_settings
from functions.common.errors import ErrorBody
from functions.mappings.bodies import MappingList, Trial, TrialResult
from functions.mappings.trials import try_spans
from llm_observe.dialects.mapping import Rules, compile_rules
from llm_observe.supabase.tenant_settings import read_rule

_MOST_BYTES: Final = 524_288
"""Of a body: 200 rules take a quarter of it, and a trial has a few spans."""

app = create_app("mappings", most_bytes=_MOST_BYTES)

_COLUMNS: Final = "attribute,field,value"
_TOO_LARGE: Final[dict[int | str, dict[str, Any]]] = {413: {"model": ErrorBody}}


@app.get("/mappings")
async def list_mappings(caller: Caller) -> MappingList:
    """Give the tenant's rules, by attribute."""
    rules = manage_as(caller).from_("attribute_mappings").select(_COLUMNS)
    rows = fetch(rules.eq("tenant_id", caller.tenant).order("attribute").order("field"))
    return MappingList.model_validate({"mappings": rows})


@app.put("/mappings")
async def set_mappings(caller: Caller, wanted: MappingList) -> MappingList:
    """Make these the tenant's only rules; spans that come a minute later are read by them."""
    done = manage_as(caller).rpc("set_attribute_mappings", wanted.model_dump()).execute()
    return MappingList.model_validate(done.data)


@app.post("/mappings/test", responses=_TOO_LARGE)
async def try_mappings(caller: Caller, trial: Trial) -> TrialResult:
    """Tell what a span would become, by the tenant's rules or others; nothing is stored."""
    rules = _find_rules(caller, trial)
    return try_spans(trial.span, rules, load_settings())


def _find_rules(caller: CallerIdentity, trial: Trial) -> Rules:
    if trial.mappings is not None:
        return compile_rules(read_rule(rule.model_dump()) for rule in trial.mappings)
    rules = read_as(caller).from_("attribute_mappings").select(_COLUMNS)
    return compile_rules(map(read_rule, fetch(rules.eq("tenant_id", caller.tenant))))


handler = create_handler(app)
