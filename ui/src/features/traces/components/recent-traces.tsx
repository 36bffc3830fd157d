"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";

import { Card, CardHeader } from "@/components/ui/card";
import { ErrorCard } from "@/components/ui/error-card";
import { useHref, useView } from "@/lib/url-state";
import { useTenant } from "@/lib/use-tenant";

import { tracesQuery } from "../api";
import { NO_FILTERS } from "../search-params";
import { TraceTable } from "./trace-table";

const ROWS = 8;

export function RecentTraces() {
  const tenant = useTenant();
  const { range, refetchInterval } = useView();
  const toHref = useHref();
  const { data, error, refetch } = useQuery({
    ...tracesQuery(tenant, range, NO_FILTERS, ROWS),
    refetchInterval,
  });
  if (error && !data) {
    return <ErrorCard title="The traces can't be loaded" error={error} onRetry={() => void refetch()} />;
  }
  return (
    <Card aria-labelledby="recent-title" className="overflow-hidden pb-1">
      <CardHeader
        id="recent-title"
        title="Recent traces"
        action={
          <Link href={toHref("/traces")} className="text-xs text-accent hover:underline">
            All traces
          </Link>
        }
      />
      <TraceTable caption="Recent traces" traces={data?.items} skeletonRows={ROWS} />
    </Card>
  );
}
