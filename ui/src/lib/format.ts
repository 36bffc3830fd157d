/** Stands for an unknown value; a zero would be a claim. */
export const UNKNOWN = "–";

type Maybe<T> = T | null | undefined;

const LOCALE = "en-US";
const integer = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat(LOCALE, { notation: "compact", maximumSignificantDigits: 3 });
const cents = new Intl.NumberFormat(LOCALE, { style: "currency", currency: "USD" });

/** A whole number with separators: 1,234,567. */
export function formatInteger(value: Maybe<number>): string {
  return value == null ? UNKNOWN : integer.format(value);
}

/** A count that fits a narrow column: exact below 10,000, then 12.3K, 4.56M. */
export function formatCount(value: Maybe<number>): string {
  if (value == null) return UNKNOWN;
  return Math.abs(value) < 10_000 ? integer.format(value) : compact.format(value);
}

/** US dollars with at least two significant digits, however small: $0.00042. */
export function formatCost(value: Maybe<number>): string {
  if (value == null) return UNKNOWN;
  if (value === 0) return "$0";
  const size = Math.abs(value);
  if (size >= 100_000) return `$${compact.format(value)}`;
  if (size >= 1) return cents.format(value);
  const leadingZeros = Math.floor(-Math.log10(size));
  return `$${trimZeros(value.toFixed(Math.min(leadingZeros + 3, 12)), 2)}`;
}

/** The cost as it is stored, for a tooltip beside the rounded one. */
export function formatExactCost(value: Maybe<number>): string {
  return value == null ? UNKNOWN : `$${trimZeros(value.toFixed(12), 2)}`;
}

/** Milliseconds in the unit a person would choose: 0.42 ms, 640 ms, 2.90 s, 2m 05s. */
export function formatDuration(ms: Maybe<number>): string {
  if (ms == null) return UNKNOWN;
  if (ms === 0) return "0 ms";
  if (ms < 9.995) return `${ms.toFixed(2)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_995) return `${(ms / 1000).toFixed(2)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${twoDigits(seconds % 60)}s`;
  return `${Math.floor(seconds / 3600)}h ${twoDigits(Math.floor((seconds % 3600) / 60))}m`;
}

/** A share of one as a percentage: 0.012 → 1.2%; what is not zero never shows as zero. */
export function formatPercent(share: Maybe<number>): string {
  if (share == null) return UNKNOWN;
  if (share > 0 && share < 0.0005) return "<0.1%";
  return `${trimZeros((share * 100).toFixed(1), 0)}%`;
}

/** By how much a percentile may be off: "±4.3%". */
export function formatRelativeError(share: Maybe<number>): string {
  return `±${formatPercent(share)}`;
}

/** The same text for an axis, where zeros after the point say nothing: "2.00 s" is "2 s". */
export function shortenTick(text: string): string {
  return text.replace(/\.0+(?=\D|$)/, "");
}

/** "1 span", "2 spans": English plurals that only add an s. */
export function formatQuantity(count: number, noun: string): string {
  return `${formatInteger(count)} ${noun}${count === 1 ? "" : "s"}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

function trimZeros(decimal: string, keep: number): string {
  const [whole = "", fraction = ""] = decimal.split(".");
  const kept = fraction.slice(0, keep) + fraction.slice(keep).replace(/0+$/, "");
  return kept === "" ? whole : `${whole}.${kept}`;
}
