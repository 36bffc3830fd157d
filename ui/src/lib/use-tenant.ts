"use client";

import { createParser, useQueryState } from "nuqs";
import { useEffect, useSyncExternalStore } from "react";

import { isTenantId, SAMPLE_TENANT } from "./tenant";

const STORAGE_KEY = "llm-observe.tenant";

export const parseAsTenant = createParser({
  parse: (value: string) => (isTenantId(value) ? value : null),
  serialize: (value: string) => value,
});

function readRemembered(): string {
  const stored = localStorage.getItem(STORAGE_KEY);
  return stored !== null && isTenantId(stored) ? stored : SAMPLE_TENANT;
}

function subscribe(onChange: () => void): () => void {
  window.addEventListener("storage", onChange);
  return () => window.removeEventListener("storage", onChange);
}

/** The tenant of this page: the URL's, else the last one used; null until the browser knows. */
export function useTenant(): string | null {
  const [inUrl] = useQueryState("tenant", parseAsTenant);
  const remembered = useSyncExternalStore(subscribe, readRemembered, () => null);
  return inUrl ?? remembered;
}

/** Remembers the URL's tenant, and writes the remembered one into a URL that names none. */
export function useTenantMemory(): void {
  const [inUrl, setInUrl] = useQueryState("tenant", parseAsTenant);
  useEffect(() => {
    if (inUrl === null) void setInUrl(readRemembered(), { history: "replace" });
    else localStorage.setItem(STORAGE_KEY, inUrl);
  }, [inUrl, setInUrl]);
}
