import { queryOptions } from "@tanstack/react-query";

import { type Body, callApi } from "@/lib/api";

/** A trace with all its spans. */
export function traceQuery(tenant: string | null, traceId: string) {
  return queryOptions({
    queryKey: ["trace", tenant, traceId] as const,
    queryFn: ({ signal }) =>
      callApi<Body<"TraceDetail">>(`traces/${encodeURIComponent(traceId)}`, { tenant: tenant ?? "", signal }),
    enabled: tenant !== null,
  });
}
