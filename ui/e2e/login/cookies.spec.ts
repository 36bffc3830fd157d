import type { Cookie } from "@playwright/test";

import { expect, test } from "./fixtures";

test.describe("the cookies", () => {
  const isOurs = ({ name }: Cookie) => name.includes("llm-observe");

  test("are out of scripts' reach, of this host, and sent by no other site's request", async ({ page, people }) => {
    await people.logIn(page, "member");
    await page.goto("/overview?tenant=sample");
    const cookies = (await page.context().cookies()).filter(isOurs);

    expect(cookies.length).toBeGreaterThan(0);
    for (const cookie of cookies) {
      expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Lax", path: "/", domain: "127.0.0.1" });
      expect(cookie.expires - Date.now() / 1000).toBeLessThanOrEqual(31 * 24 * 60 * 60);
    }
    expect(await page.evaluate(() => document.cookie)).toBe("");
  });

  test("are Secure and bound to the host wherever a browser speaks HTTPS", async ({ people, stack }) => {
    const { email, password } = people.find("member");
    for (const headers of [{ "x-forwarded-proto": "https" }, { origin: stack.ui_url.replace("http:", "https:") }]) {
      const answer = await fetch(`${stack.ui_url}/api/auth/password`, {
        method: "POST",
        headers: { "content-type": "application/json", ...(headers as Record<string, string>) },
        body: JSON.stringify({ email, password }),
      });
      const cookies = answer.headers.getSetCookie();
      expect(cookies.length).toBeGreaterThan(0);
      for (const cookie of cookies) {
        expect(cookie).toMatch(/^__Host-llm-observe/);
        expect(cookie).toMatch(/; Secure/i);
        expect(cookie).not.toMatch(/; Domain=/i);
      }
    }
  });

  test("that somebody planted are gone with the log-in", async ({ page, people, stack }) => {
    await people.logIn(page, "viewer");
    const planted = (await page.context().cookies()).filter(isOurs);
    await page.context().addCookies([{ ...(planted[0] as Cookie), name: "llm-observe.7", value: "planted" }]);

    await people.logIn(page, "member");

    const now = (await page.context().cookies()).filter(isOurs);
    expect(now.some(({ name }) => name === "llm-observe.7")).toBe(false);
    for (const { name, value } of planted) expect(now.find((cookie) => cookie.name === name)?.value).not.toBe(value);
    const me = (await (await page.request.get("/api/v1/me")).json()) as { tenants: { role: string }[] };
    expect(me.tenants[0]?.role).toBe("member");
    expect(stack.login).toHaveLength(4);
  });

  for (const [what, value] of [
    ["no base64", "base64-%%%"],
    ["no session", `base64-${Buffer.from("{}").toString("base64url")}`],
    ["a forged token", `base64-${Buffer.from(JSON.stringify({ access_token: "a.b.c", refresh_token: "x", expires_at: 4e9, token_type: "bearer", user: { id: "x" } })).toString("base64url")}`],
    ["an old forged token", `base64-${Buffer.from(JSON.stringify({ access_token: "a.b.c", refresh_token: "x", expires_at: 1, token_type: "bearer", user: { id: "x" } })).toString("base64url")}`],
    ["plain text", "x".repeat(3_000)],
  ] as const) {
    test(`that hold ${what} open nothing`, async ({ stack }) => {
      const headers = { cookie: `llm-observe=${value}` };
      const api = await fetch(`${stack.ui_url}/api/v1/me`, { headers });
      const page = await fetch(`${stack.ui_url}/overview`, { headers, redirect: "manual" });

      expect([api.status, page.status]).toEqual([401, 303]);
      expect(await api.json()).toMatchObject({ error: { code: "not_logged_in" } });
    });
  }
});
