import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { Page } from "@playwright/test";

import type { Body } from "../../src/lib/api";
import { expect, makePerson, post, readMail, readMails, test, type Mail } from "./fixtures";

const README = readFileSync(join(__dirname, "..", "..", "..", "README.md"), "utf8");

/** The link that the template of README makes of a mail. */
function fillTemplate({ token_hash: hash, redirect_to: redirectTo }: Mail, siteUrl: string): string {
  const template = /`(\{\{ \.SiteURL \}\}[^`]*)`/.exec(README)?.[1] ?? "";
  return template
    .replace("{{ .SiteURL }}", siteUrl)
    .replace("{{ .TokenHash }}", hash)
    .replace("{{ .RedirectTo }}", encodeURIComponent(redirectTo));
}

/** Asks for an invitation in the members' tab; gives the dialog that shows its link. */
async function invite(page: Page, tenant: string, email = "") {
  await page.goto(`/settings/members?tenant=${tenant}`);
  await page.getByRole("button", { name: "Invite" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("E-mail address").fill(email);
  await dialog.getByRole("button", { name: "Invite", exact: true }).click();
  const link = (await dialog.getByRole("group", { name: "link" }).textContent()) ?? "";
  return { dialog, link, token: new URL(link).searchParams.get("token") ?? "" };
}

test.describe("an invitation", () => {
  test.use({ expectedConsole: [/status of 40[134]/] });

  test("lets one person in, who sees the traces, changes nothing, and leaves", async ({ page, browser, people, second, stack }) => {
    test.slow(); // Two people, a dozen pages.
    const owner = people.find("owner");
    await page.goto(`/settings/members?tenant=${second.tenant}`);
    await page.getByLabel("E-mail address").fill(owner.email);
    await page.getByLabel("Password").fill(owner.password);
    await page.getByRole("button", { name: "Log in" }).click();
    await expect(page.getByRole("heading", { name: "Members" })).toBeVisible();
    const { dialog, link } = await invite(page, second.tenant);

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
    expect((await theirs.goto("/overview?tenant=sample"))?.status()).toBe(404);
    await expect(theirs.getByText("There is no such page")).toBeVisible();

    await theirs.goto(link);
    await theirs.getByRole("button", { name: "Accept the invitation" }).click();
    await expect(theirs.getByRole("alert").filter({ hasText: "The invitation was not accepted" })).toContainText("Request id");

    await dialog.getByRole("button", { name: "I have copied it" }).click();
    await page.reload();
    await expect(page.getByLabel(`Role of ${email}`)).toHaveValue("viewer");

    await theirs.goto("/account");
    await theirs.getByRole("button", { name: `Leave ${second.tenant}` }).click();
    await theirs.getByRole("dialog").getByRole("button", { name: "Leave", exact: true }).dblclick();
    await expect(theirs.getByRole("button", { name: `Leave ${second.tenant}` })).toHaveCount(0);
    expect((await theirs.goto(`/traces/${second.traceId}?tenant=${second.tenant}`))?.status()).toBe(404);
    await theirs.goto("/overview");
    await expect(theirs.getByText("You are in no tenant yet")).toBeVisible();
    await theirs.getByRole("button", { name: "Your account" }).click();
    await theirs.getByRole("menuitem", { name: "Sign out", exact: true }).click();
    await expect(theirs).toHaveURL(/\/login$/);
    await theirs.goto(`/traces/${second.traceId}?tenant=${second.tenant}`);
    await expect(theirs).toHaveURL(/\/login\?next=/);
    await invited.close();
    await page.reload();
    await expect(page.getByLabel(/^Role of/).first()).toBeVisible();
    await expect(page.getByLabel(`Role of ${email}`)).toHaveCount(0);
  });

  test("goes by mail, which logs somebody new in and leads to it", async ({ page, browser, people, second, stack }) => {
    const email = `mailed-${Date.now()}@example.test`;
    await people.logIn(page, "owner");
    const { dialog } = await invite(page, second.tenant, email);
    await dialog.getByRole("button", { name: `Mail it to ${email}` }).dblclick();
    await expect(dialog.getByRole("status").filter({ hasText: "on its way" })).toContainText(email);
    expect(await readMails(stack, email), "once").toHaveLength(1);

    const invited = await browser.newContext({ baseURL: stack.ui_url });
    const theirs = await invited.newPage();
    await theirs.goto(fillTemplate(await readMail(stack, email), stack.ui_url));
    await theirs.getByRole("button", { name: "Log in" }).click();
    await theirs.getByRole("button", { name: "Accept the invitation" }).click();

    await expect(theirs).toHaveURL(new RegExp(`/overview\\?.*tenant=${second.tenant}`));
    const me = (await (await invited.request.get("/api/v1/me")).json()) as Body<"Me">;
    expect([me.email, me.tenants.map(({ role }) => role)]).toEqual([email, ["viewer"]]);
    await invited.close();
  });

  test("goes to its own address alone, and by its tenant's people alone", async ({ page, people, second, stack, playwright }) => {
    const [email, stranger] = [`own-${Date.now()}@example.test`, `other-${Date.now()}@example.test`];
    await people.logIn(page, "owner");
    const { token } = await invite(page, second.tenant, email);
    const wanted = { token, email, tenant: second.tenant };
    const viewer = await playwright.request.newContext();
    await people.logIn({ request: viewer }, "viewer");
    const nobody = await playwright.request.newContext();
    const foreign = await page.request.post(`${stack.ui_url}/api/auth/invite`, { data: wanted, headers: { origin: "https://evil.example" } });
    const tries = [
      await post(page.request, stack.ui_url, "invite", { ...wanted, email: stranger }),
      await post(page.request, stack.ui_url, "invite", { ...wanted, token: "loi_" }),
      await post(page.request, stack.ui_url, "invite", { ...wanted, tenant: "sample" }),
      await post(viewer, stack.ui_url, "invite", wanted),
      await post(nobody, stack.ui_url, "invite", wanted),
      foreign,
    ];

    expect(tries.map((answer) => answer.status())).toEqual([404, 404, 404, 404, 401, 403]);
    expect([...(await readMails(stack, email)), ...(await readMails(stack, stranger))]).toEqual([]);
    expect((await post(page.request, stack.ui_url, "invite", wanted)).status()).toBe(200);
    expect((await post(page.request, stack.ui_url, "invite", wanted)).status(), "twice in a minute").toBe(429);
    await Promise.all([viewer.dispose(), nobody.dispose()]);
  });
});
