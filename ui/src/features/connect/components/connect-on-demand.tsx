"use client";

import { lazy, Suspense } from "react";

import { Skeleton } from "@/components/ui/skeleton";

const Connect = lazy(() => import("./connect").then((module) => ({ default: module.Connect })));

/** The same page loaded when it is shown, for one that most tenants never see. */
export function ConnectOnDemand({ endpoint }: { endpoint: string | null }) {
  return (
    <Suspense fallback={<Skeleton className="h-96" />}>
      <Connect endpoint={endpoint} />
    </Suspense>
  );
}
