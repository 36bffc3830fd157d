import { queryOptions } from "@tanstack/react-query";

import { type Body, callApi } from "@/lib/api";
import { keepWithinTenant } from "@/lib/queries";
import { toWindow, type Range, type TimeWindow } from "@/lib/time";

import { NO_FILTERS, type TraceParams } from "./search-params";

export const PAGE_SIZE = 50;

const FILTERS = { error: "is:failed", ok: "-is:failed" };

/** One page of traces, newest first. A trace id is looked for at any time. */
export function tracesQuery(
  tenant: string | null,
  range: Range,
  params: TraceParams = NO_FILTERS,
  limit: number = PAGE_SIZE,
) {
  const { trace, status, cursor, from, to, ...filters } = params;
  return queryOptions({
    queryKey: ["traces", tenant, range, params, limit] as const,
    queryFn: ({ signal }) =>
      callApi<Body<"TracePage">>("traces", {
        tenant: tenant ?? "",
        signal,
        query: {
          ...filters,
          filter: status && FILTERS[status],
          trace_id: trace,
          ...(trace === null ? chooseWindow(range, from, to) : {}),
          cursor,
          limit,
        },
      }),
    enabled: tenant !== null,
    placeholderData: keepWithinTenant(tenant),
  });
}

function chooseWindow(range: Range, from: Date | null, to: Date | null): TimeWindow {
  if (from && to) return { start: from.toISOString(), end: to.toISOString() };
  return toWindow(range, Date.now());
}
