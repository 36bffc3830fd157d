import type { Body } from "../../src/lib/api";
import { findViolations } from "../accessibility";
import { expect, test } from "./fixtures";

const HEADERS = { "x-tenant-id": "sample" };
/** What the page draws of a sentence: backticks become code. */
const draw = (text: string) => text.replaceAll("`", "");

/** As the API words a project that went wrong: tests/functions/test_setup.py has the real ones. */
const BROKEN: Body<"Setup"> = {
  checks: [
    { name: "secrets", status: "warning", message: "Not set: LLM_OBSERVE_DIGEST_KEY.", action: "`make access ARGS=secrets` draws secrets." },
    { name: "jobs", status: "failed", message: "A job is overdue: expiry.", action: "See whether its schedule is there." },
    { name: "retention", status: "skipped", message: "The job expiry is overdue: see the check of jobs.", action: null },
    { name: "prices", status: "failed", message: "The project has no prices, so no call has a cost.", action: "Send the prices." },
  ],
};

test("an owner finds every check of the setup under Connect, as the API tells them", async ({ page, people }) => {
  await people.logIn(page, "owner");
  const { checks } = (await (await page.request.get("/api/v1/setup", { headers: HEADERS })).json()) as Body<"Setup">;
  expect(checks.length).toBeGreaterThan(5);
  await page.goto("/settings/connect?tenant=sample");

  const rows = page.getByRole("region", { name: "Setup" }).getByRole("listitem");
  await expect(rows).toHaveCount(checks.length);
  for (const [at, { message, action }] of checks.entries()) {
    await expect(rows.nth(at)).toContainText(draw(message));
    await expect(rows.nth(at)).toContainText(draw(action ?? ""));
  }
});

test("the overview tells an owner of the first check that failed, and leads to what to do", async ({ page, people }) => {
  test.slow(); // Axe looks at every element of large pages, twice.
  await people.logIn(page, "owner");
  await page.route("**/api/v1/setup", (route) => route.fulfill({ json: BROKEN }));
  await page.goto("/overview?tenant=sample");
  const banner = page.getByRole("region", { name: "Setup" });
  await expect(banner).toContainText("Scheduled jobs: A job is overdue: expiry. 2 more.");
  expect(await findViolations(page)).toEqual([]);
  await banner.getByRole("link", { name: "What to do" }).click();

  const rows = page.getByRole("region", { name: "Setup" }).getByRole("listitem");
  await expect(rows.nth(0)).toContainText("make access ARGS=secrets draws secrets.");
  await expect(rows.nth(2)).toContainText("Not checked");
  expect(await findViolations(page)).toEqual([]);
});

test("a viewer is told nothing of the setup", async ({ page, people }) => {
  await people.logIn(page, "viewer");
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await page.goto("/overview?tenant=sample");
  await expect(page.getByRole("table", { name: "Recent traces" }).getByRole("link").first()).toBeVisible();

  await expect(page.getByRole("region", { name: "Setup" })).toHaveCount(0);
  expect(asked).not.toContain("/api/v1/setup");
  expect((await page.request.get("/api/v1/setup", { headers: HEADERS })).status()).toBe(403);
});
