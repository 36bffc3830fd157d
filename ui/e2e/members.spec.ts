import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

import type { Body } from "../src/lib/api";
import { expect, test } from "./fixtures";

const REPOSITORY = join(__dirname, "..", "..");
const run = promisify(execFile);

/** Lets somebody in, as `make access` does; nobody logs in to this stack. */
async function addMember(tenant: string, role: string): Promise<string> {
  const user = randomUUID();
  const python = join(REPOSITORY, ".venv", "bin", "python");
  const environment = { ...process.env, LLM_OBSERVE_STATE_DIR: dirname(process.env.STACK_JSON ?? ""), SUPABASE_URL: "" };
  await run(python, ["-m", "infra.access", "member", "--tenant", tenant, "--user", user, "--role", role], {
    cwd: REPOSITORY,
    env: environment,
  });
  return user;
}

test.describe("members", () => {
  test.use({ expectedConsole: [/status of 409/] });

  test("a role changes as it is chosen, the last owner stays, and who is taken out is gone", async ({ page, tenant, api }) => {
    const owner = await addMember(tenant, "owner");
    const other = await addMember(tenant, "viewer");
    const list = async () => (await api.read<Body<"MemberList">>("members", tenant)).members.map(({ user_id: id, role }) => [id, role]);
    await page.goto(`/settings/members?tenant=${tenant}`);

    await page.getByLabel(`Role of ${other}`).selectOption("Admin");
    await expect(page.getByText(`${other} is admin now.`)).toBeVisible();
    expect(await list()).toEqual([[owner, "owner"], [other, "admin"]]);

    await page.getByLabel(`Role of ${owner}`).selectOption("Viewer");
    await expect(page.getByText("The role was not changed")).toBeVisible();
    await expect(page.getByLabel(`Role of ${owner}`)).toHaveValue("owner");

    await page.getByRole("button", { name: `Take out ${other}` }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Take out" }).click();
    await expect(page.getByRole("dialog").getByRole("status")).toContainText("comes in no more");
    expect(await list()).toEqual([[owner, "owner"]]);
  });
});

test("an invitation is shown once as a link, listed while it is open, and taken back", async ({ page, tenant, api }) => {
  const list = async () => (await api.read<Body<"MemberList">>("members", tenant)).invitations;
  await page.goto(`/settings/members?tenant=${tenant}`);
  await page.getByRole("button", { name: "Invite" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("E-mail address").fill("anna");
  await dialog.getByRole("button", { name: "Invite", exact: true }).click();
  await expect(dialog.getByRole("alert")).toContainText("no e-mail address");

  await dialog.getByLabel("E-mail address").fill("anna@example.test");
  await dialog.getByLabel("Role").selectOption("Member");
  await dialog.getByRole("button", { name: "Invite", exact: true }).dblclick();
  const link = await dialog.getByRole("group", { name: "link" }).textContent();
  await dialog.getByRole("button", { name: "I have copied it" }).click();

  expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/join\?token=loi_/);
  expect(await list()).toMatchObject([{ email: "anna@example.test", role: "member" }]);
  await page.getByRole("button", { name: "Take back the invitation of anna@example.test" }).click();
  await expect(page.getByRole("region", { name: "Open invitations" })).toHaveCount(0);
  expect(await list()).toEqual([]);
});
