import { randomBytes } from "node:crypto";

import type { APIRequest, APIRequestContext, Request } from "@playwright/test";

import type { Body } from "../../src/lib/api";
import { expect, test as base } from "../fixtures";
import { readStack, SECOND_TENANT, type Person, type Stack } from "../stack";

export { expect };

export type Role = "owner" | "member" | "viewer" | "nobody";

interface Fixtures {
  people: People;
}

/** The people of the stack that was started with --login. Tests that run at the same time share them. */
export class People {
  private readonly loggedIn = new Set<APIRequestContext>();

  constructor(private readonly stack: Stack) {}

  find(role: Role): Person {
    const person = this.stack.login?.find(({ email }) => email.startsWith(`${role}@`));
    if (!person) throw new Error(`Nobody is ${role} here.`);
    return person;
  }

  /** Logs in as the page of the log-in does; the cookies are in the context then. */
  async logIn({ request }: { request: APIRequestContext }, role: Role): Promise<void> {
    const { email, password } = this.find(role);
    const answer = await post(request, this.stack.ui_url, "password", { email, password });
    expect(answer.status(), await answer.text()).toBe(200);
    this.loggedIn.add(request);
  }

  /** Whether a request of theirs would log them out of another test's browser. */
  endsOtherSessions(sent: Request, { request }: { request: APIRequestContext }): boolean {
    if (!this.loggedIn.has(request)) return false;
    const { pathname } = new URL(sent.url());
    if (pathname === "/api/auth/new-password") return true;
    return pathname === "/api/auth/sign-out" && (sent.postDataJSON() as { scope?: string } | null)?.scope !== "local";
  }
}

/** One step of a log-in, sent as a page of the dashboard sends it. */
export function post(request: APIRequestContext, uiUrl: string, step: string, data: Record<string, unknown>) {
  return request.post(`${uiUrl}/api/auth/${step}`, { data, headers: { origin: uiUrl } });
}

/** Somebody of a test alone, whom no other test expects in no tenant and whose sessions are its own. */
export async function makePerson({ data_api_url: url, secret_key: key }: Stack) {
  const person = { email: `e2e-${randomBytes(6).toString("hex")}@example.test`, password: randomBytes(12).toString("hex") };
  const answer = await fetch(`${url}/auth/v1/admin/users`, {
    method: "POST",
    headers: { apikey: key, authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ ...person, email_confirm: true }),
  });
  expect(answer.status).toBe(200);
  return person;
}

/** The same as a viewer of tenant sample, by the owner's invitation. */
export async function makeViewer(stack: Stack, api: APIRequest) {
  const person = await makePerson(stack);
  const [owner, theirs] = [await api.newContext({ baseURL: stack.ui_url }), await api.newContext({ baseURL: stack.ui_url })];
  await new People(stack).logIn({ request: owner }, "owner");
  const made = await owner.post("/api/v1/invitations", { headers: { "x-tenant-id": "sample" }, data: { role: "viewer" } });
  const { token } = (await made.json()) as Body<"CreatedInvitation">;
  await post(theirs, stack.ui_url, "password", person);
  const accepted = await theirs.post("/api/v1/invitations/accept", { data: { token } });
  expect(accepted.status(), await accepted.text()).toBe(200);
  await Promise.all([owner.dispose(), theirs.dispose()]);
  return person;
}

export interface Mail {
  link: string;
  type: string;
  token_hash: string;
  redirect_to: string;
}

/** All mails to somebody, the newest first; the local Auth sends none, and shows them here. */
export async function readMails({ data_api_url: url }: Stack, to: string): Promise<Mail[]> {
  const answer = await fetch(`${url}/mails?${new URLSearchParams({ to })}`, { headers: { accept: "application/json" } });
  return ((await answer.json()) as { mails: Mail[] }).mails;
}

export async function readMail(stack: Stack, to: string): Promise<Mail> {
  const [mail] = await readMails(stack, to);
  if (!mail) throw new Error(`There is no mail to ${to}.`);
  return mail;
}

interface WorkerFixtures {
  loginStack: Stack;
  /** A tenant of the owner's besides `sample`, with one trace. */
  second: { tenant: string; traceId: string };
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  loginStack: [async ({}, use) => use(readStack("LOGIN_STACK_JSON")), { scope: "worker" }],
  stack: async ({ loginStack }, use) => use(loginStack),
  people: async ({ stack, page }, use) => {
    const people = new People(stack);
    const ends: string[] = [];
    // One that is refused, or comes from elsewhere, ends nothing.
    page.on("response", (response) => {
      if (response.status() < 400 && people.endsOtherSessions(response.request(), page)) ends.push(response.url());
    });
    await use(people);
    expect(ends, "makeViewer makes somebody whose sessions a test may end").toEqual([]);
  },
  second: [
    async ({ playwright, loginStack }, use) => {
      const request = await playwright.request.newContext({ baseURL: loginStack.ui_url });
      await new People(loginStack).logIn({ request }, "owner");
      const headers = { "x-tenant-id": SECOND_TENANT };
      const run = await request.post("/api/v1/demo/run", { headers, data: {} });
      const { trace_id: traceId } = (await run.json()) as Body<"DemoRun">;
      await expect.poll(async () => (await request.get(`/api/v1/traces/${traceId}`, { headers })).status()).toBe(200);
      await request.dispose();
      await use({ tenant: SECOND_TENANT, traceId });
    },
    { scope: "worker" },
  ],
});
