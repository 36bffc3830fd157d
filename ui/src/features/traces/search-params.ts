import { parseAsIsoDateTime, parseAsString, parseAsStringLiteral } from "nuqs";

/** Of all spans of a trace: a failure that never reached its root is one, too. */
export const STATUSES = ["error", "ok"] as const;

/** Every filter of the traces list, and the page of it, live in the URL. */
export const traceParsers = {
  model: parseAsString,
  provider: parseAsString,
  operation: parseAsString,
  status: parseAsStringLiteral(STATUSES),
  trace: parseAsString,
  /** A window that a chart led to; it goes before the range. */
  from: parseAsIsoDateTime,
  to: parseAsIsoDateTime,
  cursor: parseAsString,
};

export type TraceParams = {
  [Name in keyof typeof traceParsers]: ReturnType<(typeof traceParsers)[Name]["parse"]>;
};

// eslint-disable-next-line local/no-foreign-keys -- the names are those of the parsers above
export const NO_FILTERS = Object.fromEntries(
  Object.keys(traceParsers).map((name) => [name, null]),
) as { [Name in keyof TraceParams]: null };

const TRACE_ID = /^[0-9a-f]{32}$/;

export function isTraceId(value: string): boolean {
  return TRACE_ID.test(value);
}

/** True when something besides the time range narrows the list. */
export function isFiltered(params: TraceParams): boolean {
  return Object.entries(params).some(([name, value]) => name !== "cursor" && value !== null);
}
