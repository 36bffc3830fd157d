import { findViolations, LOOKS } from "../accessibility";
import { expect, test } from "./fixtures";

for (const [theme, viewport] of LOOKS) {
  test.describe(`${theme}, ${viewport.width} px wide`, () => {
    test.use({ colorScheme: theme, viewport, expectedConsole: [/status of 40[034]/] });
    test.slow(); // Axe looks at every element of large pages, several times.

    test("the log-in has no violations and fits, also after a mistake", async ({ page }) => {
      await page.goto("/login");
      await expect(page.getByRole("button", { name: "Log in" })).toBeVisible();
      expect(await findViolations(page)).toEqual([]);

      await page.getByLabel("E-mail address").fill("owner@example.test");
      await page.getByLabel("Password").fill("wrong");
      await page.getByRole("button", { name: "Log in" }).click();
      await expect(page.getByRole("main").getByRole("alert")).toBeVisible();
      expect(await findViolations(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(viewport.width);

      await page.goto("/auth/confirm?token_hash=x&type=email");
      await expect(page.getByRole("button", { name: "Log in" })).toBeVisible();
      expect(await findViolations(page)).toEqual([]);
    });

    test("a person's pages have no violations, also with the account's menu open", async ({ page, people }) => {
      await people.logIn(page, "viewer");
      await page.goto("/overview?tenant=sample");
      await expect(page.getByRole("table", { name: "Recent traces" }).getByRole("link").first()).toBeVisible();
      await page.getByRole("button", { name: "Your account" }).click();
      await expect(page.getByRole("menuitem", { name: "Sign out everywhere" })).toBeVisible();
      expect(await findViolations(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(viewport.width);

      await page.goto("/overview?tenant=there-is-none");
      await expect(page.getByText("There is no such page")).toBeVisible();
      expect(await findViolations(page)).toEqual([]);
    });

    test("the account's page has no violations and fits, also while one leaves", async ({ page, people }) => {
      await people.logIn(page, "viewer");
      await page.goto("/account");
      await page.getByRole("button", { name: "Leave sample" }).click();
      await expect(page.getByRole("dialog")).toContainText("Only a new invitation leads back");
      expect(await findViolations(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(viewport.width);
    });

    test("the page of a person without a tenant has no violations", async ({ page, people }) => {
      await people.logIn(page, "nobody");
      await page.goto("/overview");
      await expect(page.getByText("You are in no tenant yet")).toBeVisible();
      expect(await findViolations(page)).toEqual([]);
    });
  });
}
