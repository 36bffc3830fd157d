import { queryOptions, type QueryKey } from "@tanstack/react-query";

import { callApi, type Body } from "./api";
import { RANGE_FACTS, toWindow, type Range } from "./time";

/** Keeps the old answer in sight while a new one loads, but never another tenant's. */
export function keepWithinTenant(tenant: string | null) {
  return <T>(previous: T | undefined, query: { queryKey: QueryKey } | undefined): T | undefined =>
    query?.queryKey[1] === tenant ? previous : undefined;
}

/** Totals, series and models of a tenant over a range that ends now. */
export function metricsQuery(tenant: string | null, range: Range) {
  return queryOptions({
    queryKey: ["metrics", tenant, range] as const,
    queryFn: ({ signal }) =>
      callApi<Body<"Metrics">>("metrics", {
        tenant: tenant ?? "",
        signal,
        query: { ...toWindow(range, Date.now()), bucket: RANGE_FACTS[range].bucket },
      }),
    enabled: tenant !== null,
    placeholderData: keepWithinTenant(tenant),
  });
}
