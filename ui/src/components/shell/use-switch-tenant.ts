"use client";

import { usePathname, useRouter } from "next/navigation";

import type { Me } from "@/lib/me";
import { KNOWN_TENANTS, SAMPLE_TENANT } from "@/lib/tenant";
import { useView } from "@/lib/url-state";
import { useMe } from "@/lib/use-me";
import { useTenant } from "@/lib/use-tenant";
import { useWay } from "@/lib/use-way";

export interface TenantChoice {
  id: string;
  note: string | null;
}

/** In development mode every tenant opens, and these are worth a look. */
function listDevelopment(tenant: string | null): TenantChoice[] {
  const others = tenant === null || KNOWN_TENANTS.some((known) => known === tenant) ? [] : [tenant];
  return [...KNOWN_TENANTS, ...others].map((id) => ({ id, note: id === SAMPLE_TENANT ? "generated" : null }));
}

function listOwn(me: Me | undefined): TenantChoice[] {
  return (me?.tenants ?? []).map(({ tenant_id: id, role }) => ({ id, note: role }));
}

/** The tenants that this caller may open. */
export function useTenantChoices(): TenantChoice[] {
  const tenant = useTenant();
  const { data: me } = useMe();
  return useWay() === "open" ? listDevelopment(tenant) : listOwn(me);
}

/** Filters, cursors and trace ids belong to the tenant that is left, so only the range goes along. */
export function useSwitchTenant(): (tenant: string) => void {
  const router = useRouter();
  const pathname = usePathname();
  const { range } = useView();
  return (tenant) => {
    const page = pathname.startsWith("/traces") ? "/traces" : pathname === "/tenants" ? "/overview" : pathname;
    router.push(`${page}?${new URLSearchParams({ tenant, range })}`);
  };
}
