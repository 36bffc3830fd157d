import type { Page } from "@playwright/test";

import type { Body } from "../src/lib/api";
import { expect, test } from "./fixtures";

const open = (page: Page, tenant: string) => page.goto(`/settings/keys?tenant=${tenant}`);

async function makeKey(page: Page, name: string, rights: string[]): Promise<string> {
  await page.getByRole("button", { name: "New key" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(name);
  for (const right of ["Send spans", "Read traces and metrics", "Administer"]) {
    await dialog.getByLabel(right).setChecked(rights.includes(right));
  }
  await dialog.getByRole("button", { name: "Make key" }).dblclick();
  const key = (await dialog.getByRole("group", { name: "key", exact: true }).textContent()) ?? "";
  await dialog.getByRole("button", { name: "I have copied it" }).click();
  await expect(dialog).toHaveCount(0);
  return key;
}

test.describe("keys", () => {
  test.use({ expectedConsole: [/status of 401/] });

  test("a key that is made works, a double click makes one, and a revoked one is refused", async ({ page, stack, tenant, request, api }) => {
    await open(page, tenant);
    await expect(page.getByText("No key works for this tenant")).toBeVisible();

    const key = await makeKey(page, "reader", ["Read traces and metrics"]);
    const list = () => request.get(`${stack.api_url}/traces`, { headers: { authorization: `Bearer ${key}` } });

    expect((await list()).status()).toBe(200);
    expect((await api.read<Body<"ApiKeyPage">>("keys", tenant)).items.map(({ name, scopes }) => [name, scopes])).toEqual([["reader", ["read"]]]);
    await expect(page.getByText(key), "it is shown once").toHaveCount(0);

    await page.getByRole("button", { name: "Revoke reader" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke key" }).click();
    await expect(page.getByRole("dialog").getByRole("status")).toContainText("refused from now on");

    expect((await list()).status()).toBe(401);
    await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
    await page.getByRole("button", { name: "Revoked", exact: true }).click();
    await expect(page.getByRole("rowheader", { name: /reader/ })).toContainText("revoked");
  });

  test("a rotated key is told with its successor, and both work for the overlap", async ({ page, stack, tenant, request }) => {
    await open(page, tenant);
    const old = await makeKey(page, "worker", ["Read traces and metrics"]);

    await page.getByRole("button", { name: "Rotate worker" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("The old key works").selectOption("One more hour");
    await dialog.getByRole("button", { name: "Rotate key" }).click();
    const successor = (await dialog.getByRole("group", { name: "key", exact: true }).textContent()) ?? "";
    await dialog.getByRole("button", { name: "I have copied it" }).click();

    for (const key of [old, successor]) {
      const answer = await request.get(`${stack.api_url}/traces`, { headers: { authorization: `Bearer ${key}` } });
      expect(answer.status()).toBe(200);
    }
    await expect(page.getByRole("row").filter({ hasText: "rotated" })).toHaveCount(1);
    await expect(page.getByRole("button", { name: "Rotate worker" }), "the old one is rotated no more").toHaveCount(1);
  });

  test("a revocation tells the keys that went with it", async ({ page, stack, tenant, request }) => {
    await open(page, tenant);
    const maker = await makeKey(page, "maker", ["Administer"]);
    const made = await request.post(`${stack.api_url}/keys`, {
      headers: { authorization: `Bearer ${maker}` },
      data: { name: "made by it", scopes: ["admin"] },
    });
    expect(made.status(), await made.text()).toBe(201);

    await page.getByRole("button", { name: "Revoke maker" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke key" }).click();

    await expect(page.getByRole("dialog").getByRole("listitem")).toHaveText(/made by it/);
  });

  test("an incomplete form says what is missing, in words", async ({ page, tenant }) => {
    await open(page, tenant);
    await page.getByRole("button", { name: "New key" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Send spans").uncheck();
    await dialog.getByLabel("Environment").fill("My App");
    await dialog.getByRole("button", { name: "Make key" }).click();

    await expect(dialog.getByRole("alert")).toHaveCount(3);
    await expect(dialog.getByLabel("Name")).toHaveAttribute("aria-invalid", "true");
    await page.keyboard.press("Escape");
    await expect(dialog).toHaveCount(0);
    await expect(page.getByRole("button", { name: "New key" }), "the focus comes back").toBeFocused();
  });
});

