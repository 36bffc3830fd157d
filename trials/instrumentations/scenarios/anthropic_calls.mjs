// One function per scenario, on a client of Anthropic's for Node, which makes spans by itself.

import { trace } from "@opentelemetry/api";
import { drive } from "./driving.mjs";
import { flush } from "./providing.mjs";
import {
  forgiving,
  LONG_QUESTION,
  LONG_STREAMED_QUESTION,
  LONGER_QUESTION,
  PLACE,
  QUESTION,
  read,
  twice,
  WEATHER_QUESTION,
} from "./questions.mjs";

export const OPTIONS = { maxRetries: 0, timeout: 20_000 };
const cache = (text) => ({
  system: [{ type: "text", text, cache_control: { type: "ephemeral" } }],
});
const get_weather = { name: "get_weather", description: "Tell the weather.", input_schema: PLACE };

// Lives the scenarios on a client, which has a name of its own for the model.
export async function live(client, name = "claude-haiku-4-5") {
  const describe = (content, more) => ({
    model: name,
    max_tokens: 200,
    messages: [{ role: "user", content }],
    ...more,
  });
  const ask = (content = QUESTION, more = {}) => client.messages.create(describe(content, more));
  const stream = (content = QUESTION, more = {}, most = Infinity) =>
    read(ask(content, { stream: true, ...more }), most);
  const calls = {
    chat: () => ask(),
    chat_stream: () => stream(),
    chat_stream_helper: () => client.messages.stream(describe(QUESTION, {})).finalMessage(),
    tools: () => ask(WEATHER_QUESTION, { tools: [get_weather] }),
    cached: () => twice(() => ask(QUESTION, cache(LONG_QUESTION))),
    cached_stream: () => twice(() => stream(QUESTION, cache(LONG_STREAMED_QUESTION))),
    cached_stream_older: () =>
      twice(() => stream(QUESTION, { model: "claude-3-5-haiku-20241022", ...cache("c3".repeat(600)) })),
    priority: async () => {
      await ask(QUESTION, { service_tier: "auto" });
      await stream(QUESTION, { service_tier: "auto" });
    },
    rate_limited: () => forgiving(ask(QUESTION, { model: "offline-rate-limit" })),
    broken_stream: () => forgiving(stream(QUESTION, { model: "offline-drop-stream" })),
    abandoned_stream: () => stream(LONGER_QUESTION, {}, 4),
    within_span: () =>
      trace.getTracer("application").startActiveSpan("handle request", async (span) => {
        await ask();
        await stream();
        span.end();
      }),
  };

  await drive(calls, flush);
}
