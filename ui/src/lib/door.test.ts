import { describe, expect, it } from "vitest";

import { refuseHost, refuseOrigin } from "./door";

describe("a Host", () => {
  const judge = (host: string | null, environment = {}) =>
    refuseHost(new Headers(host === null ? {} : { host }), environment)?.status ?? "in";

  it.each(["localhost", "LOCALHOST:3000", "127.0.0.1:3000", "[::1]:3000", "[::1]", "host.docker.internal:80"])(
    "%s is this machine",
    (host) => {
      expect(judge(host)).toBe("in");
    },
  );

  it.each([
    "rebind.evil.example",
    "rebind.evil.example:3000",
    "localhost.evil.example",
    "evil-localhost",
    "localhost.",
    "localhost:3000.evil.example",
    "localhost:3000@evil.example",
    "127.0.0.1.nip.io",
    "127.0.0.2",
    "127.1",
    "[::2]",
    "::1",
    "localhost, evil.example",
    "localhost/",
    "constructor",
    "",
    null,
  ])("%s is another", (host) => {
    expect(judge(host)).toBe(421);
  });

  it("may be named, and then that name and no other", () => {
    const environment = { LLM_OBSERVE_DEV_HOSTS: " Laptop.lan, ,obs.example.com" };

    expect(judge("laptop.lan:3000", environment)).toBe("in");
    expect(judge("obs.example.com", environment)).toBe("in");
    expect(judge("sub.obs.example.com", environment)).toBe(421);
    expect(judge("", environment)).toBe(421);
  });

  it("is the platform's own on Vercel", () => {
    expect(judge("obs.example.com", { VERCEL: "1" })).toBe("in");
    expect(judge("obs.example.com", { VERCEL: "0" })).toBe(421);
  });

  it("is told what to do", () => {
    expect(refuseHost(new Headers({ host: "x.example" }), {})?.message).toMatch(/LLM_OBSERVE_DEV_HOSTS.*restart/);
  });
});

describe("an origin", () => {
  const judge = (headers: Record<string, string>) => refuseOrigin(new Headers({ host: "localhost:3000", ...headers }));

  it.each([
    {},
    { origin: "http://localhost:3000" },
    { origin: "https://localhost:3000" },
    { "sec-fetch-site": "same-origin", origin: "http://localhost:3000" },
    { "sec-fetch-site": "none" },
  ])("is let in with %j", (headers) => {
    expect(judge(headers)).toBeNull();
  });

  it.each([
    { origin: "https://evil.example" },
    { origin: "http://localhost:4000" },
    { origin: "http://localhost:3000.evil.example" },
    { origin: "http://evil.example#localhost:3000" },
    { origin: "null" },
    { origin: "" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site", origin: "http://localhost:3000" },
    { "sec-fetch-site": "cross-site", origin: "http://localhost:3000" },
    { "sec-fetch-site": "" },
  ])("is refused with %j", (headers) => {
    expect(judge(headers as Record<string, string>)).toMatchObject({ status: 403, code: "origin_not_allowed" });
  });
});
