import { expect, makePerson, test } from "./fixtures";

test("a provider's log-in leads back to the page that was asked for, and makes no second person", async ({ page, people }) => {
  const { email } = people.find("viewer");
  const begun: string[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/api/auth/oauth")) begun.push(request.method());
  });
  await page.goto("/traces?tenant=sample&range=30d");
  await page.getByRole("button", { name: "Continue with Fake" }).dblclick();
  await expect(page.getByText("This page is a fake")).toBeVisible();
  expect(begun, "once: the verifier of a second one would end the first").toEqual(["POST"]);
  await page.getByLabel("E-mail address").fill(email);
  await page.getByRole("button", { name: "Log in as this person" }).click();

  await expect(page).toHaveURL(/\/traces\?tenant=sample&range=30d/);
  await expect(page.getByRole("table").getByRole("link").first()).toBeVisible();
  await expect(page.getByRole("link", { name: "Settings" })).toHaveCount(0);
});

test("a refusal at the provider is said, and nobody is logged in", async ({ page }) => {
  await page.goto("/login?next=%2Ftraces");
  await page.getByRole("button", { name: "Continue with Fake" }).click();
  await page.getByRole("link", { name: "Refuse" }).click();

  await expect(page).toHaveURL(/\/login\?/);
  await expect(page.getByRole("main").getByRole("alert")).toContainText("did not come to its end");
  expect((await page.context().cookies()).filter(({ name }) => !name.endsWith("verifier"))).toEqual([]);
  await page.goto("/traces");
  await expect(page).toHaveURL(/\/login\?next=/);
});

test("the end of a provider's log-in works in the browser that began it alone", async ({ page, browser, stack }) => {
  const { email } = await makePerson(stack);
  await page.goto("/login");
  await page.getByRole("button", { name: "Continue with Fake" }).click();
  // The log-in's page has a field of this name, too.
  await expect(page.getByText("This page is a fake")).toBeVisible();
  const state = new URL(page.url()).searchParams.get("state") ?? "";
  const query = new URLSearchParams({ state, code: email });
  const answer = await fetch(`${stack.data_api_url}/auth/v1/callback?${query}`, { redirect: "manual" });
  const back = answer.headers.get("location") ?? "";
  expect(new URL(back).searchParams.has("code")).toBe(true);

  const elsewhere = await browser.newContext();
  const stranger = await elsewhere.newPage();
  await stranger.goto(back);
  await expect(stranger.getByRole("main").getByRole("alert")).toContainText("in one browser");
  await elsewhere.close();
  await page.goto(back);
  await expect(page.getByText("You are in no tenant yet")).toBeVisible();
});
