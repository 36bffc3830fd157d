import { randomBytes } from "node:crypto";

import { expect, readMail, test } from "./fixtures";

test("a password leads to the page that was asked for, with its data", async ({ page, people }) => {
  const { email, password } = people.find("member");
  await page.goto("/traces?tenant=sample&range=30d");
  await expect(page).toHaveURL(/\/login\?next=/);

  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Log in" }).click();

  await expect(page).toHaveURL(/\/traces\?tenant=sample&range=30d/);
  await expect(page.getByRole("table").getByRole("link").first()).toBeVisible();
  await expect(page.getByRole("button", { name: "Tenant: sample" })).toBeVisible();
  await expect(page.getByRole("button", { name: /^Run / })).toHaveCount(0);
});

test.describe("without a good answer", () => {
  test.use({ expectedConsole: [/status of 400/] });

  test("a wrong password is said, and the page is as before", async ({ page, people }) => {
    await page.goto("/login");
    await page.getByLabel("E-mail address").fill(people.find("member").email);
    await page.getByLabel("Password").fill("wrong");
    await page.getByRole("button", { name: "Log in" }).click();

    await expect(page.getByRole("main").getByRole("alert")).toHaveText("E-mail address or password is wrong.");
    await expect(page.getByRole("button", { name: "Log in" })).toBeEnabled();
    expect(await page.context().cookies()).toEqual([]);
  });
});

test("a link by mail logs in the browser that asked for it, and no other", async ({ page, people, stack, browser }) => {
  const { email } = people.find("viewer");
  await page.goto("/login?next=%2Ftraces%3Ftenant%3Dsample");
  await page.getByLabel("E-mail address").fill(email);
  await page.getByRole("button", { name: "Send me a link instead" }).click();
  await expect(page.getByRole("status").filter({ hasText: "a link is on its way" })).toBeVisible();
  const { link } = await readMail(stack, email);

  const followed = await fetch(link, { redirect: "manual" });
  const callback = followed.headers.get("location") ?? "";
  expect(callback).toContain(`${stack.ui_url}/api/auth/callback?`);
  const elsewhere = await browser.newContext();
  const stranger = await elsewhere.newPage();
  await stranger.goto(callback);
  await expect(stranger.getByRole("main").getByRole("alert")).toContainText("Try again, in one browser");
  await elsewhere.close();

  await page.goto(callback);
  await expect(page).toHaveURL(/\/traces\?tenant=sample/);
  await expect(page.getByRole("table").getByRole("link").first()).toBeVisible();
  await page.goto(callback);
  await expect(page.getByRole("main").getByRole("alert")).toContainText("Try again");
});

test("a link that names its token is spent by a click, not by being opened", async ({ page, people, stack }) => {
  const { email } = people.find("nobody");
  await page.goto("/login");
  await page.getByLabel("E-mail address").fill(email);
  await page.getByRole("button", { name: "Send me a link instead" }).click();
  await expect(page.getByRole("status").filter({ hasText: "a link is on its way" })).toBeVisible();
  const { token_hash: tokenHash, type } = await readMail(stack, email);
  const link = `/auth/confirm?${new URLSearchParams({ token_hash: tokenHash, type })}`;

  await fetch(`${stack.ui_url}${link}`);
  await page.goto(link);
  expect((await page.context().cookies()).filter(({ name }) => !name.endsWith("verifier"))).toEqual([]);
  await page.getByRole("button", { name: "Log in" }).click();

  await expect(page.getByText("You are in no tenant yet")).toBeVisible();
  await expect(page.getByRole("main")).toContainText(email);
  await expect(page.getByRole("region", { name: "Totals" })).toHaveCount(0);
});

test("somebody new makes a tenant where the deployment allows it, and is its owner", async ({ page, stack }) => {
  const name = `new-${randomBytes(4).toString("hex")}`;
  await page.goto("/login");
  await page.getByLabel("E-mail address").fill(`${name}@example.test`);
  await page.getByRole("button", { name: "Send me a link instead" }).click();
  await expect(page.getByRole("status").filter({ hasText: "a link is on its way" })).toBeVisible();
  await page.goto((await readMail(stack, `${name}@example.test`)).link);

  await page.getByLabel("Or make a tenant of your own").fill(name);
  await page.getByRole("button", { name: "Make it" }).click();

  await expect(page.getByRole("button", { name: `Tenant: ${name}` })).toBeVisible();
  await expect(page.getByRole("link", { name: "Settings" })).toBeVisible();
});

test("a spent link says so", async ({ page }) => {
  await page.goto("/?error=access_denied&error_code=otp_expired&error_description=%3Cb%3Eevil");

  await expect(page).toHaveURL(/\/login\?problem=link_spent/);
  await expect(page.getByRole("main").getByRole("alert")).toHaveText(/This link has expired/);
  await expect(page.getByText("evil")).toHaveCount(0);
});

test("a link of Supabase's own template leaves no token in the address, and says how to go on", async ({ page, stack }) => {
  const { data_api_url: url, secret_key: key, ui_url: uiUrl } = stack;
  const email = `invited-${randomBytes(4).toString("hex")}@example.test`;
  const invited = await fetch(`${url}/auth/v1/invite?${new URLSearchParams({ redirect_to: uiUrl })}`, {
    method: "POST",
    headers: { apikey: key, authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ email }),
  });
  expect(invited.status).toBe(200);
  await page.goto((await readMail(stack, email)).link);

  await expect(page.getByRole("status").filter({ hasText: "Your e-mail address is confirmed" })).toBeVisible();
  await expect(page).toHaveURL(`${uiUrl}/login`);
  expect(await page.context().cookies()).toEqual([]);
  await page.getByLabel("E-mail address").fill(email);
  await page.getByRole("button", { name: "Send me a link instead" }).click();
  await expect(page.getByRole("status").filter({ hasText: "a link is on its way" })).toBeVisible();
  await page.goto((await readMail(stack, email)).link);
  await expect(page.getByText("You are in no tenant yet")).toBeVisible();
});
