import { readFileSync } from "node:fs";

import type { Page } from "@playwright/test";

import { spell } from "../src/lib/foreign-text";
import { isTenantId } from "../src/lib/tenant";
import { toWindow } from "../src/lib/time";
import { expect, test as base } from "./fixtures";
import { HOSTILE_NAMES, listForeignFields, sendHostileTrace, toShown } from "./hostile-names";
import { startStack, type Stack } from "./stack";

// A stack that keeps content: only there do foreign attribute keys and messages arrive.
const test = base.extend<object, { capturing: Stack }>({
  capturing: [
    async ({}, use) => {
      const given = process.env.CAPTURING_STACK_JSON;
      const { file, remove } = given
        ? { file: given, remove: () => Promise.resolve() }
        : await startStack({ ALLOW_CONTENT_CAPTURE: "true" });
      await use(JSON.parse(readFileSync(file, "utf8")) as Stack);
      await remove();
    },
    { scope: "worker", timeout: 180_000 },
  ],
  stack: async ({ capturing }, use) => use(capturing),
});

/** Every text, label and title of the page that holds a character which nobody would see. */
function findUnseen(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const unseen = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}]/u;
    const labels = ["title", "aria-label", "aria-description", "alt", "placeholder", "content"];
    const found = [document.title];
    for (const element of document.querySelectorAll("*")) {
      if (["SCRIPT", "STYLE"].includes(element.tagName)) continue;
      for (const label of labels) found.push(element.getAttribute(label) ?? "");
      for (const node of element.childNodes) if (node.nodeType === Node.TEXT_NODE) found.push(node.textContent ?? "");
      if (element instanceof HTMLInputElement) found.push(element.value);
    }
    return found.filter((text) => unseen.test(text)).map((text) => JSON.stringify(text));
  });
}

async function expectWhole(page: Page) {
  await expect(page.getByText("This page broke")).toHaveCount(0);
  expect(await findUnseen(page)).toEqual([]);
}

test("hostile names stand in the overview, the list and its filters", async ({ page, request, api, tenant, stack }) => {
  test.slow(); // A page for each of the names.
  for (const name of HOSTILE_NAMES) await sendHostileTrace(request, stack.api_url, tenant, name);
  await expect.poll(async () => (await api.readTraces(tenant)).items.length).toBe(HOSTILE_NAMES.length);
  const traces = (await api.readTraces(tenant)).items;
  const { by_model: models } = await api.readMetrics(tenant, { ...toWindow("7d", Date.now()), bucket: "hour" });
  const shown = HOSTILE_NAMES.map(toShown);

  await page.goto(`/overview?tenant=${tenant}`);
  await expect(page.getByRole("table", { name: "Recent traces" }).getByRole("link")).toContainText(
    traces.slice(0, 8).map((trace) => toShown(trace.root_span_name ?? "?")),
  );
  const table = page.getByRole("region", { name: "Models" }).getByRole("table");
  for (const { model, provider } of models) {
    await expect(table).toContainText(toShown(model ?? "?"));
    await expect(table).toContainText(toShown(provider ?? "?"));
  }
  await expect(page.getByRole("img", { name: /^Latency/ }).locator("path").first()).toBeAttached();
  await expectWhole(page);

  await page.goto(`/traces?tenant=${tenant}`);
  const list = page.getByRole("table", { name: "Traces, newest first" });
  for (const name of shown) await expect(list).toContainText(name);
  await page.getByRole("button", { name: "Model", exact: true }).click();
  await expect(page.getByRole("menuitemradio")).toHaveCount(models.length + 1);
  for (const { model } of models) await expect(page.getByRole("menu")).toContainText(toShown(model ?? "?"));
  await expectWhole(page);
  for (const { model } of models) {
    await page.goto(`/traces?${new URLSearchParams({ tenant, model: model ?? "", operation: "\u202e" })}`);
    await expect(page.getByRole("button", { name: `Model ${toShown(model ?? "?")}` })).toBeVisible();
    await expectWhole(page);
  }
});

for (const name of HOSTILE_NAMES) {
  test(`a trace of nothing but ${JSON.stringify(spell(name))} can be read`, async ({ page, request, api, stack }) => {
    // "constructor" may be the id of a tenant as well.
    const tenant = isTenantId(name) ? name : "hostile";
    const shown = toShown(name);
    const traceId = await sendHostileTrace(request, stack.api_url, tenant, name);
    await expect.poll(async () => (await api.readTraces(tenant)).items.map((trace) => trace.trace_id)).toContain(traceId);
    const { spans } = await api.readTrace(traceId, tenant);

    await page.goto(`/traces/${traceId}?tenant=${tenant}`);
    const rows = page.getByRole("treeitem");
    await expect(rows).toContainText(spans.map((span) => toShown(span.name)));
    for (const [index, span] of spans.entries()) {
      await rows.nth(index).click();
      const panel = page.getByRole("complementary", { name: "Span" });
      await expect(panel).toContainText(span.span_id);
      for (const [field, text] of listForeignFields(span)) {
        expect(text, `this test sends ${field}`).not.toBeNull();
        // Prices are found by it; the model that a reader sees is the one that answered.
        if (field !== "request_model") await expect(panel, field).toContainText(toShown(text ?? "?"));
      }
      const tags = panel.getByRole("region", { name: "Tags" });
      expect(span.tags).toHaveProperty("word", name);
      for (const [key, text] of Object.entries(span.tags ?? {})) {
        await expect(tags).toContainText(toShown(key));
        await expect(tags).toContainText(toShown(text));
      }
      const attributes = panel.getByRole("region", { name: /^Attributes/ });
      for (const key of Object.keys(span.attributes)) await expect(attributes).toContainText(toShown(key));
      expect(Object.keys(span.attributes)).toContain(name);
      await expect(panel.getByRole("region", { name: "Input", exact: true })).toContainText(shown);
      await expectWhole(page);
    }
  });
}

test.describe("with a link that someone made", () => {
  test.use({ expectedConsole: [/status of 40\d/] });

  test("what its address holds is named", async ({ page, tenant }) => {
    await page.goto(`/traces/${encodeURIComponent("\u202eabc")}?tenant=${tenant}`);
    await expect(page.getByText("The trace can't be loaded")).toBeVisible();
    await expectWhole(page);

    await page.goto(`/traces?${new URLSearchParams({ tenant, trace: "\u202eabc", model: "\u2066" })}`);
    await expect(page.getByRole("main").getByRole("alert")).toBeVisible();
    await expectWhole(page);
  });
});

test("a key that a later answer adds takes no other one away", async ({ page, request, api, stack, tenant }) => {
  const traceId = await sendHostileTrace(request, stack.api_url, tenant, "__proto__");
  await expect.poll(async () => (await api.readTraces(tenant)).items.length).toBe(1);
  await page.goto(`/traces/${traceId}?tenant=${tenant}`);
  const attributes = page.getByRole("region", { name: /^Attributes/ });
  await expect(attributes).toContainText("__proto__");
  await page.route("**/api/v1/traces/*", async (route) => {
    const answer = await route.fetch();
    const text = (await answer.text()).replaceAll('"attributes":{', '"attributes":{"came.later":"x",');
    await route.fulfill({ response: answer, body: text });
  });

  await page.getByRole("button", { name: "Refresh" }).click();

  await expect(attributes).toContainText("came.later");
  await expect(attributes.getByText("__proto__", { exact: true }).first()).toBeVisible();
});

test("a copied attribute is the true one", async ({ page, request, api, context, stack, tenant }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const traceId = await sendHostileTrace(request, stack.api_url, tenant, "a\u202eb");
  await expect.poll(async () => (await api.readTraces(tenant)).items.length).toBe(1);
  const { spans } = await api.readTrace(traceId, tenant);
  await page.goto(`/traces/${traceId}?tenant=${tenant}&span=${spans[0]?.span_id}`);

  await page.getByRole("button", { name: "Copy attributes as JSON" }).click();

  const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText())) as unknown;
  expect(copied).toEqual(spans[0]?.attributes);
});
