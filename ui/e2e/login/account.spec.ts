import { expect, makePerson, post, readMail, test } from "./fixtures";

test("a forgotten password is set anew by a mail's link, which logs the other browsers out", async ({ page, browser, stack }) => {
  const { email, password } = await makePerson(stack);
  const elsewhere = await browser.newContext({ baseURL: stack.ui_url });
  await post(elsewhere.request, stack.ui_url, "password", { email, password });

  await page.goto("/login");
  await page.getByLabel("E-mail address").fill(email);
  await page.getByRole("button", { name: "Set a new password" }).click();
  await expect(page.getByRole("status").filter({ hasText: "a link is on its way" })).toBeVisible();
  await page.goto((await readMail(stack, email)).link);
  await expect(page).toHaveURL(/\/account$/);
  await page.getByLabel("New password").fill(`${password}-new`);
  await page.getByRole("button", { name: "Set the password" }).dblclick();

  await expect(page.getByRole("status").filter({ hasText: "Your password is set" })).toBeVisible();
  expect((await elsewhere.request.get("/api/v1/me")).status()).toBe(401);
  expect((await page.request.get("/api/v1/me")).status()).toBe(200);
  expect((await post(elsewhere.request, stack.ui_url, "password", { email, password })).status()).toBe(400);
  expect((await post(elsewhere.request, stack.ui_url, "password", { email, password: `${password}-new` })).status()).toBe(200);
  await elsewhere.close();
});

test.describe("a refusal", () => {
  test.use({ expectedConsole: [/status of 4\d\d/] });

  test("of a password says why, and the old one stays", async ({ page, stack }) => {
    const { email, password } = await makePerson(stack);
    await post(page.request, stack.ui_url, "password", { email, password });
    await page.goto("/account");
    const wrong = [["abc", "too weak"], ["long".repeat(20), "more than 72 bytes"], [password, "your password already"]] as const;
    for (const [wanted, reason] of wrong) {
      await page.getByLabel("New password").fill(wanted);
      await page.getByRole("button", { name: "Set the password" }).click();
      await expect(page.getByRole("alert").filter({ hasText: reason })).toBeVisible();
    }
    expect((await post(page.request, stack.ui_url, "password", { email, password })).status()).toBe(200);
  });

  test("of the last owner who would leave says what to do first", async ({ page, people, second }) => {
    await people.logIn(page, "owner");
    await page.goto("/account");
    await page.getByRole("button", { name: `Leave ${second.tenant}` }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Leave", exact: true }).click();

    await expect(page.getByRole("dialog").getByRole("alert")).toContainText("last owner");
    expect((await page.request.get("/api/v1/members", { headers: { "x-tenant-id": second.tenant } })).status()).toBe(200);
  });
});

test("a password is nobody's to set without a session", async ({ request, stack }) => {
  const answer = await post(request, stack.ui_url, "new-password", { password: "correct horse battery" });
  expect(answer.status()).toBe(401);
});

test("a request without a new password sets none, and ends no other session", async ({ request, playwright, stack }) => {
  const { email, password } = await makePerson(stack);
  const elsewhere = await playwright.request.newContext({ baseURL: stack.ui_url });
  for (const context of [request, elsewhere]) await post(context, stack.ui_url, "password", { email, password });

  for (const body of [{}, { password: "" }]) {
    expect((await post(request, stack.ui_url, "new-password", body)).status()).toBe(400);
  }
  expect((await elsewhere.get("/api/v1/me")).status()).toBe(200);
  await elsewhere.dispose();
});
