import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";

import { expect, test } from "./fixtures";

const PAGES = join(__dirname, "../../src/app/(dash)");

/** The path of every page of the dashboard, of one trace where it takes a trace. */
function listPaths(traceId: string): string[] {
  return readdirSync(PAGES, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith("page.tsx"))
    .map((file) => `/${dirname(file)}`.replace("[traceId]", traceId));
}

test("a viewer reads, and can change nothing", async ({ page, people }) => {
  await people.logIn(page, "viewer");
  await page.goto("/overview?tenant=sample");
  await expect(page.getByRole("region", { name: "Totals" })).toContainText("$");
  await expect(page.getByRole("navigation", { name: "Main" }).getByRole("link").first()).toBeVisible();
  await expect(page.getByRole("link", { name: "Settings" })).toHaveCount(0);
  await expect(page.getByRole("button", { name: /^Run / })).toHaveCount(0);

  const headers = { "x-tenant-id": "sample" };
  const { request } = page;
  const answers = await Promise.all([
    request.put("/api/v1/retention", { headers, data: { span_days: 1, content_days: 1 } }),
    request.get("/api/v1/keys", { headers }),
    request.post("/api/v1/keys", { headers, data: { name: "x", scopes: ["read"] } }),
    request.get("/api/v1/audit", { headers }),
    request.post("/api/v1/demo/run", { headers, data: {} }),
    request.delete("/api/v1/tenants/sample", { headers }),
  ]);
  expect(answers.map((answer) => answer.status())).toEqual([403, 403, 403, 403, 403, 403]);
  const chosen = await request.get("/api/v1/tag-keys", { headers });
  const changed = await request.put("/api/v1/tag-keys", { headers, data: { keys: ["plan"] } });
  expect([chosen.status(), changed.status()], "which sums are quick is seen by whoever asks for sums").toEqual([200, 403]);
});

test("an owner has the settings", async ({ page, people }) => {
  await people.logIn(page, "owner");
  await page.goto("/overview");

  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Settings" }).click();
  await expect(page).toHaveURL(/\/settings/);
  await expect(page.getByRole("navigation", { name: "Settings" })).toBeVisible();
  await page.goto("/settings/data?tenant=sample");
  await expect(page.getByText("this deployment's switch is closed")).toBeVisible();
  await expect(page.getByRole("region", { name: "Prompts and answers" })).toHaveCount(1);
  await expect(page.getByRole("region", { name: "Sums by tags" }).getByRole("button", { name: "Save" })).toBeDisabled();
});

test.describe("a link of a tenant that is another's", () => {
  test.use({ expectedConsole: [/status of 40[34]/] });

  test("is a 404 on every page, as one of no tenant is; the same page of an own tenant is there", async ({ page, people, second }) => {
    await people.logIn(page, "viewer");
    const paths = listPaths(second.traceId);
    expect(paths.length).toBeGreaterThan(8);
    for (const path of paths) {
      for (const tenant of [second.tenant, "there-is-none", "sample"]) {
        const answer = await page.request.get(`${path}?tenant=${tenant}`, { maxRedirects: 0 });
        const seen = (await answer.text()).replaceAll(/<script\b[\s\S]*?<\/script>/g, "");
        // The settings lead on to their first tab.
        const there = path === "/settings" ? 307 : 200;
        const expected = tenant === "sample" ? [there, false] : [404, true];
        expect([path, tenant, answer.status(), seen.includes("There is no such page")]).toEqual([path, tenant, ...expected]);
      }
    }
    // One's own account is of no tenant: whoever has just left one may still load it again.
    expect((await page.request.get(`/account?tenant=${second.tenant}`)).status()).toBe(200);
  });

  test("shows nothing of that tenant, and leads to one's own", async ({ page, people, second }) => {
    await people.logIn(page, "viewer");
    const answer = await page.goto(`/traces/${second.traceId}?tenant=${second.tenant}`);
    expect(answer?.status()).toBe(404);
    await expect(page.getByRole("heading", { name: "There is no such page" })).toBeVisible();
    await expect(page.getByRole("main")).not.toContainText("$");
    await page.getByRole("link", { name: "Go to your overview" }).click();
    await expect(page.getByRole("button", { name: "Tenant: sample" })).toBeVisible();
  });

  test("is refused by the API, whatever the header says", async ({ page, people, second }) => {
    await people.logIn(page, "viewer");
    for (const [tenant, status] of [
      [second.tenant, 403],
      [`${second.tenant},sample`, 400],
      [`sample, ${second.tenant}`, 400],
      ["*", 400],
      ["", 400],
    ] as const) {
      const answer = await page.request.get(`/api/v1/traces/${second.traceId}`, { headers: { "x-tenant-id": tenant } });
      expect([tenant, answer.status()]).toEqual([tenant, status]);
    }
    const own = await page.request.get(`/api/v1/traces/${second.traceId}`, { headers: { "x-tenant-id": "sample" } });
    expect(own.status()).toBe(404);
  });
});

test("two tabs on two tenants each go on with their own", async ({ page, context, people, second }) => {
  await people.logIn(page, "owner");
  const other = await context.newPage();
  await page.goto("/traces?tenant=sample&live=true");
  await other.goto(`/traces?tenant=${second.tenant}`);
  await expect(page.getByRole("table").getByRole("link").first()).toBeVisible();
  const own = other.locator(`a[href*="${second.traceId}"]`).first();
  await expect(own).toBeVisible();

  for (const [tab, tenant] of [
    [page, "sample"],
    [other, second.tenant],
    [page, "sample"],
  ] as const) {
    const asked = tab.waitForRequest((request) => request.url().includes("/api/v1/traces"));
    await tab.getByRole("button", { name: "Refresh" }).click();
    expect((await asked).headers()["x-tenant-id"]).toBe(tenant);
    await expect(tab.getByRole("button", { name: `Tenant: ${tenant}` })).toBeVisible();
  }
  await expect(own).toBeVisible();
  await expect(page.locator(`a[href*="${second.traceId}"]`)).toHaveCount(0);
});

test("the tenant menu has the caller's tenants, and no other", async ({ page, people, second }) => {
  await people.logIn(page, "owner");
  await page.goto("/overview?tenant=sample");
  await page.getByRole("button", { name: "Tenant: sample" }).click();

  const menu = page.getByRole("dialog", { name: "Switch tenant" });
  await expect(menu.getByRole("button", { name: second.tenant })).toBeVisible();
  await expect(menu).not.toContainText("tenant-123");
  await expect(menu.getByRole("textbox")).toHaveCount(0);
  await menu.getByRole("button", { name: second.tenant }).click();
  await expect(page).toHaveURL(new RegExp(`tenant=${second.tenant}`));
});
