import { randomBytes } from "node:crypto";

import type { APIRequestContext } from "@playwright/test";

import { expect, test } from "./fixtures";
import type { Stack } from "./stack";

interface Sent {
  name: string;
  start?: Date;
  [key: string]: unknown;
}

/** Sends one span over OTLP, as anybody would; gives its trace's id. */
async function send(request: APIRequestContext, stack: Stack, tenant: string, { name, start, ...said }: Sent) {
  const traceId = randomBytes(16).toString("hex");
  const at = BigInt((start ?? new Date(Date.now() - 60_000)).getTime()) * 1_000_000n;
  const attributes = Object.entries(said).map(([key, value]) => ({
    key,
    value: typeof value === "number" ? { intValue: String(value) } : { stringValue: String(value) },
  }));
  const span = {
    traceId,
    spanId: randomBytes(8).toString("hex"),
    name,
    kind: 3,
    startTimeUnixNano: String(at),
    endTimeUnixNano: String(at + 1_000_000_000n),
    attributes,
  };
  const response = await request.post(`${stack.api_url}/v1/traces`, {
    headers: { "x-tenant-id": tenant },
    data: { resourceSpans: [{ resource: {}, scopeSpans: [{ scope: { name: "hand" }, spans: [span] }] }] },
  });
  expect(response.status(), await response.text()).toBe(200);
  return traceId;
}

const USAGE = { "gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 100 };

test("a sum names the spans that it leaves out, and leads to them", async ({ page, request, stack, tenant }) => {
  await send(request, stack, tenant, { name: "agent run", "gen_ai.operation.name": "invoke_agent", ...USAGE });
  await send(request, stack, tenant, {
    name: "from the future",
    start: new Date(Date.now() + 70 * 365 * 86_400_000),
  });

  await page.goto(`/overview?tenant=${tenant}`);
  const lines = page.getByRole("region", { name: "Not in the sums" });
  await expect(lines.getByRole("listitem")).toHaveCount(2);
  await expect(lines).toContainText("1 span with usage is not counted");
  await lines.getByRole("listitem").filter({ hasText: "in the future" }).getByRole("link").click();

  await expect(page.getByRole("heading", { name: "Spans with impossible times, in the future" })).toBeVisible();
  await page.getByRole("link", { name: "from the future" }).click();
  await expect(page.getByRole("region", { name: "Put right" })).toContainText("Its times are impossible");

  await page.goto(`/overview?tenant=${tenant}`);
  await lines.getByRole("listitem").filter({ hasText: "with usage" }).getByRole("link").click();
  await page.getByRole("link", { name: "agent run" }).click();
  await expect(page.getByText("Usage, not counted:")).toBeVisible();
});

test("a span says why its cost is unknown, and which media it had", async ({ page, request, stack, tenant }) => {
  const image = { type: "image_url", image_url: { url: `data:image/png;base64,${btoa("an image")}` } };
  const trace = await send(request, stack, tenant, {
    name: "chat nobody",
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "nobody-knows-it",
    "gen_ai.input.messages": JSON.stringify([{ role: "user", parts: [image] }]),
    ...USAGE,
  });

  await page.goto(`/traces/${trace}?tenant=${tenant}`);
  await page.getByRole("treeitem", { name: /chat nobody/ }).click();
  await expect(page.getByText("No price is known for this model. Unknown is not free.")).toBeVisible();
  await expect(page.getByRole("list", { name: "Media" })).toContainText("image · image/png · 8 B");
});
