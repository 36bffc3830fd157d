import type { Page } from "@playwright/test";

import type { Body } from "../src/lib/api";
import { expect, test } from "./fixtures";

const open = (page: Page, tab: string, tenant: string) => page.goto(`/settings/${tab}?tenant=${tenant}`);

test.describe("data", () => {
  test("retention is saved as the API has it, with a warning before data goes", async ({ page, tenant, api }) => {
    await open(page, "data", tenant);
    const card = page.getByRole("region", { name: "Retention" });
    await card.getByLabel("Days that spans are kept").fill("90");
    await card.getByLabel("Days that contents are kept").fill("91");
    await expect(card.getByRole("alert")).toContainText("longer than the spans");
    await expect(card.getByRole("button", { name: "Save" })).toBeDisabled();

    await card.getByLabel("Days that contents are kept").fill("30");
    await expect(card.getByText("Nothing brings it back")).toBeVisible();
    await card.getByRole("button", { name: "Save" }).dblclick();

    await expect(card.getByText("Saved.")).toBeVisible();
    expect(await api.read("retention", tenant)).toMatchObject({ span_days: 90, content_days: 30 });
    await expect(card.getByText("No run has come to this tenant yet.")).toBeVisible();
    expect((await api.read<Body<"AuditPage">>("audit", tenant)).items, "once").toHaveLength(1);
  });

  test("the tenant's switch for prompts is turned, and the card says which one is closed", async ({ page, tenant, api }) => {
    await open(page, "data", tenant);
    const card = page.getByRole("region", { name: "Prompts and answers" });
    await expect(card.getByRole("status")).toContainText("this deployment's switch is closed");
    await card.getByRole("button", { name: "Never" }).dblclick();

    await expect(card.getByRole("status")).toContainText("this tenant's switch is closed");
    expect(await api.read("content-capture", tenant)).toEqual({ content_capture: "off", deployment_captures: false });
    expect((await api.read<Body<"AuditPage">>("audit", tenant)).items, "once").toHaveLength(1);
    await page.reload();
    await expect(card.getByRole("button", { name: "Never" })).toHaveAttribute("aria-pressed", "true");
  });

  test("keys of tags are chosen, of those on calls and by name, and are saved together", async ({ page, tenant, api }) => {
    await api.run("run", tenant);
    await open(page, "data", tenant);
    const card = page.getByRole("region", { name: "Sums by tags" });
    await card.getByLabel("Another key").fill("plan");
    await card.getByRole("button", { name: "Add" }).click();
    await card.getByLabel("Another key").fill("plan");
    await expect(card.getByRole("alert")).toBeVisible();
    await expect(card.getByRole("button", { name: "Add" })).toBeDisabled();
    await card.getByLabel("Another key").fill("");
    await expect(card.getByText("Until the sums by a new key are made")).toBeVisible();
    await card.getByRole("button", { name: "Save" }).dblclick();

    await expect(card.getByText("Saved.")).toBeVisible();
    expect(await api.read("tag-keys", tenant)).toMatchObject({ keys: ["plan"] });
    expect((await api.read<Body<"AuditPage">>("audit", tenant)).items, "once").toHaveLength(1);
    await card.getByRole("button", { name: "Remove plan" }).click();
    await card.getByRole("button", { name: "Save" }).click();
    await expect.poll(() => api.read("tag-keys", tenant)).toMatchObject({ keys: [] });
  });

  test("a trace and a user are deleted with a receipt that the audit keeps", async ({ page, tenant, api }) => {
    const { trace } = await api.run("run", tenant);
    await open(page, "data", tenant);
    const card = page.getByRole("region", { name: "Delete a trace" });
    await card.getByLabel("Trace id").fill("abc");
    await expect(card.getByRole("alert")).toHaveText("A trace id has 32 characters of 0 to 9 and a to f.");

    await card.getByLabel("Trace id").fill(trace.trace_id);
    await card.getByRole("button", { name: "Delete this trace" }).dblclick();

    await expect(card.getByRole("status")).toContainText("Receipt");
    expect((await api.readTraces(tenant)).items).toEqual([]);
    const user = page.getByRole("region", { name: "Forget a user" });
    await user.getByLabel("User id").fill("nobody/known?");
    await user.getByRole("button", { name: "Forget this user" }).click();
    await expect(user.getByRole("status")).toContainText("nothing was found");
    const { items } = await api.read<Body<"AuditPage">>("audit", tenant);
    expect(items.map(({ action }) => action)).toEqual(["user.forgotten", "trace.forgotten"]);
    await expect(card.getByRole("status")).toContainText(items[1]?.event_id ?? "?");
  });

  test("a tenant goes only when its own id is typed", async ({ page, tenant, stack, request, api }) => {
    await api.run("run", tenant);
    await open(page, "data", tenant);
    const card = page.getByRole("region", { name: "Delete this tenant" });
    const button = card.getByRole("button", { name: "Delete this tenant for good" });
    await card.getByLabel(/to confirm/).fill("tenant-123");
    await expect(button).toBeDisabled();

    await card.getByLabel(/to confirm/).fill(tenant);
    await button.click();

    await expect(card.getByRole("status")).toContainText("Receipt");
    const late = await request.put(`${stack.api_url}/retention`, {
      headers: { "x-tenant-id": tenant },
      data: { span_days: 1, content_days: 1 },
    });
    expect(late.status()).toBe(410);
  });
});

test("mapping rules are tried on a span before they are saved", async ({ page, tenant, api }) => {
  await open(page, "mappings", tenant);
  const rules = page.getByRole("region", { name: "Rules" });
  await rules.getByRole("button", { name: "Add rule" }).click();
  await rules.getByRole("button", { name: "Save rules" }).click();
  await expect(rules.getByRole("alert")).toContainText("Name the attribute");

  const first = rules.getByRole("listitem", { name: "Rule 1" });
  await first.getByLabel("Attribute").fill("acme.tokens.in");
  await first.getByLabel("Fills").selectOption("Input tokens");
  await rules.getByRole("button", { name: "Add rule" }).click();
  const second = rules.getByRole("listitem", { name: "Rule 2" });
  await second.getByLabel("Attribute").fill("acme.model");
  await rules.getByRole("button", { name: "Add rule" }).click();
  const third = rules.getByRole("listitem", { name: "Rule 3" });
  await third.getByLabel("Attribute").fill("acme.model");
  await third.getByLabel("Fills").selectOption("Operation");
  await third.getByLabel("With").fill("chat");

  const trial = page.getByRole("region", { name: "Try them" });
  await trial.getByRole("button", { name: "Try these rules" }).click();
  await expect(trial.getByRole("alert")).toContainText("Paste a span");
  await trial.getByRole("button", { name: "Example" }).click();
  await trial.getByRole("button", { name: "Try these rules" }).click();
  const row = trial.getByRole("row", { name: /Input tokens/ });
  await expect(row.getByRole("cell")).toHaveText(["–", "1000"]);
  await expect(trial.getByRole("row", { name: /Counts as a model call/ }).getByRole("cell")).toHaveText(["no", "yes"]);
  expect(await api.read("mappings", tenant), "a trial stores nothing").toEqual({ mappings: [] });

  await rules.getByRole("button", { name: "Save rules" }).click();
  await expect(rules.getByText("Saved.")).toBeVisible();
  expect(await api.read("mappings", tenant)).toEqual({
    mappings: [
      { attribute: "acme.model", field: "operation", value: "chat" },
      { attribute: "acme.model", field: "request_model", value: null },
      { attribute: "acme.tokens.in", field: "input_tokens", value: null },
    ],
  });
});

test("the audit tells who did what, with details", async ({ page, tenant, stack, request }) => {
  for (const name of ["first", "second"]) {
    await request.post(`${stack.api_url}/keys`, { headers: { "x-tenant-id": tenant }, data: { name, scopes: ["read"] } });
  }
  await open(page, "audit", tenant);
  const rows = page.getByRole("table", { name: "Events, newest first" }).getByRole("row");
  await expect(rows).toHaveCount(3);
  await expect(rows.nth(1)).toContainText("Key added");
  await expect(rows.nth(1)).toContainText("Development mode");

  await rows.nth(1).getByRole("button", { name: "Key added" }).press("Enter");

  await expect(page.getByRole("definition").filter({ hasText: "second" })).toBeVisible();
});

test("the settings' own address opens the first of them, for the same tenant", async ({ page, tenant }) => {
  await page.goto(`/settings?tenant=${tenant}`);
  await page.waitForURL(/\/settings\/connect\?.*tenant=/);
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Traces" }).click();
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Settings" }).click();
  await expect(page).toHaveURL(new RegExp(`/settings/connect\\?.*tenant=${tenant}`));
  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Keys" }).click();
  await expect(page).toHaveURL(new RegExp(`/settings/keys\\?.*tenant=${tenant}`));
});
