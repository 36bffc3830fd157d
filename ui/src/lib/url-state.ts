"use client";

import {
  createSerializer,
  parseAsBoolean,
  parseAsStringLiteral,
  useQueryStates,
} from "nuqs";
import { useCallback } from "react";

import { RANGES } from "./time";
import { parseAsTenant, useTenant } from "./use-tenant";

/** The state that every page keeps in its URL. A week by default: sample traffic ages while a laptop sleeps. */
export const sharedParsers = {
  range: parseAsStringLiteral(RANGES).withDefault("7d"),
  live: parseAsBoolean.withDefault(false),
};

/** The traces that started in one bucket of a chart, as that page's own parameters. */
export function toWindowParams(startMs: number, durationMs: number): { from: string; to: string } {
  return {
    from: new Date(startMs).toISOString(),
    to: new Date(startMs + durationMs).toISOString(),
  };
}

export const LIVE_INTERVAL_MS = 10_000;

/** The time range, and the refetch interval that React Query pauses while the tab is hidden. */
export function useView() {
  const [{ range, live }, setView] = useQueryStates(sharedParsers);
  return { range, live, refetchInterval: live ? LIVE_INTERVAL_MS : (false as const), setView };
}

const serialize = createSerializer({ tenant: parseAsTenant, ...sharedParsers });

/** Builds links that carry the tenant, the range and live mode along. */
export function useHref(): (path: string, extra?: Record<string, string>) => string {
  const tenant = useTenant();
  const { range, live } = useView();
  return useCallback(
    (path, extra = {}) => {
      const href = serialize(path, { tenant, range, live });
      const more = new URLSearchParams(extra).toString();
      if (more === "") return href;
      return `${href}${href.includes("?") ? "&" : "?"}${more}`;
    },
    [tenant, range, live],
  );
}
