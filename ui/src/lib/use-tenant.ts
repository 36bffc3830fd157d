"use client";

import { useQuery } from "@tanstack/react-query";
import { createParser, useQueryState } from "nuqs";
import { useEffect, useSyncExternalStore } from "react";

import { meQuery, type Me } from "./me";
import { isTenantId, SAMPLE_TENANT } from "./tenant";
import { useWay } from "./use-way";

const STORAGE_KEY = "llm-observe.tenant";

export const parseAsTenant = createParser({
  parse: (value: string) => (isTenantId(value) ? value : null),
  serialize: (value: string) => value,
});

function readRemembered(): string | null {
  const stored = localStorage.getItem(STORAGE_KEY);
  return stored !== null && isTenantId(stored) ? stored : null;
}

export function forgetTenant(): void {
  localStorage.removeItem(STORAGE_KEY);
}

function subscribe(onChange: () => void): () => void {
  window.addEventListener("storage", onChange);
  return () => window.removeEventListener("storage", onChange);
}

function belongs(me: Me | undefined, tenant: string | null): boolean {
  return me?.tenants.some(({ tenant_id: id }) => id === tenant) === true;
}

/**
 * The tenant of this page: the URL's, else the last one used; null until the browser knows. Where
 * people log in, a tenant counts once the API has named it, or if it did so the last time.
 */
export function useTenant(): string | null {
  const way = useWay();
  const [inUrl] = useQueryState("tenant", parseAsTenant);
  const remembered = useSyncExternalStore(subscribe, readRemembered, () => undefined);
  const { data: me } = useQuery({ ...meQuery, enabled: way !== "open" });
  if (remembered === undefined) return inUrl !== null && way === "open" ? inUrl : null;
  if (way === "open") return inUrl ?? remembered ?? SAMPLE_TENANT;
  if (inUrl !== null) return inUrl === remembered || belongs(me, inUrl) ? inUrl : null;
  return chooseTenant(me);
}

/** The last one used if it is still the caller's, else the first. */
function chooseTenant(me: Me | undefined): string | null {
  const remembered = readRemembered();
  if (belongs(me, remembered)) return remembered;
  return me?.tenants[0]?.tenant_id ?? null;
}

/** Remembers the URL's tenant, and writes the remembered one into a URL that names none. */
export function useTenantMemory(): void {
  const way = useWay();
  const tenant = useTenant();
  const { data: me } = useQuery({ ...meQuery, enabled: way !== "open" });
  const [inUrl, setInUrl] = useQueryState("tenant", parseAsTenant);
  const known = way === "open" || belongs(me, tenant);
  useEffect(() => {
    if (tenant === null || !known) return;
    if (inUrl === null) void setInUrl(tenant, { history: "replace" });
    else localStorage.setItem(STORAGE_KEY, tenant);
  }, [tenant, known, inUrl, setInUrl]);
}

/** True once it is clear that the URL's tenant is none of the caller's. */
export function useForeignTenant(): boolean {
  const way = useWay();
  const [inUrl] = useQueryState("tenant", parseAsTenant);
  const { data: me } = useQuery({ ...meQuery, enabled: way !== "open" });
  return way !== "open" && inUrl !== null && me !== undefined && !belongs(me, inUrl);
}
