import { formatCost, formatCount } from "../src/lib/format";
import { expect, test } from "./fixtures";

test("Run Demo opens the new trace, with the numbers of the API", async ({ page, api, tenant }) => {
  await page.goto(`/traces?tenant=${tenant}`);
  await expect(page.getByText("No traces in the last 7 days")).toBeVisible();

  await page.getByRole("banner").getByRole("button", { name: "Run Demo" }).click();
  await page.waitForURL(/\/traces\/[0-9a-f]{32}/);

  const traceId = new URL(page.url()).pathname.split("/").at(-1) ?? "";
  const { trace, spans } = await api.readTrace(traceId, tenant);
  const rows = page.getByRole("tree", { name: "Spans" }).getByRole("treeitem");
  await expect(rows).toHaveCount(spans.length);
  await expect(rows.filter({ hasText: "invoke_agent" })).toHaveCount(1);
  await expect(rows.filter({ hasText: "execute_tool" })).toHaveCount(2);
  const calls = spans.filter((span) => span.counted);
  expect(calls.length).toBeGreaterThanOrEqual(2);
  for (const call of calls) {
    const row = page.locator(`#span-${spans.indexOf(call)}`);
    await expect(row).toContainText(call.name);
    await expect(row).toContainText(formatCount(call.total_tokens));
    await expect(row).toContainText(formatCost(call.cost_usd));
    expect(call.cost_usd).toBeGreaterThan(0);
  }
  const sums = page.getByRole("region", { name: "Sum of the model calls below" });
  await expect(sums).toContainText(formatCost(trace.total_cost_usd));
  await expect(page.getByTestId("trace-cost")).toContainText(formatCost(trace.total_cost_usd));
  await expect(page.getByTestId("trace-tokens")).toContainText(formatCount(trace.total_tokens));
});

test("Run Fake App opens a trace of its calls, the failed one marked", async ({ page, api, tenant }) => {
  await page.goto(`/overview?tenant=${tenant}`);

  await page.getByRole("button", { name: "Run Fake App" }).click();
  await page.waitForURL(/\/traces\/[0-9a-f]{32}/);

  const traceId = new URL(page.url()).pathname.split("/").at(-1) ?? "";
  const { spans } = await api.readTrace(traceId, tenant);
  const rows = page.getByRole("treeitem");
  await expect(rows).toHaveCount(spans.length);
  const failed = spans.filter((span) => span.status === "error");
  expect(failed.length).toBeGreaterThan(0);
  await expect(rows.filter({ has: page.getByLabel("Error", { exact: true }) })).toHaveCount(failed.length);
});

test("a run from the sample tenant goes to another tenant and says so", async ({ page, api }) => {
  const before = await api.readTraces("sample", { limit: "1" });
  await page.goto("/overview?tenant=sample");

  await page.getByRole("button", { name: "Run Demo" }).click();

  await expect(page.getByText("Running as tenant-123")).toBeVisible();
  await page.waitForURL(/\/traces\/[0-9a-f]{32}\?.*tenant=tenant-123/);
  expect(await api.readTraces("sample", { limit: "1" })).toEqual(before);
});

test("the overview of a new tenant leads to a first trace, and then shows its sums", async ({ page, api, tenant }) => {
  await page.goto(`/overview?tenant=${tenant}`);
  const main = page.getByRole("main");
  await expect(main.getByText(`curl -X POST -H 'x-tenant-id: ${tenant}'`)).toBeVisible();

  await main.getByRole("button", { name: "Run Demo" }).click();
  await page.waitForURL(/\/traces\/[0-9a-f]{32}/);
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Overview" }).click();

  const [item] = (await api.readTraces(tenant)).items;
  const totals = page.getByRole("region", { name: "Totals" });
  await expect(totals).toContainText(formatCost(item?.total_cost_usd));
  await expect(totals).toContainText(formatCount(item?.total_tokens));
  await expect(page.getByRole("table", { name: "Recent traces" })).toContainText("invoke_agent");
});

test("a double click on Run Demo runs it once, and Run Fake App waits for it", async ({ page, api, tenant }) => {
  let asked = 0;
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().includes("/api/v1/demo/")) asked += 1;
  });
  await page.goto(`/traces?tenant=${tenant}`);
  await expect(page.getByText("No traces in the last 7 days")).toBeVisible();

  await page.evaluate(() => {
    const press = (name: string) =>
      [...document.querySelectorAll<HTMLButtonElement>("header button")].find(({ textContent }) => textContent === name)?.click();
    ["Run Demo", "Run Demo", "Run Fake App", "Run Demo"].forEach(press);
  });
  await page.waitForURL(/\/traces\/[0-9a-f]{32}/);

  expect(asked).toBe(1);
  expect((await api.readTraces(tenant)).items).toHaveLength(1);
});
