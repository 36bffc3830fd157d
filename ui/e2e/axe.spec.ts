import { findViolations, LOOKS } from "./accessibility";
import { expect, test } from "./fixtures";

test("a violation is found, with the element that has it", async ({ page }) => {
  await page.setContent('<html lang="en"><title>x</title><main><h1>x</h1><button></button></main></html>');
  expect(await findViolations(page)).toEqual([{ id: "button-name", targets: ["<button></button>"] }]);
});

for (const [theme, viewport] of LOOKS) {
  test.describe(`${theme}, ${viewport.width} px wide`, () => {
    test.use({ colorScheme: theme, viewport });
    test.slow(); // Axe looks at every element of large pages, several times.

    test("the overview has no violations", async ({ page }) => {
      await page.goto("/overview?tenant=sample");
      await expect(page.getByRole("img", { name: /^Latency/ }).locator("path").first()).toBeAttached();
      await expect(page.getByRole("table", { name: "Recent traces" }).getByRole("link").first()).toBeVisible();

      expect(await findViolations(page)).toEqual([]);
      await page.getByRole("button", { name: "Cost as a table" }).click();
      expect(await findViolations(page)).toEqual([]);
    });

    test("the command menu and the list of keys have no violations, also where nothing is found", async ({ page }) => {
      await page.goto("/traces?tenant=sample");
      await expect(page.getByRole("table").getByRole("link").first()).toBeVisible();
      await page.getByRole("button", { name: "Command menu" }).click();
      await expect(page.getByRole("option").first()).toBeVisible();
      expect(await findViolations(page)).toEqual([]);
      await page.getByRole("combobox", { name: "Command" }).fill("no such thing");
      await expect(page.getByRole("option")).toHaveCount(0);
      expect(await findViolations(page)).toEqual([]);

      await page.getByRole("combobox", { name: "Command" }).fill("keys of");
      await page.keyboard.press("Enter");
      await expect(page.getByRole("dialog", { name: "Keys" })).toBeVisible();
      expect(await findViolations(page)).toEqual([]);
    });

    test("the list of traces has no violations, also with a menu open or empty", async ({ page, tenant }) => {
      await page.goto("/traces?tenant=sample");
      await expect(page.getByRole("table").getByRole("link").first()).toBeVisible();
      expect(await findViolations(page)).toEqual([]);

      await page.getByRole("button", { name: "Status", exact: true }).click();
      await expect(page.getByRole("menuitemradio").first()).toBeVisible();
      expect(await findViolations(page)).toEqual([]);

      await page.goto(`/traces?tenant=${tenant}`);
      await page.getByRole("button", { name: `Tenant: ${tenant}` }).click();
      await expect(page.getByRole("textbox", { name: "Another tenant id" })).toBeVisible();
      await expect(page.getByText("No traces in")).toBeVisible();
      expect(await findViolations(page)).toEqual([]);
    });

    test("the list of spans has no violations", async ({ page }) => {
      await page.goto("/spans?tenant=sample");
      await expect(page.getByRole("table").getByRole("link").first()).toBeVisible();
      expect(await findViolations(page)).toEqual([]);
    });

    test("all tenants, of whom there are none here, have no violations", async ({ page }) => {
      await page.goto("/tenants?tenant=sample");
      await expect(page.getByText("This page is for people who log in")).toBeVisible();
      expect(await findViolations(page)).toEqual([]);
    });

    test("the settings have no violations, also with a dialog, a trial or details open", async ({ page, tenant }) => {
      await page.goto(`/settings/connect?tenant=${tenant}`);
      await page.getByRole("button", { name: "Make a key" }).click();
      await expect(page.getByText("Copy the key now.")).toBeVisible();
      expect(await findViolations(page)).toEqual([]);

      await page.goto(`/settings/keys?tenant=${tenant}`);
      await page.getByRole("button", { name: "Revoke made while connecting" }).click();
      await expect(page.getByRole("dialog")).toBeVisible();
      expect(await findViolations(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "New key" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Make key" }).click();
      expect(await findViolations(page)).toEqual([]);

      await page.goto(`/settings/members?tenant=${tenant}`);
      await expect(page.getByText("Nobody is a member of this tenant")).toBeVisible();
      expect(await findViolations(page)).toEqual([]);

      await page.goto(`/settings/data?tenant=${tenant}`);
      await page.getByLabel("Days that spans are kept").fill("0");
      await page.getByLabel("Trace id").fill("abc");
      expect(await findViolations(page)).toEqual([]);

      await page.goto(`/settings/mappings?tenant=${tenant}`);
      await page.getByRole("button", { name: "Add rule" }).click();
      await page.getByRole("listitem", { name: "Rule 1" }).getByLabel("Attribute").fill("acme.model");
      await page.getByRole("button", { name: "Example" }).click();
      await page.getByRole("button", { name: "Try these rules" }).click();
      await expect(page.getByRole("columnheader", { name: "With these rules" })).toBeVisible();
      expect(await findViolations(page)).toEqual([]);

      await page.goto(`/settings/audit?tenant=${tenant}`);
      await page.getByRole("button", { name: "Key added" }).click();
      expect(await findViolations(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(viewport.width);
    });

    test("a trace has no violations, on a call and on an error", async ({ page, api, tenant }) => {
      const { trace, spans } = await api.run("fake_app", tenant);
      for (const status of ["unset", "error"]) {
        const span = spans.find((each) => each.counted && each.status === status);
        await page.goto(`/traces/${trace.trace_id}?tenant=${tenant}&span=${span?.span_id}`);
        await expect(page.getByRole("treeitem", { selected: true })).toBeVisible();

        expect(await findViolations(page)).toEqual([]);
      }
    });
  });
}
