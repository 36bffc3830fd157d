import { queryOptions } from "@tanstack/react-query";

import { type Body, callApi } from "@/lib/api";
import { keepWithinTenant } from "@/lib/queries";
import { toWindow, type Range } from "@/lib/time";

import type { SpanParams } from "./search-params";

export const PAGE_SIZE = 50;

/** One page of spans, newest first. Misdated ones are in no window, so they are listed of any time. */
export function spansQuery(tenant: string | null, range: Range, params: SpanParams) {
  return queryOptions({
    queryKey: ["spans", tenant, range, params] as const,
    queryFn: ({ signal }) =>
      callApi<Body<"SpanPage">>("spans", {
        tenant: tenant ?? "",
        signal,
        query: {
          ...params,
          ...(params.misdated === null ? toWindow(range, Date.now()) : {}),
          limit: PAGE_SIZE,
        },
      }),
    enabled: tenant !== null,
    placeholderData: keepWithinTenant(tenant),
  });
}
