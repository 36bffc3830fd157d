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

/** All there is of one span, whatever its trace had no room for. */
export function spanQuery(tenant: string | null, traceId: string, spanId: string) {
  return queryOptions({
    queryKey: ["span", tenant, traceId, spanId] as const,
    queryFn: ({ signal }) =>
      callApi<Body<"SpanWhole">>(`traces/${traceId}/spans/${spanId}`, { tenant: tenant ?? "", signal }),
    enabled: tenant !== null,
  });
}
