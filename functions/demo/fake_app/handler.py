"""POST /demo/fake_app: an application without a line of telemetry, traced."""

from __future__ import annotations

from openai import AsyncOpenAI

import llm_observe
from functions.common.app import create_app, create_handler
from functions.common.auth.callers import Caller
from functions.common.environment import is_offline
from functions.demo.fake_app.bodies import FakeAppCall, FakeAppRun
from functions.demo.fake_app.shop import open_shop
from functions.demo.traced import (
    FAILURES,
    calling_models,
    count_run,
    create_client,
    start_tracing,
    total_up,
)

app = create_app("demo_fake_app")
start_tracing()


@app.post("/demo/fake_app", responses=FAILURES)
async def run_fake_app(caller: Caller) -> FakeAppRun:
    """Run a module that imports only ``openai``; this handler gives its calls one trace."""
    count_run(caller)
    with (
        calling_models(),
        llm_observe.tenant(caller.tenant),
        llm_observe.span("fake_app", "invoke_workflow") as span,
    ):
        async with AsyncOpenAI(max_retries=0) as async_client:
            calls = await open_shop(create_client(), async_client)
        trace_id = f"{span.get_span_context().trace_id:032x}"
    tokens, cost = total_up(caller, trace_id)
    return FakeAppRun(
        trace_id=trace_id,
        calls=[FakeAppCall(api=api, model=model, outcome=outcome) for api, model, outcome in calls],
        total_tokens=tokens,
        total_cost_usd=cost,
        offline=is_offline(),
    )


handler = llm_observe.lambda_handler(create_handler(app))
