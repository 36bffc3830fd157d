// One function per scenario, on OpenAI's own client for Node.

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

const MODEL = "gpt-4o-mini";
const USAGE = { stream_options: { include_usage: true } };
const PRIORITY = { model: "gpt-4.1", service_tier: "priority" };

export function makeCalls(OpenAI, trace) {
  const client = new OpenAI({ maxRetries: 0, timeout: 20_000 });
  const ask = (content = QUESTION, more = {}) =>
    client.chat.completions.create({
      model: MODEL,
      messages: [{ role: "user", content }],
      ...more,
    });
  const stream = (content = QUESTION, more = USAGE, most = Infinity) =>
    read(ask(content, { stream: true, ...more }), most);
  const respond = (more) => client.responses.create({ model: MODEL, input: QUESTION, ...more });
  const get_weather = { name: "get_weather", description: "Tell the weather.", parameters: PLACE };

  return {
    chat: () => ask(),
    chat_stream: () => stream(),
    chat_stream_without_usage: () => stream(QUESTION, {}),
    tools: () => ask(WEATHER_QUESTION, { tools: [{ type: "function", function: get_weather }] }),
    cached: () => twice(() => ask(LONG_QUESTION, { max_tokens: 8 })),
    cached_stream: () => twice(() => stream(LONG_STREAMED_QUESTION, { ...USAGE, max_tokens: 8 })),
    priority: async () => {
      await ask(QUESTION, PRIORITY);
      await stream(QUESTION, { ...USAGE, ...PRIORITY });
    },
    reasoning: () => ask(QUESTION, { model: "o4-mini", reasoning_effort: "low" }),
    embeddings: () =>
      client.embeddings.create({
        model: "text-embedding-3-small",
        input: ["the Eiffel tower", "Paris"],
        dimensions: 4,
        encoding_format: "float",
      }),
    responses: () => respond({ model: "o4-mini" }),
    responses_stream: () => read(respond({ stream: true })),
    responses_priority: () => respond(PRIORITY),
    rate_limited: () => forgiving(ask(QUESTION, { model: "offline-rate-limit" })),
    broken_stream: () =>
      forgiving(stream(QUESTION, { ...USAGE, model: "offline-drop-stream" })),
    abandoned_stream: () => stream(LONGER_QUESTION, USAGE, 3),
    within_span: () =>
      trace.getTracer("application").startActiveSpan("handle request", async (span) => {
        await ask();
        await stream();
        span.end();
      }),
  };
}
