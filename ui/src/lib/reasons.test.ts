import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

import { explainRepair, explainUnknown, listLeftOut, REASONS } from "./reasons";

const SEMCONV = readFileSync(new URL("../../../src/llm_observe/semconv.py", import.meta.url), "utf8");

/** The names in one of the library's lists. */
function readList(name: string): string[] {
  const list = new RegExp(`^${name} = Literal\\[([^\\]]*)\\]`, "m").exec(SEMCONV)?.[1] ?? "";
  return [...list.matchAll(/"(\w+)"/g)].map(([, word]) => word ?? "");
}

it.each([
  ["UnknownBecause", REASONS.UNKNOWN_BECAUSE],
  ["UsageUncounted", REASONS.USAGE_UNCOUNTED],
  ["Repair", REASONS.REPAIRS],
] as const)("has words for each name of %s", (name, words) => {
  const names = readList(name);
  expect(names.length).toBeGreaterThan(1);
  expect(Object.keys(words).toSorted()).toEqual(names.toSorted());
});

it("shows a name that it does not know as it is", () => {
  expect(explainUnknown("some_day")).toBe("Unknown: some_day.");
  expect(explainRepair("some_day")).toBe("some_day");
});

it("lists what sums leave out, each with its filter, and nothing that is zero", () => {
  const lines = listLeftOut({
    possible_duplicates: 2,
    left_out: {
      usage_uncounted: [
        { because: "no_model", spans: 3 },
        { because: "repeats_calls", spans: 1 },
      ],
      misdated: { future: 4, past: 0 },
    },
  });
  expect(lines.map(({ spans, words }) => `${spans} ${words}`)).toEqual([
    "3 with usage are not counted: no model is named",
    "1 with usage is not counted: an agent, a workflow or a tool repeats the usage of its calls",
    "2 may be counted twice: another span may tell of the same call",
    "4 with impossible times, in the future, are in no sum",
  ]);
  expect(lines.map(({ filter }) => filter)).toEqual([
    { usage_uncounted: "no_model" },
    { usage_uncounted: "repeats_calls" },
    { possible_duplicate: "true" },
    { misdated: "future" },
  ]);
});
