import { queryOptions } from "@tanstack/react-query";

import { type Body, callApi } from "@/lib/api";

export type Check = Body<"SetupCheck">;

/** Jobs are due by the hour, so that a minute's answer is as good. */
const STALE_MS = 60_000;
const REFETCH_MS = 5 * 60_000;

/** Whether the project is set up as it should be; for admins and owners. */
export function setupQuery(tenant: string | null, wanted: boolean) {
  return queryOptions({
    queryKey: ["setup", tenant] as const,
    queryFn: ({ signal }) => callApi<Body<"Setup">>("setup", { tenant: tenant ?? "", signal }),
    enabled: wanted && tenant !== null,
    staleTime: STALE_MS,
    refetchInterval: REFETCH_MS,
  });
}
