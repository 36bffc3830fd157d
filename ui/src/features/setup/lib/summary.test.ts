import { describe, expect, it } from "vitest";

import type { Check } from "../api";
import { summarize, toTitle } from "./summary";

const check = (name: string, status: Check["status"]): Check => ({ name, status, message: "", action: null });

describe("summarize", () => {
  it("finds nothing where all is well or was not asked", () => {
    expect(summarize([])).toBeNull();
    expect(summarize([check("secrets", "ok"), check("jobs", "skipped")])).toBeNull();
  });

  it("names the first that failed, before any warning, and counts the others", () => {
    const checks = [check("secrets", "warning"), check("jobs", "failed"), check("retention", "skipped"), check("prices", "failed")];

    expect(summarize(checks)).toEqual({ first: checks[1], failed: true, others: 2 });
  });

  it("names the first warning where nothing failed", () => {
    const checks = [check("secrets", "ok"), check("jobs", "warning")];

    expect(summarize(checks)).toEqual({ first: checks[1], failed: false, others: 0 });
  });
});

it("gives a check that it does not know its own name", () => {
  expect(toTitle(check("pre_request", "ok"))).toBe("Ended keys");
  expect(toTitle(check("new_thing", "ok"))).toBe("new thing");
});
