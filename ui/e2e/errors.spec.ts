import { findFreePorts, startDashboard } from "./stack";
import { expect, test } from "./fixtures";

test.describe("with the API down", () => {
  test.use({ expectedConsole: [/502 \(Bad Gateway\)/] });

  test("each page says so with a request id, and offers to try again", async ({ page }) => {
    test.slow();
    const [nobody] = await findFreePorts(1);
    const dashboard = await startDashboard(`http://127.0.0.1:${nobody}`);
    try {
      const settings = ["connect", "keys", "members", "data", "mappings", "audit"].map((tab) => `/settings/${tab}`);
      for (const path of ["/overview", "/traces", `/traces/${"0".repeat(32)}`, ...settings]) {
        await page.goto(`${dashboard.url}${path}?tenant=tenant-123`);
        // A page of several cards may say it in each.
        const alert = page.getByRole("main").getByRole("alert").first();
        await expect(alert).toBeVisible();
        await expect(alert).toContainText("The API can't be reached");
        await expect(alert).toContainText(/Request id [0-9a-f-]{36}/);
        await expect(page.getByRole("status")).toContainText("API unreachable");
        const again = page.waitForResponse((response) => response.status() === 502);
        await alert.getByRole("button", { name: "Retry" }).click();
        await again;
      }
      await page.getByRole("button", { name: "Run Demo" }).click();
      await expect(page.getByText("Run Demo failed")).toBeVisible();
      await expect(page.getByText(/The API can't be reached.*Request id/).last()).toBeVisible();
    } finally {
      // A page that asks once more would find nobody.
      await page.goto("about:blank");
      await dashboard.stop();
    }
  });

  test("an address that is not set is named", async ({ request }) => {
    const dashboard = await startDashboard(null);
    try {
      const response = await request.get(`${dashboard.url}/api/v1/health`);

      expect(response.status()).toBe(502);
      expect(await response.json()).toMatchObject({
        error: { code: "api_url_missing", message: expect.stringContaining("API_URL") },
      });
    } finally {
      await dashboard.stop();
    }
  });
});

test.describe("with a request that the API refuses", () => {
  test.use({ expectedConsole: [/status of 4\d\d/] });

  test("the page shows the API's own reason and request id", async ({ page, request, stack }) => {
    const answer = await request.get(`${stack.api_url}/traces?cursor=nonsense`, {
      headers: { "x-tenant-id": "sample" },
    });
    const { error } = (await answer.json()) as { error: { message: string } };

    await page.goto("/traces?tenant=sample&cursor=nonsense");

    const alert = page.getByRole("main").getByRole("alert");
    await expect(alert).toContainText(error.message);
    await expect(alert).toContainText("Request id");
  });
});

test.describe("the proxy", () => {
  test("passes the API's status and body through", async ({ request, stack }) => {
    const direct = await request.get(`${stack.api_url}/spans`);
    const proxied = await request.get("/api/v1/spans");

    expect(proxied.status()).toBe(400);
    expect(proxied.status()).toBe(direct.status());
    expect((await proxied.json()).error.code).toBe((await direct.json()).error.code);
    expect(proxied.headers()["cache-control"]).toBe("no-store");
  });

  for (const [path, status] of [
    ["traces%2F..%2Fhealth", 400],
    ["traces/%2e%2e%2fhealth", 400],
    ["openapi.json", 404],
    ["traces/a/b", 404],
    ["demo/run", 405],
  ] as const) {
    test(`answers GET ${path} with ${status} in the one error shape`, async ({ request }) => {
      const response = await request.get(`/api/v1/${path}`);

      expect(response.status()).toBe(status);
      expect(await response.json()).toEqual({
        error: {
          code: expect.any(String),
          message: expect.any(String),
          request_id: expect.any(String),
        },
      });
    });
  }
});
