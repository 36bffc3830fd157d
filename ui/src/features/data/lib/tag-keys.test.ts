import { expect, test } from "vitest";

import { areOthers, findKeyProblem } from "./tag-keys";

test("a key is added once, and counted by characters", () => {
  expect(findKeyProblem(" ", [])).toBeNull();
  expect(findKeyProblem(" plan ", ["team"])).toBeNull();
  expect(findKeyProblem(" plan ", ["plan"])).toContain("chosen already");
  expect(findKeyProblem("😀".repeat(64), [])).toBeNull();
  expect(findKeyProblem("😀".repeat(65), [])).toContain("at most 64");
});

test("the same keys in another order are no change", () => {
  expect(areOthers(["plan", "team"], ["team", "plan"])).toBe(false);
  expect(areOthers(["plan"], ["team"])).toBe(true);
  expect(areOthers(["plan"], [])).toBe(true);
});
