import type { Page } from "@playwright/test";

import { expect, test } from "./fixtures";

const readOptions = async (page: Page) => {
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("option").first()).toBeVisible();
  return (await page.getByRole("option").allTextContents()).join("\n");
};

test("the command menu offers a viewer neither settings nor demos, an owner both", async ({ page, people, second, browser, stack }) => {
  await people.logIn(page, "viewer");
  await page.goto("/overview?tenant=sample");
  await expect(page.getByRole("region", { name: "Totals" })).toContainText("$");
  const ofViewer = await readOptions(page);
  expect(ofViewer).toContain("Traces");
  expect(ofViewer).not.toMatch(/Settings|Run /);
  expect(ofViewer).not.toContain(second.tenant);

  const context = await browser.newContext({ baseURL: stack.ui_url });
  const other = await context.newPage();
  await people.logIn(other, "owner");
  await other.goto("/overview?tenant=sample");
  await expect(other.getByRole("link", { name: "Settings" })).toBeVisible();
  const ofOwner = await readOptions(other);
  expect(ofOwner).toMatch(/Settings: Keys/);
  expect(ofOwner).toMatch(/Run Demo/);
  expect(ofOwner).toContain(second.tenant);
  await context.close();
});

test("the command menu signs out", async ({ page, people }) => {
  await people.logIn(page, "member");
  await page.goto("/overview?tenant=sample");
  await expect(page.getByRole("region", { name: "Totals" })).toContainText("$");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Command" }).fill("log out");
  await page.keyboard.press("Enter");

  await expect(page).toHaveURL(/\/login/);
  await page.goto("/overview");
  await expect(page).toHaveURL(/\/login/);
});
