import { describe, expect, it } from "vitest";

import { explain, readProblem } from "./problems";

describe("explain", () => {
  it.each([
    ["body.name: String should have at least 1 character", "Name must not be empty."],
    ["query.trace_id: String should match pattern '^[0-9a-f]{32}$'", "Trace id has characters that are not allowed here."],
    ["body.span_days: Input should be greater than or equal to 1", "Span days must be at least 1."],
    ["body.mappings.0.attribute: String should have at most 256 characters", "Mappings 1 attribute may have at most 256 characters."],
    ["body.overlap_hours: Input should be less than or equal to 72", "Overlap hours may be at most 72."],
    ["body.user_id: Field required", "User id is missing."],
    ["Rule 3 has no field that a rule can fill.", "Mappings 3 has no field that a rule can fill."],
  ])("says %j as a sentence that needs no knowledge of the API", (message, sentence) => {
    expect(explain(message)).toBe(sentence);
  });

  it.each(["This key was rotated or revoked already, or has expired.", "The API answered 500", ""])(
    "leaves %j as it is: the API meant it for people",
    (message) => expect(explain(message)).toBe(message),
  );

  it("shows no pattern, whichever field has one", () => {
    expect(explain("path.key_id: String should match pattern '^[0-9a-z]{8}$'")).not.toMatch(/[\^$[\]{}]/);
  });
});

describe("readProblem", () => {
  it("counts rules from zero, whether a type or the database found the fault", () => {
    expect(readProblem("body.mappings.2.value: String should have at least 1 character").place).toEqual(["mappings", "2", "value"]);
    expect(readProblem("Rule 3 fills the same field from the same attribute as an earlier one.").place).toEqual(["mappings", "2"]);
  });
});
