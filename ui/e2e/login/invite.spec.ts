import { randomBytes } from "node:crypto";

import type { Stack } from "../stack";
import { expect, test } from "./fixtures";

/** Somebody of this test alone, whom no other test expects in no tenant. */
async function makePerson({ data_api_url: url, secret_key: key }: Stack) {
  const person = { email: `e2e-${randomBytes(6).toString("hex")}@example.test`, password: randomBytes(12).toString("hex") };
  const answer = await fetch(`${url}/auth/v1/admin/users`, {
    method: "POST",
    headers: { apikey: key, authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ ...person, email_confirm: true }),
  });
  expect(answer.status).toBe(200);
  return person;
}

test.describe("an invitation", () => {
  test.use({ expectedConsole: [/status of 40[34]/] });

  test("lets one person in, who sees the traces and cannot change a setting", async ({ page, browser, people, second, stack }) => {
    await people.logIn(page, "owner");
    await page.goto(`/settings/members?tenant=${second.tenant}`);
    await page.getByRole("button", { name: "Invite" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Invite", exact: true }).click();
    const link = (await dialog.getByRole("group", { name: "link" }).textContent()) ?? "";

    const invited = await browser.newContext({ baseURL: stack.ui_url });
    const theirs = await invited.newPage();
    const { email, password } = await makePerson(stack);
    await theirs.goto(link);
    await theirs.getByLabel("E-mail address").fill(email);
    await theirs.getByLabel("Password").fill(password);
    await theirs.getByRole("button", { name: "Log in" }).click();
    await theirs.getByRole("button", { name: "Accept the invitation" }).dblclick();

    await expect(theirs).toHaveURL(new RegExp(`/overview\\?.*tenant=${second.tenant}`));
    await theirs.goto(`/traces/${second.traceId}?tenant=${second.tenant}`);
    await expect(theirs.getByRole("treeitem").first()).toBeVisible();
    await expect(theirs.getByRole("link", { name: "Settings" })).toHaveCount(0);
    await theirs.goto(`/settings/keys?tenant=${second.tenant}`);
    await expect(theirs.getByText("This page is for admins and owners")).toBeVisible();

    await theirs.goto(link);
    await theirs.getByRole("button", { name: "Accept the invitation" }).click();
    await expect(theirs.getByRole("alert").filter({ hasText: "The invitation was not accepted" })).toContainText("Request id");
    await invited.close();

    await dialog.getByRole("button", { name: "I have copied it" }).click();
    await page.reload();
    await expect(page.getByLabel(`Role of ${email}`)).toHaveValue("viewer");
  });
});
