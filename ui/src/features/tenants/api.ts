import { infiniteQueryOptions, type QueryKey } from "@tanstack/react-query";

import { type Body, callApi } from "@/lib/api";
import { toWindow, type Range } from "@/lib/time";

export type TenantSums = Body<"TenantSums">;
type TenantPage = Body<"TenantPage">;

/** Of a person, whichever tenant the page is on; each page of names after the one before. */
export function tenantsQuery(range: Range) {
  return infiniteQueryOptions<TenantPage, Error, TenantPage[], QueryKey, string | null>({
    queryKey: ["tenants", range],
    queryFn: ({ signal, pageParam: cursor }) =>
      callApi<TenantPage>("tenants", { signal, query: { ...toWindow(range, Date.now()), cursor } }),
    initialPageParam: null,
    getNextPageParam: ({ next_cursor: next }) => next,
    select: ({ pages }) => pages,
  });
}
