import type { TenantSums } from "../api";

/** What the table can be ordered by, in the order of its columns. */
export const COLUMNS = [
  { key: "tenant_id", label: "Tenant" },
  { key: "cost_usd", label: "Cost" },
  { key: "requests", label: "Calls" },
  { key: "error_rate", label: "Failed" },
  { key: "total_tokens", label: "Tokens" },
] as const satisfies readonly { key: keyof TenantSums; label: string }[];
export type Column = (typeof COLUMNS)[number]["key"];

/** Names from a to z, numbers from the most to the least; what is unknown comes last. */
export function orderBy(tenants: readonly TenantSums[], column: Column): TenantSums[] {
  if (column === "tenant_id") return [...tenants];
  // The API's order, by name, stays where two have the same.
  return tenants.toSorted((a, b) => (b[column] ?? -1) - (a[column] ?? -1));
}
