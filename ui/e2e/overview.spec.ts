import { formatCost, formatCount, formatDuration, formatPercent } from "../src/lib/format";
import { formatBucket, toWindow } from "../src/lib/time";
import { expect, test } from "./fixtures";

test("the first visit shows the sample tenant, labelled as generated", async ({ page }) => {
  await page.goto("/");

  await expect(page).toHaveURL(/\/overview\?.*tenant=sample/);
  await expect(page.getByText("Generated sample data")).toBeVisible();
  await expect(page.getByRole("button", { name: "Offline model" })).toBeVisible();
});

test("the totals are those of the API", async ({ page, api }) => {
  await page.goto("/overview?tenant=sample&range=30d");

  const { totals } = await api.readMetrics("sample", { ...toWindow("30d", Date.now()), bucket: "day" });
  const region = page.getByRole("region", { name: "Totals" });
  for (const text of [
    formatCost(totals.cost_usd),
    formatCount(totals.total_tokens),
    formatCount(totals.requests),
    formatPercent(totals.error_rate),
    formatDuration(totals.latency_ms.p50),
    formatDuration(totals.latency_ms.p95),
    formatDuration(totals.latency_ms.p99),
  ]) {
    await expect(region).toContainText(text);
  }
});

test("each chart has a text, a drawing and a table", async ({ page }) => {
  await page.goto("/overview?tenant=sample");
  for (const title of ["Cost", "Requests", "Tokens", "Latency"]) {
    const card = page.getByRole("region", { name: title, exact: true });
    await expect(card.getByRole("img", { name: new RegExp(`^${title} per hour.*Highest`) })).toBeVisible();
    await expect(card.locator("svg path").first()).toBeAttached();

    await card.getByRole("button", { name: `${title} as a table` }).click();

    await expect(card.getByRole("rowheader")).toHaveCount(168);
  }
});

test("an hour of a chart leads to the traces that started in it", async ({ page, api }) => {
  const { series } = await api.readMetrics("sample", { ...toWindow("7d", Date.now()), bucket: "hour" });
  const busiest = series.toSorted((a, b) => b.requests - a.requests)[0];
  const start = busiest?.bucket_start ?? "";
  const end = new Date(Date.parse(start) + 3_600_000).toISOString();
  const { items } = await api.readTraces("sample", { start, end, limit: "50" });
  await page.goto("/overview?tenant=sample");
  const card = page.getByRole("region", { name: "Requests", exact: true });
  await card.getByRole("button", { name: "Requests as a table" }).click();

  const rows = card.getByRole("row").filter({ hasText: String((busiest?.requests ?? 0) - (busiest?.errors ?? 0)) });
  await rows.filter({ hasText: formatBucket(Date.parse(start), "hour") }).getByRole("link").click();

  await expect(page).toHaveURL(/from=.*to=/);
  await expect(page.getByRole("table").locator("tbody tr")).toHaveCount(items.length);
});

test("a click on a chart opens the traces of that time", async ({ page }) => {
  await page.goto("/overview?tenant=sample");
  const chart = page.getByRole("img", { name: /^Requests per hour/ });
  await expect(async () => {
    await chart.hover();
    await expect(chart.getByText("Succeeded")).toBeVisible({ timeout: 500 });
  }).toPass();

  await chart.click();

  await expect(page).toHaveURL(/\/traces\?.*from=.*to=/);
});

test("models link to their traces, and those without a price are named", async ({ page, api }) => {
  await page.goto("/overview?tenant=sample");
  const { totals, by_model: models } = await api.readMetrics("sample", {
    ...toWindow("7d", Date.now()),
    bucket: "hour",
  });
  expect(totals.unpriced_requests).toBeGreaterThan(0);
  await expect(page.getByRole("link", { name: /without a price/ })).toHaveAttribute("href", "#models");
  const table = page.getByRole("region", { name: "Models" }).getByRole("table");
  await expect(table.getByRole("rowheader")).toHaveCount(models.length);

  const [first] = models.filter((row) => row.model !== null);
  await table.getByRole("link", { name: first?.model ?? "", exact: true }).click();

  await expect(page).toHaveURL(new RegExp(`/traces\\?.*model=${first?.model}`));
  await expect(page.getByRole("table").getByRole("row").nth(1)).toBeVisible();
});

test("the time range and live mode live in the URL", async ({ page }) => {
  await page.goto("/overview?tenant=sample");

  await page.getByRole("button", { name: "24h" }).click();
  await page.getByRole("button", { name: "Live" }).click();
  await expect(page).toHaveURL(/range=24h/);
  await expect(page).toHaveURL(/live=true/);
  await page.reload();

  await expect(page.getByRole("button", { name: "24h" })).toHaveAttribute("aria-pressed", "true");
  await expect(page.getByRole("button", { name: "Live" })).toHaveAttribute("aria-pressed", "true");
  await expect(page.getByRole("img", { name: /^Cost per hour/ })).toBeVisible();
});

test("the theme switches and stays", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto("/overview?tenant=sample");
  const page_ = page.locator("html");
  await expect(page_).not.toHaveClass(/dark/);

  await page.getByRole("button", { name: "Switch between light and dark" }).click();
  await expect(page_).toHaveClass(/dark/);
  await page.reload();

  await expect(page_).toHaveClass(/dark/);
});

test("the errors lead to as many failed calls, and their traces are those that failed", async ({ page, api }) => {
  const week = toWindow("7d", Date.now());
  await page.goto("/overview?tenant=sample");
  const link = page.getByRole("region", { name: "Totals" }).getByRole("link", { name: /errors?$/ });
  const errors = Number((await link.innerText()).replace(/\D/g, ""));
  expect(errors).toBeGreaterThan(50);

  await link.click();
  await expect(page.getByRole("heading", { name: "Spans of failed calls" })).toBeVisible();
  const rows = page.getByRole("table", { name: "Spans of failed calls" }).locator("tbody tr");
  const older = page.getByRole("link", { name: "Older" });
  await expect(rows).toHaveCount(50);
  await older.click();
  await expect(page).toHaveURL(/cursor=/);
  await expect(rows).toHaveCount(errors - 50);
  await expect(older).toBeHidden();

  const failing = await api.readTraces("sample", { ...week, filter: "is:failed", limit: "200" });
  const atRoot = await api.readTraces("sample", { ...week, status: "error", limit: "200" });
  expect(failing.items.length).toBeGreaterThan(atRoot.items.length);
  expect(failing.items.every((trace) => trace.error_count > 0)).toBe(true);
});
