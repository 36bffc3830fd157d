import { describe, expect, it } from "vitest";

import { BUCKET_MS, formatUtcTime, RANGE_FACTS, RANGES, toMicroseconds, toWindow } from "./time";

const NOW = Date.parse("2026-11-23T18:27:03.500Z");

describe("toWindow", () => {
  it("ends with the bucket that now is in", () => {
    expect(toWindow("24h", NOW)).toEqual({
      start: "2026-11-22T19:00:00.000Z",
      end: "2026-11-23T19:00:00.000Z",
    });
  });

  it.each(RANGES)("holds only whole buckets over %s, and few enough to draw", (range) => {
    const { start, end } = toWindow(range, NOW);
    const buckets = (Date.parse(end) - Date.parse(start)) / BUCKET_MS[RANGE_FACTS[range].bucket];

    expect(Number.isInteger(buckets)).toBe(true);
    expect(buckets).toBeLessThanOrEqual(168);
    expect(Date.parse(end)).toBeGreaterThan(NOW);
  });
});

describe("toMicroseconds", () => {
  it.each([
    ["1970-01-01T00:00:01Z", 1_000_000],
    ["1970-01-01T00:00:00.5Z", 500_000],
    ["1970-01-01T00:00:00.000001Z", 1],
    ["1970-01-01T00:00:00.123456789Z", 123_456],
    ["1970-01-01T01:00:00.000007+01:00", 7],
  ])("reads %s", (iso, microseconds) => {
    expect(toMicroseconds(iso)).toBe(microseconds);
  });
});

it("names the zone of a UTC time", () => {
  expect(formatUtcTime("2026-11-23T18:27:03.5Z")).toBe("2026-11-23 18:27:03.500 UTC");
});
