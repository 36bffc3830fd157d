import type { BrowserContext } from "@playwright/test";

import { expect, makeViewer, post, test } from "./fixtures";

const NAME = /^llm-observe(\.\d+)?$/;
const PREFIX = "base64-";

interface Stored {
  access_token: string;
  refresh_token: string;
  expires_at: number;
}

async function readSession(context: BrowserContext): Promise<Stored> {
  const cookies = (await context.cookies()).filter(({ name }) => NAME.test(name)).sort((a, b) => a.name.localeCompare(b.name));
  const value = cookies.map((cookie) => cookie.value).join("");
  return JSON.parse(Buffer.from(value.slice(PREFIX.length), "base64url").toString()) as Stored;
}

/** Sets the session's clock back to where its access token has ended. */
async function expire(context: BrowserContext): Promise<Stored> {
  const session = await readSession(context);
  const old = (await context.cookies()).filter(({ name }) => NAME.test(name));
  const text = JSON.stringify({ ...session, expires_at: Math.floor(Date.now() / 1000) - 60 });
  const value = `${PREFIX}${Buffer.from(text).toString("base64url")}`;
  const [first] = old;
  if (!first) throw new Error("There is no session.");
  await context.clearCookies({ name: NAME });
  const size = 3_000;
  const chunks = value.length <= size ? [value] : value.match(new RegExp(`.{1,${size}}`, "g")) ?? [];
  await context.addCookies(
    chunks.map((chunk, index) => ({ ...first, name: chunks.length === 1 ? "llm-observe" : `llm-observe.${index}`, value: chunk })),
  );
  return session;
}

test("a session goes on after its access token has ended, with one refresh for all that asks at once", async ({ page, people }) => {
  const context = page.context();
  await people.logIn(page, "member");
  const before = await expire(context);

  const headers = { "x-tenant-id": "sample" };
  const answers = await Promise.all(
    ["me", "traces?limit=1", "spans?limit=1", "traces?limit=2", "spans?limit=2", "me", "traces?limit=3", "me"].map((path) =>
      page.request.get(`/api/v1/${path}`, { headers }),
    ),
  );
  expect(answers.map((answer) => answer.status())).toEqual(Array.from(answers, () => 200));

  const after = await readSession(context);
  expect(after.refresh_token).not.toBe(before.refresh_token);
  expect(after.expires_at * 1000).toBeGreaterThan(Date.now());
  await page.goto("/overview?tenant=sample");
  await expect(page.getByRole("region", { name: "Totals" })).toContainText("$");
  expect((await readSession(context)).refresh_token).toBe(after.refresh_token);
});

test("a page refreshes it, too, and the browser keeps the new one", async ({ page, people }) => {
  await people.logIn(page, "member");
  const before = await expire(page.context());

  await page.goto("/traces?tenant=sample");
  await expect(page.getByRole("table").getByRole("link").first()).toBeVisible();

  const after = await readSession(page.context());
  expect(after.refresh_token).not.toBe(before.refresh_token);
});

test.describe("signing out", () => {
  test.use({ expectedConsole: [/status of 401/] });

  test("ends it, in the other tab too, and what the browser held opens nothing", async ({ page, context, people, stack }) => {
    await people.logIn(page, "member");
    const other = await context.newPage();
    await page.goto("/overview?tenant=sample");
    await other.goto("/traces?tenant=sample");
    await expect(other.getByRole("table").getByRole("link").first()).toBeVisible();
    const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");

    await page.getByRole("button", { name: "Your account" }).click();
    await page.getByRole("menuitem", { name: "Sign out", exact: true }).click();

    await expect(page).toHaveURL(/\/login$/);
    await expect(other).toHaveURL(/\/login\?next=%2Ftraces/);
    expect(await context.cookies()).toEqual([]);
    await page.goto("/overview?tenant=sample");
    await expect(page).toHaveURL(/\/login/);
    const again = await fetch(`${stack.ui_url}/api/v1/me`, { headers: { cookie } });
    expect(again.status).toBe(401);
  });

  test("everywhere ends it in other browsers within seconds", async ({ page, browser, stack, playwright }) => {
    test.slow(); // The other browser hears of it after twenty seconds at most.
    const person = await makeViewer(stack, playwright.request);
    const elsewhere = await browser.newContext({ baseURL: stack.ui_url });
    await post(elsewhere.request, stack.ui_url, "password", person);
    const other = await elsewhere.newPage();
    await other.goto("/overview?tenant=sample&live=true");
    await expect(other.getByRole("region", { name: "Totals" })).toContainText("$");
    await post(page.request, stack.ui_url, "password", person);
    await page.goto("/overview?tenant=sample");

    await page.getByRole("button", { name: "Your account" }).click();
    await page.getByRole("menuitem", { name: "Sign out everywhere" }).click();
    await expect(page).toHaveURL(/\/login$/);

    // By itself: it asks every ten seconds, and Auth's last answer holds as long.
    await expect(other).toHaveURL(/\/login\?next=%2Foverview/, { timeout: 40_000 });
    await elsewhere.close();
  });
});
