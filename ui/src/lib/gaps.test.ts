import { expect, it } from "vitest";

import { describeGaps } from "./gaps";

it.each([
  [0, 0, null],
  [1, 0, "1 request without a price"],
  [0, 2, "2 requests without usage"],
  [3, 1, "3 requests without a price, 1 request without usage"],
])("tells %i unpriced and %i unmeasured requests apart", (unpriced, unmeasured, words) => {
  expect(describeGaps({ unpriced, unmeasured })).toBe(words);
});
