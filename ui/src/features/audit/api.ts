import { queryOptions } from "@tanstack/react-query";

import { type Body, callApi } from "@/lib/api";
import { keepWithinTenant } from "@/lib/queries";

export type AuditEvent = Body<"AuditEvent">;

const PAGE_SIZE = 50;

export function auditQuery(tenant: string | null, cursor: string | null) {
  return queryOptions({
    queryKey: ["audit", tenant, cursor] as const,
    queryFn: ({ signal }) =>
      callApi<Body<"AuditPage">>("audit", { tenant: tenant ?? "", signal, query: { cursor, limit: PAGE_SIZE } }),
    enabled: tenant !== null,
    placeholderData: keepWithinTenant(tenant),
  });
}
