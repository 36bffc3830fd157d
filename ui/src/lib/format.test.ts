import { describe, expect, it } from "vitest";

import {
  formatCost,
  formatCount,
  formatDuration,
  formatExactCost,
  formatInteger,
  formatPercent,
  formatQuantity,
  formatRelativeError,
  shortenTick,
  UNKNOWN,
} from "./format";

it("shows what is unknown as a dash, never as zero", () => {
  for (const format of [formatCost, formatCount, formatDuration, formatExactCost, formatInteger, formatPercent]) {
    expect(format(null)).toBe(UNKNOWN);
    expect(format(undefined)).toBe(UNKNOWN);
    expect(format(0)).not.toBe(UNKNOWN);
  }
});

it("writes by how much a percentile may be off", () => {
  expect(formatRelativeError(0.0434)).toBe("±4.3%");
  expect(formatRelativeError(undefined)).toBe(`±${UNKNOWN}`);
});

it.each([
  [0, "$0"],
  [0.00042, "$0.00042"],
  [0.000000154, "$0.000000154"],
  [0.0156, "$0.0156"],
  [0.5, "$0.50"],
  [0.1, "$0.10"],
  [1.005, "$1.01"],
  [12.3, "$12.30"],
  [1234.5, "$1,234.50"],
  [1_230_000, "$1.23M"],
])("writes %d dollars as %s", (dollars, text) => {
  expect(formatCost(dollars)).toBe(text);
});

it("writes a cost as it is stored, without exponents", () => {
  expect(formatExactCost(0.0000001234)).toBe("$0.0000001234");
});

it.each([
  [0, "0 ms"],
  [0.421, "0.42 ms"],
  [9.999, "10 ms"],
  [640, "640 ms"],
  [999.6, "1.00 s"],
  [2901, "2.90 s"],
  [59_999, "1m 00s"],
  [125_000, "2m 05s"],
  [3_600_000, "1h 00m"],
  [8_460_000, "2h 21m"],
])("writes %d ms as %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

it.each([
  [0, "0"],
  [9999, "9,999"],
  [12_345, "12.3K"],
  [4_560_000, "4.56M"],
])("writes the count %d as %s", (count, text) => {
  expect(formatCount(count)).toBe(text);
});

it.each([
  [0, "0%"],
  [0.0001, "<0.1%"],
  [0.0123, "1.2%"],
  [1, "100%"],
])("writes the share %d as %s", (share, text) => {
  expect(formatPercent(share)).toBe(text);
});

it("drops zeros that say nothing from an axis", () => {
  expect(["2.00 s", "2.50 s", "$0.10", "10 ms", "$3.00"].map(shortenTick)).toEqual([
    "2 s",
    "2.50 s",
    "$0.10",
    "10 ms",
    "$3",
  ]);
});

describe("formatQuantity", () => {
  it("knows one from many", () => {
    expect([0, 1, 1200].map((count) => formatQuantity(count, "span"))).toEqual(["0 spans", "1 span", "1,200 spans"]);
  });
});
