import { expect, it } from "vitest";

import { describeFilters, type SpanParams } from "./search-params";

const NONE: SpanParams = {
  filter: null,
  usage_uncounted: null,
  unknown_because: null,
  possible_duplicate: null,
  misdated: null,
  cursor: null,
};

it.each([
  [{}, "All spans"],
  [{ filter: "is:counted is:failed" }, "Spans of failed calls"],
  [{ filter: "model:gpt-5 is:unpriced" }, "Spans of calls without a price, model:gpt-5"],
  [{ filter: "cost>0.1" }, "Spans under the filter cost>0.1"],
  [{ usage_uncounted: "no_model" }, "Spans with usage that is not counted: no model is named"],
  [{ possible_duplicate: "true" }, "Spans that may be counted twice"],
  [{ misdated: "future" }, "Spans with impossible times, in the future"],
  [{ misdated: "true" }, "Spans with impossible times"],
] as [Partial<SpanParams>, string][])("says in words what is listed: %o", (params, words) => {
  expect(describeFilters({ ...NONE, ...params })).toBe(words);
});
