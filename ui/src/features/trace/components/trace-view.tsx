"use client";

import { useQuery } from "@tanstack/react-query";
import { SearchX } from "lucide-react";
import { useMemo, useRef } from "react";

import { EmptyState } from "@/components/ui/empty-state";
import { ErrorCard } from "@/components/ui/error-card";
import { Skeleton } from "@/components/ui/skeleton";
import { ApiError, type SpanDetail } from "@/lib/api";
import { useView } from "@/lib/url-state";
import { useTenant } from "@/lib/use-tenant";

import { traceQuery } from "../api";
import { toTimeline } from "../lib/timeline";
import { useTree } from "../use-tree";
import { SpanPanel } from "./span-panel";
import { SpanTree } from "./span-tree";
import { TraceHeader } from "./trace-header";
import { TreeToolbar } from "./tree-toolbar";

export function TraceView({ traceId }: { traceId: string }) {
  const tenant = useTenant();
  const { refetchInterval } = useView();
  const { data, error, refetch } = useQuery({ ...traceQuery(tenant, traceId), refetchInterval });
  if (error instanceof ApiError && error.status === 404) {
    return (
      <EmptyState icon={<SearchX aria-hidden />} title="No such trace">
        <p>
          Tenant <strong>{tenant}</strong> has no trace{" "}
          <code className="font-mono text-xs wrap-anywhere">{traceId}</code>. It may belong to another tenant.
        </p>
      </EmptyState>
    );
  }
  if (error && !data) {
    return (
      <ErrorCard
        title="The trace can't be loaded"
        error={error}
        onRetry={() => void refetch()}
        className="m-4 lg:m-6"
      />
    );
  }
  return (
    // The top bar is 49 px high; on wide screens tree and panel scroll by themselves below it.
    <div className="flex flex-col lg:h-[calc(100dvh-49px)]">
      <TraceHeader trace={data?.trace} />
      {data ? <Spans spans={data.spans} /> : <LoadingSpans />}
    </div>
  );
}

function Spans({ spans }: { spans: SpanDetail[] }) {
  const tree = useTree(spans);
  const timeline = useMemo(() => toTimeline(spans), [spans]);
  const panel = useRef<HTMLElement>(null);
  const showPanel = () => {
    // On narrow screens the panel lies below the tree.
    if (window.matchMedia("(width < 64rem)").matches) panel.current?.scrollIntoView({ block: "start" });
  };
  return (
    <div className="flex min-h-0 flex-1 flex-col lg:flex-row">
      <section aria-label="Waterfall" className="flex h-[60dvh] min-w-0 flex-col bg-surface lg:h-auto lg:flex-1">
        <TreeToolbar tree={tree} />
        <SpanTree tree={tree} timeline={timeline} onPick={showPanel} />
      </section>
      <aside
        ref={panel}
        aria-label="Span"
        tabIndex={0}
        className="scroll-mt-32 bg-surface max-lg:border-t lg:w-100 lg:shrink-0 lg:overflow-y-auto lg:border-l focus-visible:outline-offset-[-2px]"
      >
        {tree.selected ? (
          <SpanPanel key={tree.selected.index} span={tree.selected.span} />
        ) : (
          <p className="p-4 text-muted">This trace has no such span.</p>
        )}
      </aside>
    </div>
  );
}

function LoadingSpans() {
  return (
    <div className="flex flex-1 flex-col gap-3 bg-surface p-4">
      {[100, 92, 70, 64, 70, 48, 86, 60].map((width, row) => (
        <div key={row} style={{ width: `${width}%` }}>
          <Skeleton className="h-4" />
        </div>
      ))}
    </div>
  );
}
