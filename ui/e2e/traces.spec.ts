import { toWindow } from "../src/lib/time";
import { expect, test } from "./fixtures";

const rowsOf = (page: import("@playwright/test").Page) =>
  page.getByRole("table", { name: "Traces, newest first" }).locator("tbody tr");

test("filters narrow the list, live in the URL and survive a reload", async ({ page, api }) => {
  await page.goto("/traces?tenant=sample");
  await expect(rowsOf(page)).toHaveCount(50);

  await page.getByRole("button", { name: "Status", exact: true }).click();
  await page.getByRole("menuitemradio", { name: "Failed", exact: true }).click();
  await expect(page).toHaveURL(/status=error/);

  const wanted = await api.readTraces("sample", {
    ...toWindow("7d", Date.now()),
    filter: "is:failed",
    limit: "50",
  });
  expect(wanted.items.length).toBeGreaterThan(0);
  await expect(rowsOf(page)).toHaveCount(wanted.items.length);
  await page.reload();
  await expect(rowsOf(page)).toHaveCount(wanted.items.length);
  await expect(page.getByRole("button", { name: "Status Failed" })).toBeVisible();

  await page.getByRole("button", { name: "Clear" }).click();
  await expect(page).not.toHaveURL(/status=/);
  await expect(rowsOf(page)).toHaveCount(50);
});

test("models on offer are those of the range, by number of requests", async ({ page, api }) => {
  const { by_model: models } = await api.readMetrics("sample", {
    ...toWindow("7d", Date.now()),
    bucket: "hour",
  });
  const busiest = models.toSorted((a, b) => b.requests - a.requests)[0]?.model ?? "";
  await page.goto("/traces?tenant=sample");
  await expect(rowsOf(page)).toHaveCount(50);

  await page.getByRole("button", { name: "Model", exact: true }).click();
  await expect(page.getByRole("menuitemradio").nth(1)).toContainText(busiest);
  await page.keyboard.press("Escape");
});

test("older and newer pages do not overlap, and the browser's back button works", async ({ page }) => {
  await page.goto("/traces?tenant=sample");
  const linksOf = () => rowsOf(page).getByRole("link").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  await expect(rowsOf(page)).toHaveCount(50);
  const first = await linksOf();
  await expect(page.getByRole("button", { name: "Newer" })).toBeDisabled();

  await page.getByRole("button", { name: "Older" }).click();
  await expect(page).toHaveURL(/cursor=/);
  await expect.poll(linksOf).not.toEqual(first);
  const second = await linksOf();
  expect(second.filter((link) => first.includes(link))).toEqual([]);

  await page.getByRole("button", { name: "Newer" }).click();
  await expect.poll(linksOf).toEqual(first);
  await page.goBack();
  await expect.poll(linksOf).toEqual(second);
});

test("a pasted trace id finds its trace", async ({ page, api, tenant }) => {
  const { trace } = await api.run("run", tenant);
  await page.goto(`/traces?tenant=${tenant}`);

  await page.getByRole("textbox", { name: "Trace id" }).fill(trace.trace_id.slice(0, 5));
  await expect(page.getByText("5 of 32 hexadecimal characters")).toBeVisible();
  await page.getByRole("textbox", { name: "Trace id" }).fill(trace.trace_id);

  await expect(page).toHaveURL(new RegExp(`trace=${trace.trace_id}`));
  await expect(rowsOf(page)).toHaveCount(1);
  await page.getByRole("textbox", { name: "Trace id" }).fill("0".repeat(32));
  await expect(page.getByText("No trace matches these filters")).toBeVisible();
});

test("another tenant sees nothing of it", async ({ page, api, tenant }) => {
  const { trace } = await api.run("run", tenant);
  await page.goto(`/traces?tenant=${tenant}`);
  await expect(rowsOf(page)).toHaveCount(1);

  await page.getByRole("button", { name: `Tenant: ${tenant}` }).click();
  await page.getByRole("textbox", { name: "Another tenant id" }).fill(`${tenant}-other`);
  await page.getByRole("button", { name: "Open" }).click();

  await expect(page).toHaveURL(new RegExp(`tenant=${tenant}-other`));
  await expect(page.getByText("No traces in the last 7 days")).toBeVisible();
  await page.goto("/");
  await expect(page.getByRole("button", { name: `Tenant: ${tenant}-other` })).toBeVisible();
  await page.goto(`/traces/${trace.trace_id}?tenant=${tenant}`);
  await expect(page.getByRole("treeitem").first()).toBeVisible();
});

test.describe("with the trace of another tenant", () => {
  test.use({ expectedConsole: [/404 \(Not Found\)/] });

  test("a link says that there is no such trace", async ({ page, api, tenant }) => {
    const { trace } = await api.run("run", tenant);

    await page.goto(`/traces/${trace.trace_id}?tenant=${tenant}-other`);

    await expect(page.getByText("No such trace")).toBeVisible();
    await expect(page.getByRole("treeitem")).toHaveCount(0);
  });
});

test("a malformed tenant id can't be entered", async ({ page }) => {
  await page.goto("/traces?tenant=tenant-456");

  await page.getByRole("button", { name: "Tenant: tenant-456" }).click();
  await page.getByRole("textbox", { name: "Another tenant id" }).fill("Not Well/Formed");

  await expect(page.getByRole("button", { name: "Open" })).toBeDisabled();
  await expect(page.getByRole("textbox", { name: "Another tenant id" })).toHaveAttribute("aria-invalid", "true");
});
