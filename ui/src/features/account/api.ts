import { type Body, callApi } from "@/lib/api";

/** Leaves a tenant; the last owner is refused. */
export function leave(tenant: string, keys: "revoke" | "keep"): Promise<Body<"RemovedMember">> {
  return callApi<Body<"RemovedMember">>("members/me", { method: "DELETE", tenant, query: { keys } });
}
