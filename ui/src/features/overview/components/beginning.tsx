"use client";

import type { ReactNode } from "react";

import { Skeleton } from "@/components/ui/skeleton";

interface BeginningProps {
  /** Undefined until it is known whether the tenant ever sent a span. */
  unused: boolean | undefined;
  connect: ReactNode;
  firstTrace: ReactNode;
}

/** The overview of a tenant without a span: the way to its first one. */
export function Beginning({ unused, connect, firstTrace }: BeginningProps) {
  return (
    <div className="flex w-full max-w-6xl flex-col gap-4 p-4 lg:px-6">
      {unused === undefined ? (
        <Skeleton className="h-96" />
      ) : (
        <>
          {connect}
          <div className="pb-4 text-center text-muted">{firstTrace}</div>
        </>
      )}
    </div>
  );
}
