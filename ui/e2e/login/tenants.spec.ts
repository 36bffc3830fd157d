import type { Body } from "../../src/lib/api";
import { formatCost, formatCount, formatPercent } from "../../src/lib/format";
import { findViolations, LOOKS } from "../accessibility";
import { nameOperator } from "../stack";
import { expect, test } from "./fixtures";

test("a person's tenants are told in numbers, and each leads to its overview", async ({ page, people, second }) => {
  await people.logIn(page, "owner");
  await page.goto("/overview?tenant=sample");
  await page.getByRole("button", { name: "Tenant: sample" }).click();
  const asked = page.waitForRequest((request) => request.url().includes("/api/v1/tenants"));
  await page.getByRole("dialog", { name: "Switch tenant" }).getByRole("link", { name: "All tenants" }).click();
  const { searchParams } = new URL((await asked).url());

  const table = page.getByRole("table", { name: "Tenants", exact: true });
  for (const tenant of [second.tenant, "sample"]) {
    const query = new URLSearchParams([...searchParams, ["bucket", "day"]]);
    const answer = await page.request.get(`/api/v1/metrics?${query}`, { headers: { "x-tenant-id": tenant } });
    const { totals } = (await answer.json()) as Body<"Metrics">;
    const row = table.getByRole("row").filter({ has: page.getByRole("link", { name: tenant, exact: true }) });
    await expect(row.getByRole("cell")).toHaveText([
      formatCost(totals.cost_usd),
      formatCount(totals.requests),
      formatPercent(totals.error_rate),
      formatCount(totals.total_tokens),
    ]);
  }

  await table.getByRole("button", { name: "Cost" }).click();
  await expect(table.getByRole("columnheader", { name: "Cost" })).toHaveAttribute("aria-sort", "descending");
  await expect(table.getByRole("rowheader").first()).toContainText("sample");
  await table.getByRole("link", { name: second.tenant }).click();
  await expect(page).toHaveURL(new RegExp(`/overview\\?.*tenant=${second.tenant}`));
  await expect(page.getByRole("button", { name: `Tenant: ${second.tenant}` })).toBeVisible();
});

test("an operator sees all tenants, page by page, and opens none", async ({ page, people, second }) => {
  await people.logIn(page, "nobody");
  await page.goto("/overview");
  await page.getByRole("link", { name: "the sums of all tenants" }).click();
  await expect(page.getByText("You are in no tenant yet")).toBeVisible();
  await nameOperator("nobody");

  await page.route("**/api/v1/tenants?*", (route) => route.continue({ url: `${route.request().url()}&limit=1` }));
  await page.reload();
  const table = page.getByRole("table", { name: "Tenants", exact: true });
  await expect(table.getByRole("row")).toHaveCount(2);
  await expect(page.getByText("1 tenant, by name; there are more")).toBeVisible();
  const more = page.getByRole("button", { name: "Show more" });
  for (let rows = 3; await more.isVisible(); rows += 1) {
    await more.click();
    await expect(table.getByRole("row")).toHaveCount(rows);
  }

  for (const tenant of [second.tenant, "sample"]) {
    await expect(table.getByRole("rowheader", { name: `${tenant} no member` })).toBeVisible();
  }
  await expect(table.getByRole("link")).toHaveCount(0);
  const answer = await page.request.get("/api/v1/spans", { headers: { "x-tenant-id": "sample" } });
  expect(answer.status()).toBe(403);
});

// Both themes and both widths, each once: the log-in makes these slow.
for (const [theme, viewport] of [LOOKS[0], LOOKS[2]]) {
  test.describe(`${theme}, ${viewport.width} px wide`, () => {
    test.use({ colorScheme: theme, viewport });
    test.slow(); // Axe looks at every element of a page, twice.

    test("all tenants have no violations, fit, and their menu leads there", async ({ page, people }) => {
      await people.logIn(page, "owner");
      await page.goto("/tenants?tenant=sample");
      const link = page.getByRole("table", { name: "Tenants", exact: true }).getByRole("link", { name: "sample" });
      await expect(link).toBeVisible();
      expect(await findViolations(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(viewport.width);
      await expect(page.getByRole("columnheader", { name: "Tokens" })).toBeInViewport({ ratio: 1 });

      await page.getByRole("button", { name: "Tenant: sample" }).click();
      await expect(page.getByRole("link", { name: "All tenants" })).toBeVisible();
      expect(await findViolations(page)).toEqual([]);
    });
  });
}
