import { expect, it } from "vitest";

import { roundUp, toAxisTicks } from "./steps";

it.each([
  [0.1, 0.1],
  [0.11, 0.2],
  [0.22, 0.25],
  [3, 5],
  [7, 10],
  [1000, 1000],
])("rounds %d up to %d", (least, round) => {
  expect(roundUp(least)).toBeCloseTo(round, 12);
});

it.each([
  [0, [0]],
  [0.27, [0, 0.1, 0.2, 0.3]],
  [76, [0, 50, 100]],
  [150_000, [0, 50_000, 100_000, 150_000]],
])("divides an axis up to %d", (top, ticks) => {
  const actual = toAxisTicks(top, 3);

  expect(actual).toHaveLength(ticks.length);
  actual.forEach((tick, index) => expect(tick).toBeCloseTo(ticks[index] ?? NaN, 12));
});

it("counts whole things in whole steps", () => {
  expect(toAxisTicks(1, 3, 1)).toEqual([0, 1]);
});
