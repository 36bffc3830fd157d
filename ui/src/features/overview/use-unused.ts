"use client";

import { useQuery } from "@tanstack/react-query";

import { type Body, callApi } from "@/lib/api";

/** Whether a tenant never sent a span, asked once where its sums are empty; undefined until known. */
export function useUnused(tenant: string | null, asked: boolean): boolean | undefined {
  const { data, isError } = useQuery({
    queryKey: ["unused", tenant] as const,
    queryFn: ({ signal }) => callApi<Body<"TracePage">>("traces", { tenant: tenant ?? "", signal, query: { limit: 1 } }),
    enabled: tenant !== null && asked,
    // The page goes on showing the way to a first span while that one arrives.
    staleTime: Infinity,
  });
  if (isError) return false;
  return data && data.items.length === 0;
}
