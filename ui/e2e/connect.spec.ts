import { execFile } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import type { Page } from "@playwright/test";

import type { Body } from "../src/lib/api";
import { expect, test } from "./fixtures";
import { issueIngestToken, PYTHON, startOfflineOpenAi } from "./stack";

const run = promisify(execFile);

/** A program of OpenTelemetry's own SDK; the environment says where its spans go. */
const ANY_SDK = `
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
with provider.get_tracer("app").start_as_current_span("by any SDK"):
    pass
`;

/** The code under a title, as somebody copies it. */
async function copy(page: Page, tab: string, title: string): Promise<string> {
  await page.getByRole("button", { name: tab, exact: true }).click();
  return (await page.getByRole("group", { name: title }).textContent()) ?? "";
}

/** Runs settings and a program in a shell that has nothing else of this project. */
async function runPython(settings: string, program: string, openAi = ""): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "llm-observe-e2e-"));
  writeFileSync(join(folder, "app.py"), program);
  await run("sh", ["-ec", `${settings}\nexec "${PYTHON}" app.py`], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? "", HOME: folder, NODE_ENV: "test", OPENAI_API_KEY: "sk-offline", OPENAI_BASE_URL: openAi },
  });
}

for (const [path, place] of [
  ["/settings/connect", "settings"],
  ["/overview", "the overview of a tenant without a span"],
] as const) {
  test(`${place} leads from a key by curl to the first span`, async ({ page, tenant, api }) => {
    await page.goto(`${path}?tenant=${tenant}`);
    await expect(page.getByText("Waiting for your first span")).toBeVisible();
    await page.getByRole("button", { name: "Make a key" }).dblclick();
    await expect(page.getByText("Copy the key now.")).toBeVisible();
    await page.getByRole("button", { name: "curl", exact: true }).click();
    const command = await page.getByRole("group", { name: "One span by hand" }).textContent();

    const { stdout } = await run("sh", ["-c", command ?? "exit 1"]);

    expect(stdout).toBe("{}");
    expect((await api.read<Body<"ApiKeyPage">>("keys", tenant)).items, "a double click makes one").toHaveLength(1);
    await page.getByRole("status").getByRole("link", { name: "chat gpt-4o-mini" }).click();
    await page.waitForURL(/\/traces\/[0-9a-f]{32}/);
    const traceId = new URL(page.url()).pathname.split("/").at(-1) ?? "";
    const { trace } = await api.readTrace(traceId, tenant);
    expect(trace.total_tokens).toBe(46);
    await expect(page.getByRole("treeitem")).toHaveCount(1);
  });
}

test("Python's, OTLP's and the layer's snippets each bring a span, as they stand on the page", async ({ page, tenant, api }) => {
  test.slow(); // Each is a process that imports the library.
  const openAi = await startOfflineOpenAi();
  try {
    await page.goto(`/settings/connect?tenant=${tenant}`);
    await page.getByRole("button", { name: "Make a key" }).click();
    await expect(page.getByText("Copy the key now.")).toBeVisible();
    const program = await copy(page, "Python", "Code");

    await runPython(await copy(page, "Python", "Settings"), program, openAi.url);
    await runPython(await copy(page, "OTLP", "Any SDK of OpenTelemetry"), ANY_SDK);
    expect(await copy(page, "Lambda layer", "A token for this tenant")).toContain(`ingest-token --tenant ${tenant}`);
    const environment = await copy(page, "Lambda layer", "The function's environment");
    const issued = await issueIngestToken(tenant);
    const settings = environment.split("\n").map((line) => line.split(": ") as [string, string]);
    expect(settings.map(([name]) => name)).toEqual(expect.arrayContaining(Object.keys(issued)));
    const exports = settings.map(([name, value]) => `export ${name}='${issued[name] ?? value}'`);
    // The layer's own start is `llm_observe.init()`: tests/infra/build starts it on an emulated Lambda.
    await runPython(exports.join("\n"), program, openAi.url);

    const { items } = await api.readTraces(tenant);
    expect(items.map(({ root_span_name: name }) => name).sort()).toEqual(["by any SDK", "chat gpt-4o-mini", "chat gpt-4o-mini"]);
    expect(items.filter(({ total_cost_usd: cost }) => (cost ?? 0) > 0)).toHaveLength(2);
  } finally {
    await openAi.stop();
  }
});
