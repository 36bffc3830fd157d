import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { listRecipes } from "./snippets";

const PLACE = { endpoint: "https://api.example.com", tenant: "tenant-123", apiKey: "lo_live_abcdefgh_secret" };
const ROOT = join(import.meta.dirname, "../../../../..");
const DOCUMENTED = ["README.md", "docs/sending-spans.md"].map((name) => readFileSync(join(ROOT, name), "utf8")).join("\n");
const codeOf = (id: string) =>
  listRecipes(PLACE)
    .find((recipe) => recipe.id === id)
    ?.snippets.map(({ code }) => code)
    .join("\n") ?? "";

describe("the recipes", () => {
  it.each(["python", "otlp", "typescript", "curl"])("%s is filled in with endpoint and key", (id) => {
    expect(codeOf(id)).toContain(PLACE.endpoint);
    expect(codeOf(id)).toContain(`Bearer ${PLACE.apiKey}`);
  });

  it("the layer's is filled in with the tenant, names the ingest token, and asks for no signing key", () => {
    expect(codeOf("layer")).toContain(`LLM_OBSERVE_TENANT: ${PLACE.tenant}`);
    expect(codeOf("layer")).toMatch(/^LLM_OBSERVE_INGEST_TOKEN: /m);
    expect(codeOf("layer")).not.toContain(PLACE.apiKey);
    expect(codeOf("layer")).not.toContain("SIGNING_KEY");
  });

  it("TypeScript's is the two snippets of the documentation that `make test-libraries` runs, line by line", () => {
    const [sdk, vercel] = ["// otel-js", "// vercel-ai,"].map((first) =>
      DOCUMENTED.slice(DOCUMENTED.indexOf("```js\n" + first)).split("```")[1]?.split("\n").slice(2) ?? [],
    );
    const bare = (lines: readonly string[]) => lines.map((line) => line.replace(/\s*\/\/.*$/, "")).filter(Boolean).sort();
    const own = listRecipes(PLACE).find(({ id }) => id === "typescript")?.snippets.at(-1)?.code ?? "";

    expect(bare(own.split("\n"))).toEqual(bare([...(sdk ?? []), ...(vercel ?? [])]));
  });

  it.each([
    ["otlp", ["OTEL_EXPORTER_OTLP_ENDPOINT=", "authorization=Bearer ", "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "otlp_http: # until version 0.143: otlphttp"]],
    ["python", ["import llm_observe", "llm_observe.init()  # once; settings come from the environment"]],
    ["layer", ["AWS_LAMBDA_EXEC_WRAPPER: /opt/llm-observe"]],
    ["typescript", ["spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())]", "registerTelemetry(new OpenTelemetry());", 'from "@ai-sdk/otel"']],
  ])("%s says what the documentation says", (id, lines) => {
    for (const line of lines) {
      expect(codeOf(id)).toContain(line);
      expect(DOCUMENTED).toContain(line);
    }
  });
});
