"use client";

import type { ReactNode } from "react";

import { ApiError } from "@/lib/api";
import { useMe } from "@/lib/use-me";
import { useWay } from "@/lib/use-way";

/** What only a stack in development mode shows; one that is down looks the same. */
export function DevelopmentOnly({ children }: { children: ReactNode }) {
  const { data: me, error } = useMe();
  const deployed = useWay() !== "open" || (error instanceof ApiError && error.status === 401);
  return deployed || (me && me.kind !== "dev") ? null : children;
}
