"""An application's first traced call, run by the Python of an end; prints the ledger."""

from __future__ import annotations

import json
import sys

import llm_observe

llm_observe.init()

from openai import OpenAI  # noqa: E402  # as an application may: after init

OpenAI().chat.completions.create(
    model="gpt-4o-mini", messages=[{"role": "user", "content": "Say hello."}]
)
llm_observe.flush()
sys.stdout.write(json.dumps(llm_observe.stats()))
