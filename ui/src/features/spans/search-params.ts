import { parseAsString, parseAsStringLiteral } from "nuqs";

import { describeFilter } from "@/lib/figures";
import { explainMisdated, explainUncounted, explainUnknown } from "@/lib/reasons";

/** The filters that lead here from a sum, under the API's names, and the page of the list. */
export const spanParsers = {
  filter: parseAsString,
  usage_uncounted: parseAsString,
  unknown_because: parseAsString,
  possible_duplicate: parseAsStringLiteral(["true", "false"] as const),
  misdated: parseAsStringLiteral(["true", "future", "past"] as const),
  cursor: parseAsString,
};

export type SpanParams = {
  [Name in keyof typeof spanParsers]: ReturnType<(typeof spanParsers)[Name]["parse"]>;
};

/** The filters in words, as a heading of the list. */
export function describeFilters(params: SpanParams): string {
  const parts = [
    params.filter && describeFilter(params.filter),
    params.usage_uncounted && `with usage that is not counted: ${explainUncounted(params.usage_uncounted)}`,
    params.unknown_because && `of unknown cost. ${explainUnknown(params.unknown_because)}`,
    params.possible_duplicate === "true" && "that may be counted twice",
    params.misdated === "true" && "with impossible times",
    params.misdated && params.misdated !== "true" &&
      `with impossible times, ${explainMisdated(params.misdated)}`,
  ].filter((part): part is string => typeof part === "string");
  return parts.length === 0 ? "All spans" : `Spans ${parts.join(", ")}`;
}
