import { execFile } from "node:child_process";
import { promisify } from "node:util";

import type { Body } from "../src/lib/api";
import { expect, test } from "./fixtures";

const run = promisify(execFile);

for (const [path, place] of [
  ["/settings/connect", "settings"],
  ["/overview", "the overview of a tenant without a span"],
] as const) {
  test(`${place} leads from a key by curl to the first span`, async ({ page, tenant, api }) => {
    await page.goto(`${path}?tenant=${tenant}`);
    await expect(page.getByText("Waiting for your first span")).toBeVisible();
    await page.getByRole("button", { name: "Make a key" }).dblclick();
    await expect(page.getByText("Copy the key now.")).toBeVisible();
    await page.getByRole("button", { name: "curl", exact: true }).click();
    const command = await page.getByRole("group", { name: "One span by hand" }).textContent();

    const { stdout } = await run("sh", ["-c", command ?? "exit 1"]);

    expect(stdout).toBe("{}");
    expect((await api.read<Body<"ApiKeyPage">>("keys", tenant)).items, "a double click makes one").toHaveLength(1);
    await page.getByRole("status").getByRole("link", { name: "chat gpt-4o-mini" }).click();
    await page.waitForURL(/\/traces\/[0-9a-f]{32}/);
    const traceId = new URL(page.url()).pathname.split("/").at(-1) ?? "";
    const { trace } = await api.readTrace(traceId, tenant);
    expect(trace.total_tokens).toBe(46);
    await expect(page.getByRole("treeitem")).toHaveCount(1);
  });
}
