import { formatQuantity } from "./format";

/** Answered calls that a sum of cost leaves out, each as the API tells it. */
export interface Gaps {
  /** Their usage is known, and no price for it. */
  unpriced: number;
  /** Their usage is not known. */
  unmeasured: number;
}

/** The gaps of a body that sums calls up. */
export function toGaps(body: { unpriced_requests: number; unmeasured_requests: number }): Gaps {
  return { unpriced: body.unpriced_requests, unmeasured: body.unmeasured_requests };
}

/** In words, as in "2 requests without a price, 1 request without usage"; null where none is left out. */
export function describeGaps({ unpriced, unmeasured }: Gaps): string | null {
  const parts = [
    unpriced > 0 ? `${formatQuantity(unpriced, "request")} without a price` : null,
    unmeasured > 0 ? `${formatQuantity(unmeasured, "request")} without usage` : null,
  ].filter((part) => part !== null);
  return parts.length > 0 ? parts.join(", ") : null;
}
