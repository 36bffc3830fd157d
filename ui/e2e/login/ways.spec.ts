import { startDashboard } from "../stack";
import { expect, post, test } from "./fixtures";

test("behind a key of the server nobody needs to log in, and the page says so", async ({ page, people, stack, request }) => {
  await people.logIn(page, "owner");
  const made = await page.request.post("/api/v1/keys", {
    headers: { "x-tenant-id": "sample" },
    data: { name: "dashboard", scopes: ["read"] },
  });
  const { key } = (await made.json()) as { key: string };
  await page.context().clearCookies();
  const dashboard = await startDashboard(stack.api_url, { LLM_OBSERVE_API_KEY: key });
  try {
    await page.goto(`${dashboard.url}/overview`);
    await expect(page.getByRole("note")).toHaveText(/whoever reaches this dashboard reads sample/);
    await expect(page.getByRole("region", { name: "Totals" })).toContainText("$");
    await expect(page.getByRole("button", { name: "Your account" })).toHaveCount(0);
    await expect(page.getByRole("button", { name: /^Run / })).toHaveCount(0);
    await page.goto(`${dashboard.url}/login`);
    await expect(page.getByRole("heading", { name: "Nobody logs in here" })).toBeVisible();
    const other = await request.get(`${dashboard.url}/api/v1/traces`, { headers: { "x-tenant-id": "tenant-123" } });
    expect(other.status()).toBe(403);
    expect((await post(request, dashboard.url, "password", {})).status()).toBe(404);
    expect(JSON.stringify([await page.content(), await other.text()])).not.toContain(key);
  } finally {
    await page.goto("about:blank");
    await dashboard.stop();
  }
});

test.describe("with neither", () => {
  test.use({ expectedConsole: [/status of 401/] });

  test("the page says which settings are missing", async ({ page, stack }) => {
    const dashboard = await startDashboard(stack.api_url);
    try {
      await page.goto(`${dashboard.url}/overview?tenant=sample`);
      await expect(page.getByRole("main").getByRole("alert").first()).toContainText("SUPABASE_URL and SUPABASE_PUBLISHABLE_KEY");
      await expect(page.getByRole("button", { name: /^Run / })).toHaveCount(0);
    } finally {
      await page.goto("about:blank");
      await dashboard.stop();
    }
  });
});
