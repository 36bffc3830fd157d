import type { Page } from "@playwright/test";

import { expect, test } from "./fixtures";

const field = (page: Page) => page.getByRole("combobox", { name: "Command" });
const option = (page: Page, name: string | RegExp) => page.getByRole("option", { name });

/** Types and presses Enter, as somebody does who knows the word. */
async function command(page: Page, text: string, name: string | RegExp): Promise<void> {
  await page.keyboard.press("Control+k");
  await field(page).fill(text);
  await expect(option(page, name).first()).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("Enter");
  await expect(field(page)).toHaveCount(0);
}

test("the command menu goes to pages, the settings' tabs and a trace by its id", async ({ page, api }) => {
  const [trace] = (await api.readTraces("sample", { limit: "1" })).items;
  await page.goto("/overview?tenant=sample&range=30d");
  await expect(page.getByRole("region", { name: "Totals" })).toContainText("$");

  await command(page, "retention", "Settings: Data");
  await expect(page).toHaveURL(/\/settings\/data\?.*range=30d/);
  await command(page, "overv", "Overview");
  await expect(page).toHaveURL(/\/overview\?/);
  await command(page, trace?.trace_id ?? "?", /^Trace /);
  await expect(page).toHaveURL(new RegExp(`/traces/${trace?.trace_id}\\?.*tenant=sample`));
});

test("the command menu switches tenant and theme, and a pointer does what keys do", async ({ page, tenant }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto("/settings/keys?tenant=sample");
  await expect(page.getByRole("heading", { name: "Settings" })).toBeVisible();

  await command(page, tenant, `Tenant ${tenant}`);
  await expect(page).toHaveURL(new RegExp(`/settings/keys\\?.*tenant=${tenant}`));
  await expect(page.getByRole("button", { name: `Tenant: ${tenant}` })).toBeVisible();
  await page.getByRole("button", { name: "Command menu" }).click();
  await option(page, "Dark theme").click();
  await expect(page.locator("html")).toHaveClass(/dark/);
});

test("arrows go round the commands, words narrow them, and Escape gives the focus back", async ({ page }) => {
  await page.goto("/overview?tenant=sample");
  const opener = page.getByRole("button", { name: "Command menu" });
  await opener.focus();
  await page.keyboard.press("Enter");
  const options = page.getByRole("option");
  await expect(options.first()).toHaveAttribute("aria-selected", "true");

  await page.keyboard.press("ArrowUp");
  await expect(options.last()).toHaveAttribute("aria-selected", "true");
  await expect(field(page)).toHaveAttribute("aria-activedescendant", (await options.last().getAttribute("id")) ?? "?");
  await page.keyboard.press("ArrowDown");
  await expect(options.first()).toHaveAttribute("aria-selected", "true");
  await field(page).fill("theme dark");
  await expect(options).toHaveText(["Dark theme"]);
  await field(page).fill("no such thing at all");
  await expect(options).toHaveCount(0);
  await expect(page.getByText("No command has these words.")).toBeVisible();
  await page.keyboard.press("Escape");

  await expect(field(page)).toHaveCount(0);
  await expect(opener).toBeFocused();
});

test("the command menu runs a demo once, however often Enter is pressed", async ({ page, api, tenant }) => {
  await page.goto(`/traces?tenant=${tenant}`);
  await expect(page.getByText("No traces in the last 7 days")).toBeVisible();
  await page.keyboard.press("Control+k");
  await field(page).fill("run demo");
  await expect(option(page, "Run Demo")).toBeVisible();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/traces\/[0-9a-f]{32}/);

  expect((await api.readTraces(tenant)).items).toHaveLength(1);
});

test("g and a letter open a page, ? tells the keys, and both can be switched off", async ({ page }) => {
  await page.goto("/overview?tenant=sample");
  await expect(page.getByRole("region", { name: "Totals" })).toContainText("$");

  // The second key counts within 1.5 seconds, which a browser that draws charts may take for a press.
  await expect(async () => {
    await page.keyboard.press("g");
    await page.keyboard.press("t");
    await expect(page).toHaveURL(/\/traces\?/, { timeout: 2_000 });
  }).toPass();
  await page.getByRole("textbox").first().fill("g");
  await page.keyboard.press("o");
  await page.keyboard.press("?");
  await expect(page).toHaveURL(/\/traces\?/);
  await page.getByRole("main").focus();
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keys" });
  await expect(help.getByRole("region", { name: "In a trace's tree" })).toBeVisible();
  await help.getByRole("checkbox", { name: "Keys without Ctrl work on every page" }).uncheck();
  await page.keyboard.press("Escape");

  await page.keyboard.press("?");
  await page.keyboard.press("g");
  await page.keyboard.press("o");
  await page.keyboard.press("Control+k");
  await expect(field(page)).toBeVisible();
  await expect(page).toHaveURL(/\/traces\?/);
  await expect(help).toHaveCount(0);
});

test("on a phone the header has two rows, with the demos in a menu", async ({ page, tenant, api }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`/overview?tenant=${tenant}`);
  const header = page.getByRole("banner");
  await expect(header.getByRole("button", { name: "Demos" })).toBeVisible();

  expect((await header.boundingBox())?.height).toBeLessThanOrEqual(92);
  await header.getByRole("button", { name: "Demos" }).click();
  await page.getByRole("menuitem", { name: "Run Demo" }).dblclick();
  await page.waitForURL(/\/traces\/[0-9a-f]{32}/);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Trace ");
  expect((await header.boundingBox())?.height).toBeLessThanOrEqual(92);
  expect((await api.readTraces(tenant)).items).toHaveLength(1);
});
