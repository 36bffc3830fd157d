import { describe, expect, it } from "vitest";

import { findAddressProblem, writeLink } from "./invitations";

describe("findAddressProblem", () => {
  it.each(["", "anna@example.com", "a.b+c@sub.example.org"])("takes %j", (address) => {
    expect(findAddressProblem(address)).toBeNull();
  });

  it.each(["anna", "anna@", "@example.com", "anna @example.com", "änna@example.com"])("says in words why %j is none", (address) => {
    expect(findAddressProblem(address)).toMatch(/^That is no e-mail address/);
  });
});

describe("writeLink", () => {
  it("leads to the page that accepts, with the whole token", () => {
    const link = new URL(writeLink("https://dash.example.com", "loi_a+b/c="));
    expect([link.pathname, link.searchParams.get("token")]).toEqual(["/join", "loi_a+b/c="]);
  });
});
