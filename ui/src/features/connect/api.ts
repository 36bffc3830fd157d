import { queryOptions } from "@tanstack/react-query";

import { type Body, callApi } from "@/lib/api";

/** Quick while somebody waits for a first span, slower once one is there. */
const POLL_MS = { waiting: 3_000, arrived: 10_000 };

/** Asks again and again for the newest trace, while the tab is in sight. */
export function arrivalQuery(tenant: string | null) {
  return queryOptions({
    queryKey: ["arrival", tenant] as const,
    queryFn: ({ signal }) => callApi<Body<"TracePage">>("traces", { tenant: tenant ?? "", signal, query: { limit: 1 } }),
    enabled: tenant !== null,
    refetchInterval: ({ state }) => (state.data?.items.length ? POLL_MS.arrived : POLL_MS.waiting),
  });
}

/** A key that may send spans and nothing else. */
export function createIngestKey(tenant: string): Promise<Body<"CreatedApiKey">> {
  const body: Body<"NewApiKey"> = { name: "made while connecting", environment: "live", scopes: ["ingest"] };
  return callApi<Body<"CreatedApiKey">>("keys", { method: "POST", tenant, body });
}
