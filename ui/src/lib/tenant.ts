/** Holds a week of generated traffic; nothing is written to it from here. */
export const SAMPLE_TENANT = "sample";
/** Where a demo runs when the sample tenant is selected. */
export const DEMO_TENANT = "tenant-123";
export const KNOWN_TENANTS = [SAMPLE_TENANT, DEMO_TENANT, "tenant-456"] as const;

// The database's own check on tenant ids.
const TENANT_ID = /^[a-z0-9][a-z0-9_-]{0,62}$/;

export function isTenantId(value: string): boolean {
  return TENANT_ID.test(value);
}
