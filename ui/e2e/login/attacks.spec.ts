import type { Page } from "@playwright/test";

import { POSTED } from "../../src/lib/session/steps";
import { send } from "../raw-http";
import { openElsewhere } from "../stack";
import { expect, post, test } from "./fixtures";

const STEPS = [...POSTED.keys()];
const FOREIGN = [
  { origin: "https://evil.example" },
  { origin: "null" },
  { origin: "http://127.0.0.1:1" },
  { "sec-fetch-site": "cross-site" },
  { "sec-fetch-site": "same-site" },
];

async function readCookieHeader(page: Page): Promise<string> {
  return (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
}

test("a page of another site makes no step of a log-in and no request to the API", async ({ page, people, stack }) => {
  await people.logIn(page, "member");
  const cookie = await readCookieHeader(page);
  const { email, password } = people.find("member");
  const body = JSON.stringify({ email, password, scope: "global" });
  for (const headers of FOREIGN) {
    for (const path of [...STEPS.map((step) => `/api/auth/${step}`), "/api/v1/demo/run", "/api/v1/mappings/test"]) {
      const answer = await fetch(`${stack.ui_url}${path}`, {
        method: "POST",
        headers: { cookie, "content-type": "application/json", "x-tenant-id": "sample", ...(headers as Record<string, string>) },
        body,
      });
      expect([path, answer.status, answer.headers.get("set-cookie")]).toEqual([path, 403, null]);
    }
    const read = await fetch(`${stack.ui_url}/api/v1/me`, { headers: { cookie, ...(headers as Record<string, string>) } });
    expect(read.status).toBe(403);
  }
  expect((await page.request.get("/api/v1/me")).status()).toBe(200);
});

test("a form of another site, whose body can be no JSON, logs nobody in", async ({ people, stack }) => {
  const { email, password } = people.find("member");
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx"]) {
    const answer = await fetch(`${stack.ui_url}/api/auth/password`, {
      method: "POST",
      headers: { "content-type": type },
      body: JSON.stringify({ email, password }),
    });
    expect([type, answer.status, answer.headers.get("set-cookie")]).toEqual([type, 415, null]);
  }
});

test("a host that is not ours gets no step of a log-in", async ({ stack }) => {
  for (const [method, path] of [...STEPS.map((step) => ["POST", `/api/auth/${step}`] as const), ["GET", "/api/auth/callback?code=x"] as const, ["GET", "/login"] as const]) {
    const answer = await send(`${stack.ui_url}${path}`, { method, headers: { host: "rebind.evil.example" } });
    expect([path, answer.status]).toEqual([path, 421]);
  }
});

test("a body beyond a password's size is refused", async ({ stack }) => {
  const answer = await send(`${stack.ui_url}/api/auth/password`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    bodyBytes: 20 * 1024 * 1024,
  });
  expect(answer.status).toBe(413);
});

test.describe("in a browser", () => {
  test.use({ expectedConsole: [/403 \(Forbidden\)|ERR_FAILED|ERR_BLOCKED|CORS policy/] });

  test("a page of another origin can neither sign a person out nor read as that person", async ({ page, people, stack }) => {
    await people.logIn(page, "member");
    await openElsewhere(page);

    const outcomes = await page.evaluate((ui) => {
      const outcome = (path: string, init: RequestInit) =>
        fetch(`${ui}${path}`, { credentials: "include", ...init }).then(
          (answer) => answer.type,
          () => "blocked",
        );
      return Promise.all([
        outcome("/api/auth/sign-out", { method: "POST", mode: "no-cors", body: "{}" }),
        outcome("/api/auth/sign-out", { method: "POST", body: "{}", headers: { "content-type": "application/json" } }),
        outcome("/api/v1/me", {}),
        outcome("/api/v1/me", { mode: "no-cors" }),
      ]);
    }, stack.ui_url);

    expect(outcomes).toEqual(["blocked", "blocked", "blocked", "blocked"]);
    expect((await page.request.get("/api/v1/me")).status()).toBe(200);
  });
});

for (const next of [
  "//evil.example",
  "/\\evil.example",
  "https://evil.example",
  "https:evil.example",
  "%2F%2Fevil.example",
  "/%5Cevil.example",
  "/\t/evil.example",
  "javascript:alert(1)",
  "/..//evil.example",
  "http://127.0.0.1@evil.example/",
]) {
  test(`a log-in does not lead to ${JSON.stringify(next)}`, async ({ page, people, stack }) => {
    const { email, password } = people.find("member");
    const answer = await post(page.request, stack.ui_url, "password", { email, password, next });
    const led = ((await answer.json()) as { next: string }).next;
    expect(new URL(led, stack.ui_url).origin).toBe(stack.ui_url);

    await page.context().clearCookies();
    await page.goto(`/login?${new URLSearchParams({ next })}`);
    await page.getByLabel("E-mail address").fill(email);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Log in" }).click();
    await expect(page).toHaveURL(new RegExp(`^${stack.ui_url}/(?!login)`));

    const byLink = await fetch(`${stack.ui_url}/api/auth/callback?${new URLSearchParams({ next, error: "access_denied" })}`, { redirect: "manual" });
    expect(byLink.headers.get("location")).toMatch(/^\/login\?/);
    expect(new URL(byLink.headers.get("location") ?? "", stack.ui_url).searchParams.get("next")).toMatch(/^\/[a-z%]/i);
  });
}

test("no redirect follows the Host, and a page's way to the log-in stays here", async ({ stack }) => {
  const answer = await send(`${stack.ui_url}//evil.example/%2e%2e`, { headers: { host: stack.ui_url.replace("http://", "") } });
  const location = new URL(answer.headers.location ?? "/", stack.ui_url);
  expect(location.origin).toBe(stack.ui_url);
});

test("no token reaches a page, a script or a body", async ({ page, people, stack }) => {
  const bodies: string[] = [];
  page.on("response", async (response) => {
    if (response.status() < 300) bodies.push(await response.text().catch(() => ""));
  });
  const { email, password } = people.find("owner");
  await page.goto("/login?next=%2Foverview%3Ftenant%3Dsample");
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
  await expect(page.getByRole("region", { name: "Totals" })).toContainText("$");
  for (const path of ["/traces?tenant=sample", "/settings?tenant=sample"]) await page.goto(path);
  await page.waitForLoadState("networkidle");

  const all = [...bodies, await page.content(), await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))].join("\n");
  expect(bodies.length).toBeGreaterThan(10);
  expect(all).not.toMatch(/eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\./);
  for (const word of ["access_token", "refresh_token", "GoTrueClient", stack.publishable_key, password]) expect(all).not.toContain(word);
});

test("a credential that the browser claims is not passed on", async ({ stack }) => {
  const answer = await fetch(`${stack.ui_url}/api/v1/me`, { headers: { authorization: "Bearer eyJhbGciOiJub25lIn0.e30.", apikey: "x" } });
  expect(answer.status).toBe(401);
});
