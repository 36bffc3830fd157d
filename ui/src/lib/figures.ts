/** What a filter of spans keeps of each count of the sums (docs/metrics.md): a count leads to its rows. */
export const FIGURES = {
  errors: "is:counted is:failed",
  unpriced: "is:unpriced",
  unmeasured: "is:unmeasured",
} as const;

type Figure = keyof typeof FIGURES;

const WORDS: Record<Figure, string> = {
  errors: "of failed calls",
  unpriced: "of calls without a price",
  unmeasured: "of calls without usage",
};

/** The filter of a figure; of a group's, whose own terms stand before it. Null where no filter has them. */
export function toFilter(figure: Figure, group: string | null = ""): string | null {
  return group === null ? null : `${group} ${FIGURES[figure]}`.trim();
}

/** A filter in words, as far as it is a figure's; the rest as it is written. */
export function describeFilter(filter: string): string {
  for (const figure of ["errors", "unpriced", "unmeasured"] as const) {
    if (filter === FIGURES[figure]) return WORDS[figure];
    if (filter.endsWith(` ${FIGURES[figure]}`)) {
      return `${WORDS[figure]}, ${filter.slice(0, -FIGURES[figure].length - 1)}`;
    }
  }
  return `under the filter ${filter}`;
}
