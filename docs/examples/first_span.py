"""One call of a model, traced; README's "A first span of your own" runs it."""

from __future__ import annotations

import llm_observe

llm_observe.init()

from openai import OpenAI  # traced whenever it is imported

with llm_observe.session("first-chat"), llm_observe.user("maria"):
    answer = OpenAI().chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "Say hello."}]
    )
print(answer.choices[0].message.content)

llm_observe.flush()
print(llm_observe.stats())
