"use client";

import { useQuery } from "@tanstack/react-query";
import { ListTree, SearchX } from "lucide-react";
import { useQueryStates } from "nuqs";
import type { ReactNode } from "react";

import { RangeControl, RefreshControls } from "@/components/shell/view-controls";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorCard } from "@/components/ui/error-card";
import { GeneratedBadge } from "@/components/ui/generated-badge";
import { Pager } from "@/components/ui/pager";
import { RANGE_FACTS } from "@/lib/time";
import { useView } from "@/lib/url-state";
import { usePages } from "@/lib/use-pages";
import { useTenant } from "@/lib/use-tenant";

import { tracesQuery } from "../api";
import { isFiltered, traceParsers } from "../search-params";
import { FilterBar } from "./filter-bar";
import { TraceTable } from "./trace-table";

const SKELETON_ROWS = 20;

/** How to get a first trace is for the caller to say. */
export function Traces({ firstTrace }: { firstTrace: ReactNode }) {
  const tenant = useTenant();
  const { range, refetchInterval } = useView();
  const [params, setParams] = useQueryStates(traceParsers);
  const { data, error, refetch } = useQuery({ ...tracesQuery(tenant, range, params), refetchInterval });
  const pages = usePages(params.cursor, data?.next_cursor ?? null, (cursor) => {
    void setParams({ cursor }, { history: "push", scroll: true });
  });
  const traces = data?.items;
  return (
    <div className="flex flex-col gap-4 p-4 lg:px-6">
      <div className="flex flex-wrap items-center gap-2">
        <RangeControl
          overruled={params.from !== null && params.to !== null}
          onChoose={() => void setParams({ from: null, to: null, cursor: null })}
        />
        <FilterBar params={params} onChange={(changed) => void setParams(changed, { history: "push" })} />
        {traces?.some((trace) => trace.generated) ? <GeneratedBadge /> : null}
        <div className="ml-auto">
          <RefreshControls />
        </div>
      </div>
      {error ? (
        <ErrorCard title="The traces can't be loaded" error={error} onRetry={() => void refetch()} />
      ) : null}
      {error && !data ? null : (
        <Card aria-label="Traces" className="overflow-hidden">
          {traces?.length === 0 ? (
            <NoTraces filtered={isFiltered(params)} range={RANGE_FACTS[range].label} firstTrace={firstTrace} />
          ) : (
            <TraceTable caption="Traces, newest first" traces={traces} skeletonRows={SKELETON_ROWS} />
          )}
          {traces && (traces.length > 0 || params.cursor !== null) ? (
            <Pager noun="trace" count={traces.length} {...pages} />
          ) : null}
        </Card>
      )}
    </div>
  );
}

interface NoTracesProps {
  filtered: boolean;
  range: string;
  firstTrace: ReactNode;
}

function NoTraces({ filtered, range, firstTrace }: NoTracesProps) {
  if (filtered) {
    return (
      <EmptyState icon={<SearchX aria-hidden />} title="No trace matches these filters">
        <p>Clear a filter or widen the time range ({range.toLowerCase()}).</p>
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={<ListTree aria-hidden />} title={`No traces in the ${range.toLowerCase()}`}>
      {firstTrace}
    </EmptyState>
  );
}
