"""POST /demo/run: an agent of two tool calls, traced, for a first look."""

from __future__ import annotations

from fastapi import Body

import llm_observe
from functions.common.app import create_app, create_handler
from functions.common.auth.callers import Caller
from functions.common.environment import is_offline
from functions.demo.run.agent import run_agent
from functions.demo.run.bodies import DemoRequest, DemoRun, DemoStep
from functions.demo.traced import (
    FAILURES,
    calling_models,
    count_run,
    create_client,
    start_tracing,
    total_up,
)

app = create_app("demo_run")
start_tracing()


@app.post("/demo/run", responses=FAILURES)
async def run_demo(caller: Caller, request: DemoRequest = Body(DemoRequest())) -> DemoRun:  # noqa: B008  # FastAPI's way
    """Run the agent on a question and tell what it cost, as it was stored."""
    count_run(caller)
    with calling_models(), llm_observe.tenant(caller.tenant):
        run = run_agent(create_client(), request.question)
    tokens, cost = total_up(caller, run.trace_id)
    return DemoRun(
        trace_id=run.trace_id,
        answer=run.answer,
        steps=[
            DemoStep(name=step.name, operation=step.operation, summary=step.summary)
            for step in run.steps
        ],
        total_tokens=tokens,
        total_cost_usd=cost,
        offline=is_offline(),
    )


handler = llm_observe.lambda_handler(create_handler(app))
