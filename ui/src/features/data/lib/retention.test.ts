import { describe, expect, it } from "vitest";

import { deletesMore, findDaysProblems, toForm, toRetention } from "./retention";

describe("the retention form", () => {
  it("keeps where nothing is written, both ways", () => {
    expect(toRetention({ spans: "", contents: " " })).toEqual({ span_days: null, content_days: null });
    expect(toForm({ span_days: 90, content_days: null, last_run: null, next_run: null })).toEqual({ spans: "90", contents: "" });
  });

  it.each(["0", "-1", "3651", "1.5", "a", "1e3"])("takes no %j for days", (days) => {
    expect(findDaysProblems({ spans: days, contents: "" }).spans).toBeDefined();
  });

  it("refuses contents that would outlive their spans", () => {
    expect(findDaysProblems({ spans: "30", contents: "31" }).contents).toContain("longer");
    expect(findDaysProblems({ spans: "30", contents: "30" })).toEqual({});
    expect(findDaysProblems({ spans: "", contents: "30" })).toEqual({});
  });

  it("knows which change begins to delete", () => {
    const before = { span_days: 90, content_days: null, last_run: null, next_run: null };
    expect(deletesMore(before, { span_days: 90, content_days: 90 })).toBe(true);
    expect(deletesMore(before, { span_days: 30, content_days: null })).toBe(true);
    expect(deletesMore(before, { span_days: null, content_days: null })).toBe(false);
    expect(deletesMore(before, { span_days: 91, content_days: null })).toBe(false);
  });
});
