import type { Body } from "./api";

/** Why usage or cost of a call is not known, by the API's names. */
const UNKNOWN_BECAUSE = {
  usage_not_told: "The sender told no usage, so tokens and cost are unknown.",
  usage_estimated: "The sender's counts are its own guess, so tokens and cost are unknown.",
  usage_contradictory: "The sender's counts contradict each other, so tokens and cost are unknown.",
  model_not_told: "The sender named no model, so the cost is unknown.",
  model_not_priced: "No price is known for this model. Unknown is not free.",
  tier_not_told: "A service tier was asked for and none was told that served, and they differ in price.",
  tier_not_priced: "No price is known for this model at this service tier.",
  before_prices: "The price list begins after this call.",
  cache_not_told: "How much of the input came from the cache was not told, and it has another price.",
  reasoning_not_told: "How much of the output was reasoning was not told, and it has another price.",
  image_not_told: "How much of the tokens were of images was not told, and they have another price.",
  part_not_priced: "A part of the usage has no price of its own in the list, or another model took a part of the call.",
};

/** Why a span with usage is no model call. */
const USAGE_UNCOUNTED = {
  repeats_calls: "an agent, a workflow or a tool repeats the usage of its calls",
  no_model: "no model is named",
};

const MISDATED = {
  future: "in the future",
  past: "long ago",
};

/** Changes that a span needed to be stored. */
const REPAIRS = {
  attributes_dropped: "Attributes beyond the limit were left out.",
  content_dropped: "Content beyond the limit was left out.",
  end_before_start: "It ended before it started: its duration is zero.",
  events_dropped: "Events beyond the limit were left out.",
  field_dropped: "A field that could not be read was left out.",
  field_renamed: "A field stood under another spelling and was read.",
  id_pseudonymized: "An id in the form of a credential is stored as a pseudonym.",
  links_dropped: "Links beyond the limit were left out.",
  number_as_text: "A number was written as text and was read.",
  parent_dropped: "A parent that is no span id was left out.",
  tags_dropped: "Tags beyond sixteen, or of no readable value, were left out.",
  text_cleaned: "Characters that cannot be stored were taken out of a text.",
  text_dropped: "A text beyond the limit was left out.",
  time_clamped: "A time beyond all dates was moved to the last one.",
  time_missing: "A time was missing.",
  time_unit_changed: "Its times came in another unit and were read in nanoseconds.",
  time_units_differ: "Its start and its end came in different units.",
  usage_added: "Parts of the usage stood beside its total and were added.",
  usage_dropped: "A usage that contradicts itself was left out.",
  value_cut: "A long value was cut.",
  value_dropped: "A value that could not be read was left out.",
};

/** A name comes from outside, and is never a key of an object. */
const toMap = (words: object): ReadonlyMap<string, string> => new Map(Object.entries(words) as [string, string][]);
const WORDS = {
  unknown: toMap(UNKNOWN_BECAUSE),
  uncounted: toMap(USAGE_UNCOUNTED),
  misdated: toMap(MISDATED),
  repairs: toMap(REPAIRS),
};

export const REASONS = { UNKNOWN_BECAUSE, USAGE_UNCOUNTED, MISDATED, REPAIRS };

/** A reason in words; one that this dashboard does not know by its name. */
export function explainUnknown(because: string): string {
  return WORDS.unknown.get(because) ?? `Unknown: ${because}.`;
}

export function explainUncounted(because: string): string {
  return WORDS.uncounted.get(because) ?? because;
}

export function explainMisdated(misdated: string): string {
  return WORDS.misdated.get(misdated) ?? misdated;
}

export function explainRepair(repair: string): string {
  return WORDS.repairs.get(repair) ?? repair;
}

/** Spans that a sum leaves out, or may hold twice, and the filter that lists them. */
export interface LeftOutLine {
  spans: number;
  words: string;
  filter: Record<string, string>;
}

/** The lines under the sums, as in "3 spans with usage are not counted: no model is named". */
export function listLeftOut(totals: Pick<Body<"WindowTotals">, "left_out" | "possible_duplicates">): LeftOutLine[] {
  const { usage_uncounted: uncounted, misdated } = totals.left_out;
  return [
    ...uncounted.map(({ because, spans }) => ({
      spans,
      words: `with usage ${spans === 1 ? "is" : "are"} not counted: ${explainUncounted(because)}`,
      filter: { usage_uncounted: because },
    })),
    {
      spans: totals.possible_duplicates,
      words: `may be counted twice: another span may tell of the same call`,
      filter: { possible_duplicate: "true" },
    },
    {
      spans: misdated.future,
      words: "with impossible times, in the future, are in no sum",
      filter: { misdated: "future" },
    },
    {
      spans: misdated.past,
      words: "with impossible times, long ago, are in no sum",
      filter: { misdated: "past" },
    },
  ].filter(({ spans }) => spans > 0);
}
