import { queryOptions } from "@tanstack/react-query";

import { callApi, type Body } from "./api";

export type Me = Body<"Me">;

/** What the caller may do in a tenant, as the API's own table has it; the API refuses anyway. */
export interface Rights {
  /** Keys, members, retention, mappings, audit, forgetting, demos. */
  manage: boolean;
  /** Deletes the tenant. */
  own: boolean;
  role: string | null;
}

/** Who the API takes this browser for. It changes rarely, and a refusal asks again. */
export const meQuery = queryOptions({
  queryKey: ["me"] as const,
  queryFn: ({ signal }) => callApi<Me>("me", { signal }),
  staleTime: 60_000,
});

export function toRights(me: Me | undefined, tenant: string | null): Rights {
  if (me?.kind === "dev") return { manage: true, own: true, role: null };
  const membership = me?.tenants.find(({ tenant_id: id }) => id === tenant);
  const role = membership?.role ?? null;
  return {
    manage: role === "owner" || role === "admin" || membership?.scopes?.includes("admin") === true,
    own: role === "owner",
    role,
  };
}
