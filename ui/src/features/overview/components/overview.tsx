"use client";

import { useQuery } from "@tanstack/react-query";
import { Activity } from "lucide-react";
import type { ReactNode } from "react";

import { RangeControl, RefreshControls } from "@/components/shell/view-controls";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorCard } from "@/components/ui/error-card";
import { GeneratedBadge } from "@/components/ui/generated-badge";
import { metricsQuery } from "@/lib/queries";
import { RANGE_FACTS } from "@/lib/time";
import { useTenant } from "@/lib/use-tenant";
import { useView } from "@/lib/url-state";

import { useUnused } from "../use-unused";
import { Beginning } from "./beginning";
import { Charts } from "./charts";
import { KpiRow } from "./kpi-row";
import { LeftOutLines } from "./left-out-lines";
import { ModelTable } from "./model-table";

interface OverviewProps {
  recentTraces: ReactNode;
  /** For a tenant that never sent a span. */
  connect: ReactNode;
  /** How to get a trace without an application. */
  firstTrace: ReactNode;
}

export function Overview({ recentTraces, connect, firstTrace }: OverviewProps) {
  const tenant = useTenant();
  const { range, refetchInterval } = useView();
  const { data, error, refetch } = useQuery({ ...metricsQuery(tenant, range), refetchInterval });
  const empty = data?.totals.requests === 0;
  const unused = useUnused(tenant, empty);
  if (empty && unused !== false) return <Beginning unused={unused} connect={connect} firstTrace={firstTrace} />;
  return (
    <div className="flex flex-col gap-4 p-4 lg:px-6">
      <div className="flex flex-wrap items-center gap-2">
        <RangeControl />
        {data?.generated ? <GeneratedBadge /> : null}
        <div className="ml-auto">
          <RefreshControls />
        </div>
      </div>
      {error ? (
        <ErrorCard title="The metrics can't be loaded" error={error} onRetry={() => void refetch()} />
      ) : null}
      {error && !data ? null : (
        <>
          <KpiRow totals={data?.totals} relativeError={data?.relative_error} />
          <LeftOutLines totals={data?.totals} />
          {empty ? (
            <Card aria-label="No requests">
              <EmptyState
                icon={<Activity aria-hidden />}
                title={`No model calls in the ${RANGE_FACTS[range].label.toLowerCase()}`}
              >
                <p>Older traces are there: choose a longer time range.</p>
                {firstTrace}
              </EmptyState>
            </Card>
          ) : (
            <>
              <Charts metrics={data} range={range} />
              <ModelTable models={data?.by_model} relativeError={data?.relative_error} />
            </>
          )}
        </>
      )}
      {empty || (error && !data) ? null : recentTraces}
    </div>
  );
}
