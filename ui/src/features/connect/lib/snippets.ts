/** What the snippets are filled in with. */
export interface Place {
  endpoint: string;
  tenant: string;
  /** A key that may send spans; a stand-in until one is made. */
  apiKey: string;
}

export interface Snippet {
  title: string;
  code: string;
}

export interface Recipe {
  id: string;
  label: string;
  snippets: Snippet[];
  note?: string;
}

export const KEY_STAND_IN = "lo_live_…";

/** As in README and docs/sending-spans.md, for one tenant. */
export function listRecipes(place: Place): Recipe[] {
  return [python(place), layer(place), otlp(place), typescript(place), curl(place)];
}

function writeVariables({ endpoint, apiKey }: Place): string {
  return [
    `export OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint}`,
    `export OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer ${apiKey}"`,
    "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
  ].join("\n");
}

function python(place: Place): Recipe {
  const settings = ["export LLM_OBSERVE_EXPORTERS=otlp", `export LLM_OBSERVE_TENANT=${place.tenant}`, writeVariables(place)];
  const code = `import llm_observe
from openai import OpenAI

llm_observe.init()  # once; settings come from the environment

client = OpenAI()
client.chat.completions.create(
    model="gpt-4o-mini",
    messages=[{"role": "user", "content": "Hello"}],
)  # traced as it is`;
  return {
    id: "python",
    label: "Python",
    snippets: [
      { title: "Settings", code: settings.join("\n") },
      { title: "Code", code },
    ],
    note: "The library llm_observe with its extra otlp. Spans leave at exit, or with llm_observe.flush().",
  };
}

function layer({ tenant }: Place): Recipe {
  const variables = `AWS_LAMBDA_EXEC_WRAPPER: /opt/llm-observe
LLM_OBSERVE_TENANT: ${tenant}
SUPABASE_URL: https://<project>.supabase.co
SUPABASE_PUBLISHABLE_KEY: sb_publishable_<yours>
LLM_OBSERVE_INGEST_TOKEN: <the token>
LLM_OBSERVE_DIGEST_KEY: <the digest key, if one is printed>`;
  return {
    id: "layer",
    label: "Lambda layer",
    snippets: [
      { title: "A token for this tenant, from the person who runs the project", code: `make access ARGS="ingest-token --tenant ${tenant}"` },
      { title: "The function's environment, beside the layer LlmObserveLayer", code: variables },
    ],
    note: "No code changes. The layer writes to the database itself, with an ingest token in place of a key.",
  };
}

function otlp(place: Place): Recipe {
  const collector = `exporters:
  otlp_http: # until version 0.143: otlphttp
    endpoint: ${place.endpoint}
    headers: { authorization: "Bearer ${place.apiKey}" }`;
  return {
    id: "otlp",
    label: "OTLP",
    snippets: [
      { title: "Any SDK of OpenTelemetry", code: writeVariables(place) },
      { title: "The Collector", code: collector },
    ],
    note: "docs/sending-spans.md has a snippet for each library.",
  };
}

function typescript(place: Place): Recipe {
  const code = `import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { OpenTelemetry } from "@ai-sdk/otel";
import { registerTelemetry } from "ai";

const provider = new NodeTracerProvider({
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
provider.register();
registerTelemetry(new OpenTelemetry()); // the Vercel AI SDK, from version 7 on
// A process that ends calls \`await provider.shutdown()\` first.`;
  return {
    id: "typescript",
    label: "TypeScript",
    snippets: [
      { title: "Settings", code: writeVariables(place) },
      { title: "Code", code },
    ],
    note: "docs/sending-spans.md has other clients and earlier versions.",
  };
}

/** A whole span, so that it alone shows the way works. */
function curl({ endpoint, apiKey }: Place): Recipe {
  const random = (bytes: number) => `$(od -An -N${bytes} -tx1 /dev/urandom | tr -d ' \\n')`;
  const code = `curl -X POST ${endpoint}/v1/traces \\
  -H 'authorization: Bearer ${apiKey}' \\
  -H 'content-type: application/json' \\
  -d @- <<JSON
{"resourceSpans": [{"scopeSpans": [{"spans": [{
  "traceId": "${random(16)}",
  "spanId": "${random(8)}",
  "name": "chat gpt-4o-mini",
  "startTimeUnixNano": "$(date +%s)000000000",
  "endTimeUnixNano": "$(date +%s)500000000",
  "attributes": [
    {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
    {"key": "gen_ai.request.model", "value": {"stringValue": "gpt-4o-mini"}},
    {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "12"}},
    {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "34"}}
  ]
}]}]}]}
JSON`;
  return { id: "curl", label: "curl", snippets: [{ title: "One span by hand", code }] };
}
