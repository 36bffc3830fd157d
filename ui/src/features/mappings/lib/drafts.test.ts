import { describe, expect, it } from "vitest";

import { addDraft, findRowProblems, isSame, placeRefusal, toDrafts, toRules } from "./drafts";

const RULES = [
  { attribute: "acme.model", field: "request_model", value: null },
  { attribute: "acme.model", field: "operation", value: "chat" },
] as const;

describe("drafts", () => {
  it("come back as the rules they were made of", () => {
    expect(toRules(toDrafts(RULES))).toEqual(RULES);
    expect(isSame(toDrafts(RULES), RULES)).toBe(true);
    expect(isSame(addDraft(toDrafts(RULES)), RULES)).toBe(false);
  });

  it("get ids that no other row has, also after one went", () => {
    const [, second] = toDrafts(RULES);
    const ids = addDraft(second ? [second] : []).map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
  });
});

describe("findRowProblems", () => {
  it("finds none in good rules", () => expect(findRowProblems(toDrafts(RULES)).size).toBe(0));

  it("says at its row what is missing, too long or there twice", () => {
    const drafts = [
      { id: 0, attribute: " ", field: "provider", value: "" },
      { id: 1, attribute: "a".repeat(257), field: "provider", value: "" },
      { id: 2, attribute: "acme.model", field: "operation", value: "a\nb" },
      { id: 3, attribute: "acme.model ", field: "operation", value: "" },
    ] as const;
    expect([...findRowProblems(drafts)].map(([id, problems]) => [id, Object.keys(problems)])).toEqual([
      [0, ["attribute"]],
      [1, ["attribute"]],
      [2, ["value"]],
      [3, ["field"]],
    ]);
  });

  it.each([
    ["tag:plan", false],
    ["tag:", true],
    ["tag:two words", true],
    [`tag:${"k".repeat(65)}`, true],
  ])("says whether %s is a tag", (field, wrong) => {
    const found = findRowProblems([{ id: 0, attribute: "a", field, value: "" }]);
    expect(found.get(0)?.field !== undefined).toBe(wrong);
  });
});

describe("placeRefusal", () => {
  const drafts = toDrafts(RULES).map((draft) => ({ ...draft, id: draft.id + 10 }));

  it("puts the API's words at the row that they are about", () => {
    const told = placeRefusal(new Error("body.mappings.1.value: String should have at most 256 characters"), drafts);
    expect(told).toEqual(new Map([[11, { value: "May have at most 256 characters" }]]));
    expect(placeRefusal(new Error("Rule 1 has no field that a rule can fill."), drafts)?.has(10)).toBe(true);
  });

  it("leaves what is about no row to the page", () => {
    expect(placeRefusal(new Error("mappings has more than 200 rules."), drafts)).toBeNull();
  });
});
