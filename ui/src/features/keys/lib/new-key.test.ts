import { describe, expect, it } from "vitest";

import { EMPTY_KEY, findKeyProblems, toNewKey } from "./new-key";

describe("findKeyProblems", () => {
  it("finds none in a whole form", () => {
    expect(findKeyProblems({ ...EMPTY_KEY, name: "backend" })).toEqual({});
  });

  it("names each field that is wrong, without a pattern", () => {
    const problems = findKeyProblems({ name: " ", environment: "My App", scopes: [], lifetime: "never" });
    expect(Object.keys(problems).sort()).toEqual(["environment", "name", "scopes"]);
    expect(Object.values(problems).join(" ")).not.toMatch(/[\^$[\]{}\\]/);
  });
});

describe("toNewKey", () => {
  it("turns a lifetime into a moment, and never into none", () => {
    const now = Date.parse("2026-11-29T00:00:00Z");
    expect(toNewKey({ ...EMPTY_KEY, name: " a ", lifetime: "30d" }, now)).toMatchObject({
      name: "a",
      expires_at: "2026-12-29T00:00:00.000Z",
    });
    expect(toNewKey({ ...EMPTY_KEY, name: "a" }, now).expires_at).toBeNull();
  });
});
