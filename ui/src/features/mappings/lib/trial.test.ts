import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import type { TriedSpan } from "../api";
import { compare, EXAMPLE, readPasted } from "./trial";

const SPAN: TriedSpan = {
  trace_id: "0".repeat(32),
  span_id: "0".repeat(16),
  name: "generate",
  status: "unset",
  dialect: "plain",
  mapped: [],
  fields: {},
  countable: false,
  usage_status: null,
  usage_buckets: null,
  cost_usd: null,
  price_id: null,
  input_length: null,
  output_length: null,
  input: null,
  output: null,
  attributes: { "acme.model": "gpt-4o-mini" },
  dropped_attributes: 0,
  repairs: [],
};

describe("readPasted", () => {
  it.each(["", "{", "[1]", "null", '"text"'])("says in words why %j is no span", (text) => {
    expect(readPasted(text)).toHaveProperty("problem");
  });

  it("takes the example, which is the documentation's own", () => {
    const documented = JSON.parse(readFileSync(`${import.meta.dirname}/../../../../../docs/mappings-trial.json`, "utf8")) as { span: object };
    expect(readPasted(EXAMPLE)).toEqual({ span: documented.span });
  });
});

describe("compare", () => {
  it("puts what the rules change first, and an unknown as a dash", () => {
    const after = { ...SPAN, fields: { input_tokens: 1000, __proto__kept: 1 }, countable: true, cost_usd: 0.00021, attributes: {} };
    const lines = compare(SPAN, after);

    expect(lines.find(({ name }) => name === "Input tokens")).toEqual({ name: "Input tokens", before: "–", after: "1000", changed: true });
    expect(lines.find(({ name }) => name === "Cost")).toMatchObject({ before: "–", after: "$0.00021" });
    const firstSame = lines.findIndex(({ changed }) => !changed);
    expect(lines.slice(firstSame).every(({ changed }) => !changed)).toBe(true);
  });
});
