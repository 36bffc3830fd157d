import { randomBytes } from "node:crypto";

import { expect, test as base, type APIRequestContext } from "@playwright/test";

import type { Body } from "../src/lib/api";
import { readStack, type Stack } from "./stack";

export { expect };

interface Fixtures {
  stack: Stack;
  /** A tenant that no other test has. */
  tenant: string;
  api: Api;
  /** Messages of the console that a test expects; all others fail it. */
  expectedConsole: RegExp[];
  guard: void;
}

/** The API itself, not through the dashboard: what pages show is held against it. */
export class Api {
  constructor(
    private readonly request: APIRequestContext,
    private readonly url: string,
  ) {}

  async read<T>(path: string, tenant: string): Promise<T> {
    const response = await this.request.get(`${this.url}/${path}`, { headers: { "x-tenant-id": tenant } });
    expect(response.status(), await response.text()).toBe(200);
    return (await response.json()) as T;
  }

  readTrace(traceId: string, tenant: string): Promise<Body<"TraceDetail">> {
    return this.read<Body<"TraceDetail">>(`traces/${traceId}`, tenant);
  }

  readTraces(tenant: string, query: Record<string, string> = {}): Promise<Body<"TracePage">> {
    return this.read<Body<"TracePage">>(`traces?${new URLSearchParams(query)}`, tenant);
  }

  readMetrics(tenant: string, query: Record<string, string>): Promise<Body<"Metrics">> {
    return this.read<Body<"Metrics">>(`metrics?${new URLSearchParams(query)}`, tenant);
  }

  /** Runs a program and waits for its trace. */
  async run(program: "run" | "fake_app", tenant: string): Promise<Body<"TraceDetail">> {
    const response = await this.request.post(`${this.url}/demo/${program}`, {
      headers: { "x-tenant-id": tenant },
    });
    const { trace_id: traceId } = (await response.json()) as { trace_id: string };
    await expect
      .poll(async () => {
        const answer = await this.request.get(`${this.url}/traces/${traceId}`, {
          headers: { "x-tenant-id": tenant },
        });
        return answer.status();
      })
      .toBe(200);
    return this.readTrace(traceId, tenant);
  }
}

export const test = base.extend<Fixtures>({
  stack: async ({}, use) => use(readStack()),
  baseURL: async ({ stack }, use) => use(stack.ui_url),
  tenant: async ({}, use) => use(`e2e-${randomBytes(6).toString("hex")}`),
  api: async ({ request, stack }, use) => use(new Api(request, stack.api_url)),
  expectedConsole: [[], { option: true }],
  guard: [
    async ({ page, expectedConsole }, use) => {
      const complaints: string[] = [];
      const complain = (text: string) => {
        if (!expectedConsole.some((pattern) => pattern.test(text))) complaints.push(text);
      };
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) complain(`${message.type()}: ${message.text()}`);
      });
      page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
      page.on("request", (request) => {
        const { protocol, hostname } = new URL(request.url());
        const local = hostname === "127.0.0.1" || ["data:", "blob:", "about:"].includes(protocol);
        if (!local) complaints.push(`request to ${request.url()}`);
      });
      await page.exposeFunction("reportViolation", complain);
      await page.addInitScript(() => {
        document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => {
          const text = `Content Security Policy: ${effectiveDirective} refused ${blockedURI}`;
          (window as unknown as { reportViolation: (text: string) => void }).reportViolation(text);
        });
      });
      await use();
      expect(complaints, "no console errors, no requests to other hosts").toEqual([]);
    },
    { auto: true },
  ],
});
