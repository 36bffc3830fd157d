import { describe, expect, it } from "vitest";

import { toLinkedPath, toLoginPath, toNextPath } from "./next-path";

describe("the way on after a log-in", () => {
  it.each([
    "/traces",
    "/traces/0af7651916cd43dd8448eb211c80319c?tenant=sample&range=7d",
    "/traces?q=https://evil.example",
    "/settings/keys#new",
  ])("leads to %s", (path) => {
    expect(toNextPath(path)).toBe(path);
  });

  it.each([
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "https://evil.example",
    "https:evil.example",
    "https:/evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "@evil.example",
    "/..//evil.example",
    "/.//evil.example",
    "/%2e%2e//evil.example",
    "/a/..//evil.example",
    "/%2fevil.example",
    "/%5Cevil.example",
    "/%09/evil.example",
    "/login",
    "/login?next=/login",
    "/auth/confirm?token_hash=x",
    "/api/v1/me",
    "/api/auth/callback?code=x",
    "/_next/static/x.js",
    "/",
    "",
    null,
    undefined,
  ])("leads to the first page instead of %j", (path) => {
    expect(toNextPath(path)).toBe("/overview");
  });
});

it("names the page in the address of the log-in, unless it is the first one", () => {
  expect(toLoginPath("/traces?tenant=a&range=7d")).toBe("/login?next=%2Ftraces%3Ftenant%3Da%26range%3D7d");
  expect(toLoginPath("/overview")).toBe("/login");
  expect(toLoginPath("//evil.example")).toBe("/login");
});

describe("the page that a mail's template names", () => {
  const OWN = "https://observe.example.com";

  it.each([
    [`${OWN}/api/auth/callback?next=%2Fjoin%3Ftoken%3Dloi_x`, "/join?token=loi_x"],
    [`${OWN}/traces?tenant=sample`, "/traces?tenant=sample"],
    ["/account", "/account"],
    [OWN, "/overview"],
    [undefined, "/overview"],
  ])("%s leads to %s", (wanted, path) => {
    expect(toLinkedPath(wanted, OWN)).toBe(path);
  });

  it.each([
    "https://evil.example/traces",
    `${OWN}.evil.example/traces`,
    `${OWN}@evil.example/`,
    `${OWN}/\\evil.example`,
    `${OWN}//evil.example`,
    `${OWN}/api/auth/callback?next=https%3A%2F%2Fevil.example`,
    `${OWN}/api/auth/callback?next=%2F%2Fevil.example`,
    `${OWN}/api/v1/me`,
  ])("%s leads to no other host and to no route", (wanted) => {
    expect(toLinkedPath(wanted, OWN)).toBe("/overview");
  });
});
