import { describe, expect, it } from "vitest";

import { listDetails, nameAction, nameActor } from "./words";

describe("nameAction", () => {
  it.each([
    ["api_key.created", "Key added"],
    ["membership.deleted", "Member removed"],
    ["tenant.digests_shredded", "Tenant digests shredded"],
    ["price_list.frozen", "Price list frozen"],
    ["__proto__.created", "  proto   added".trim().replace(/ +/g, " ")],
  ])("says %s as %j", (action, words) => expect(nameAction(action).replace(/ +/g, " ").toLowerCase()).toBe(words.toLowerCase()));
});

describe("nameActor", () => {
  it("tells a person, a key and a database role apart", () => {
    expect(nameActor("user:7d0c")).toBe("Person 7d0c");
    expect(nameActor("god8h4z3")).toBe("Key god8h4z3");
    expect(nameActor("service_role")).toBe("service_role");
  });
});

describe("listDetails", () => {
  it("writes a change with both sides, and a missing one as none", () => {
    expect(listDetails({ span_days: { from: null, to: 90 }, scopes: ["read", "admin"] })).toEqual([
      { name: "span days", text: "none → 90" },
      { name: "scopes", text: "read, admin" },
    ]);
  });
});
