// One function per scenario, on Vercel's AI SDK.

import { createOpenAI } from "@ai-sdk/openai";
import { trace } from "@opentelemetry/api";
import * as ai from "ai";
import { drive } from "./driving.mjs";
import { flush } from "./providing.mjs";

const QUESTION = "Which city has the Eiffel tower?";
const LONG_QUESTION = "a1".repeat(600); // 1,200 tokens: OpenAI caches prefixes from 1,024 on.
const LONG_STREAMED_QUESTION = "b2".repeat(600);
const PRIORITY = { providerOptions: { openai: { serviceTier: "priority" } } };

// From version 7 on an integration is registered once; before, each call opts in.
if (ai.registerTelemetry) {
  const { OpenTelemetry } = await import("@ai-sdk/otel");
  ai.registerTelemetry(new OpenTelemetry());
}
const openai = createOpenAI();
const options = { maxRetries: 0, experimental_telemetry: { isEnabled: true } };
const ask = (model, prompt = QUESTION, more = {}) =>
  ai.generateText({ model, prompt, ...options, ...more });
const stream = async (model, prompt = QUESTION, most = Infinity, more = {}) => {
  const stopping = new AbortController();
  const result = ai.streamText({
    model,
    prompt,
    ...options,
    ...more,
    abortSignal: stopping.signal,
    onError: () => {},
  });
  let seen = 0;
  for await (const _ of result.textStream) {
    seen += 1;
    if (seen === most) stopping.abort();
  }
};
const forgiving = (call) => call.catch(() => {});
const weather = ai.tool({
  description: "Tell the weather in a city.",
  inputSchema: ai.jsonSchema({
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
  }),
});

const calls = {
  chat: () => ask(openai.chat("gpt-4o-mini")),
  chat_stream: () => stream(openai.chat("gpt-4o-mini")),
  tools: () =>
    ask(openai.chat("gpt-4o-mini"), "What is the weather in Paris?", {
      tools: { get_weather: weather },
    }),
  cached: async () => {
    for (let time = 0; time < 2; time += 1) {
      await ask(openai.chat("gpt-4o-mini"), LONG_QUESTION, { maxOutputTokens: 16 });
    }
  },
  cached_stream: async () => {
    for (let time = 0; time < 2; time += 1) {
      await stream(openai.chat("gpt-4o-mini"), LONG_STREAMED_QUESTION);
    }
  },
  priority: async () => {
    await ask(openai.chat("gpt-4.1"), QUESTION, PRIORITY);
    await stream(openai.chat("gpt-4.1"), QUESTION, Infinity, PRIORITY);
  },
  responses_priority: () => ask(openai.responses("gpt-4.1"), QUESTION, PRIORITY),
  reasoning: () =>
    ask(openai.chat("o4-mini"), QUESTION, {
      providerOptions: { openai: { reasoningEffort: "low" } },
    }),
  embeddings: () =>
    ai.embedMany({
      model: openai.embedding("text-embedding-3-small"),
      values: ["the Eiffel tower", "Paris"],
      providerOptions: { openai: { dimensions: 4 } },
      ...options,
    }),
  responses: () => ask(openai.responses("o4-mini")),
  responses_stream: () => stream(openai.responses("gpt-4o-mini")),
  rate_limited: () => forgiving(ask(openai.chat("offline-rate-limit"))),
  broken_stream: () => forgiving(stream(openai.chat("offline-drop-stream"))),
  abandoned_stream: () => forgiving(stream(openai.chat("gpt-4o-mini"), `${QUESTION} `.repeat(12), 2)),
  within_span: () =>
    trace.getTracer("application").startActiveSpan("handle request", async (span) => {
      await ask(openai.chat("gpt-4o-mini"));
      await stream(openai.chat("gpt-4o-mini"));
      span.end();
    }),
};

await drive(calls, flush);
