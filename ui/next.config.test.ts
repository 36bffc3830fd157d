import { expect, it, vi } from "vitest";

import config from "./next.config";

async function findHeaders(source: string): Promise<Map<string, string>> {
  const rules = (await config.headers?.()) ?? [];
  return new Map(rules.filter((rule) => rule.source === source).flatMap(({ headers }) => headers.map(({ key, value }) => [key, value])));
}

it.each([
  ["1", "max-age=63072000; includeSubDomains"],
  ["", undefined],
])("a build with VERCEL=%j pins HTTPS with %j", async (vercel, value) => {
  vi.stubEnv("VERCEL", vercel);

  expect((await findHeaders("/:path*")).get("Strict-Transport-Security")).toBe(value);
});

it("gives what is no page a policy of nothing", async () => {
  for (const source of ["/api/v1/:path*", "/api/auth/:path*", "/_next/static/:path*"]) {
    expect((await findHeaders(source)).get("Content-Security-Policy")).toContain("default-src 'none'");
  }
});
