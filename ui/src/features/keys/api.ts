import { queryOptions } from "@tanstack/react-query";

import { type Body, callApi } from "@/lib/api";
import { keepWithinTenant } from "@/lib/queries";

export type Key = Body<"ApiKeySummary">;
export type CreatedKey = Body<"CreatedApiKey">;
export type Scope = Key["scopes"][number];
export type KeyStatus = Key["status"];

export const KEY_STATUSES = ["active", "expired", "revoked"] as const satisfies readonly KeyStatus[];
const PAGE_SIZE = 50;

/** One page of keys, newest first; of every status where none is named. */
export function keysQuery(tenant: string | null, status: KeyStatus | null, cursor: string | null) {
  return queryOptions({
    queryKey: ["keys", tenant, status, cursor] as const,
    queryFn: ({ signal }) =>
      callApi<Body<"ApiKeyPage">>("keys", {
        tenant: tenant ?? "",
        signal,
        query: { status, cursor, limit: PAGE_SIZE },
      }),
    enabled: tenant !== null,
    placeholderData: keepWithinTenant(tenant),
  });
}

export interface NewKey {
  name: string;
  environment: string;
  scopes: Scope[];
  expires_at: string | null;
}

export function createKey(tenant: string, body: NewKey): Promise<CreatedKey> {
  return callApi<CreatedKey>("keys", { method: "POST", tenant, body });
}

export function rotateKey(tenant: string, keyId: string, overlapHours: number): Promise<CreatedKey> {
  return callApi<CreatedKey>(`keys/${keyId}/rotate`, { method: "POST", tenant, body: { overlap_hours: overlapHours } });
}

export function revokeKey(tenant: string, keyId: string, children: "revoke" | "keep"): Promise<Body<"RevokedApiKey">> {
  return callApi<Body<"RevokedApiKey">>(`keys/${keyId}`, { method: "DELETE", tenant, query: { children } });
}
