import { randomBytes } from "node:crypto";

import { expect, type APIRequestContext } from "@playwright/test";

import type { Body } from "../src/lib/api";
import { readStretches } from "../src/lib/foreign-text";

/** Names that objects answer to, paths, markup, and characters that are not seen or turn others round. */
export const HOSTILE_NAMES = [
  "constructor",
  "__proto__",
  "toString",
  "hasOwnProperty",
  "prototype",
  "valueOf",
  "a.b[0]",
  "<script>alert(1)</script>",
  "invoice\u202egnp.exe",
  "\u2066\u200b\u3164\ufeff\u{E0041}",
  "a\u0001\u001b[31m\u0085b",
];

/** The parts of a span that no sender names: ids, times, closed sets, and what the database itself wrote. */
const OURS = new Set([
  "attributes",
  "counted",
  "input",
  "input_digest",
  "kind",
  "misdated",
  "output",
  "output_digest",
  "parent_span_id",
  "possible_duplicate",
  "price_id",
  "price_source",
  "span_id",
  "start_time",
  "status",
  "tags", // Texts by key, which have a look of their own.
  "tenant_id",
  "trace_id",
  "truncated",
  "unknown_because",
  "unmeasured",
  "unpriced",
  "usage_status",
  "usage_uncounted",
]);
const MEASURE = /_(tokens|ms|usd|length)$/;

/** Every field that holds a name from outside, with its text; a new field of the API is among them. */
export function listForeignFields(span: Body<"SpanDetail">): [string, string | null][] {
  return Object.entries(span).filter(([field]) => !OURS.has(field) && !MEASURE.test(field)) as [string, string | null][];
}

/** A text as a page's own text has it: what is not seen is named in a chip. */
export function toShown(text: string): string {
  return readStretches(text)
    .map((stretch) => stretch.text)
    .join("");
}

const text = (value: string) => ({ stringValue: value });
const attribute = (key: string, value: object) => ({ key, value });

/** Sends a trace in which every name is `name`, as any OpenTelemetry exporter would; gives its id. */
export async function sendHostileTrace(request: APIRequestContext, apiUrl: string, tenant: string, name: string) {
  const traceId = randomBytes(16).toString("hex");
  const ids = ["root", "call", "tool"].map(() => randomBytes(8).toString("hex"));
  const spans = [name, "chat", "execute_tool"].map((operation, index) =>
    makeSpan({ traceId, spanId: ids[index]!, parentSpanId: index === 0 ? "" : ids[0]!, operation, name }),
  );
  const resource = ["service.name", "service.version", "deployment.environment.name"].map((key) => attribute(key, text(name)));
  const answer = await request.post(`${apiUrl}/v1/traces`, {
    headers: { "x-tenant-id": tenant },
    data: { resourceSpans: [{ resource: { attributes: resource }, scopeSpans: [{ scope: { name }, spans }] }] },
  });
  expect(answer.status(), await answer.text()).toBe(200);
  return traceId;
}

interface SpanFacts {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  operation: string;
  name: string;
}

function makeSpan({ operation, name, ...ids }: SpanFacts) {
  const startMs = Date.now() - 60_000;
  const messages = text(JSON.stringify([{ role: name, parts: [{ type: "text", content: name }] }]));
  const named = [
    "gen_ai.provider.name",
    "gen_ai.request.model",
    "gen_ai.response.model",
    "gen_ai.agent.name",
    "gen_ai.tool.name",
    "gen_ai.conversation.id",
    "gen_ai.prompt.name",
    "gen_ai.prompt.version",
    "user.id",
    "customer.id",
    "llm_observe.tag.word",
    `llm_observe.tag.${name}`,
    "error.type",
    name,
  ];
  return {
    ...ids,
    name,
    kind: 3,
    startTimeUnixNano: `${startMs}000000`,
    endTimeUnixNano: `${startMs + 250}000000`,
    status: { code: 2, message: name },
    attributes: [
      attribute("gen_ai.operation.name", text(operation)),
      ...named.map((key) => attribute(key, text(name))),
      attribute("map", { kvlistValue: { values: [attribute(name, text(name))] } }),
      attribute("gen_ai.response.finish_reasons", { arrayValue: { values: [text(name)] } }),
      attribute("gen_ai.input.messages", messages),
      attribute("gen_ai.output.messages", messages),
      attribute("gen_ai.usage.input_tokens", { intValue: "12" }),
      attribute("gen_ai.usage.output_tokens", { intValue: "3" }),
    ],
  };
}
