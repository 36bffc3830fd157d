"use client";

import { useQuery } from "@tanstack/react-query";
import { SearchX } from "lucide-react";
import dynamic from "next/dynamic";
import { useEffect } from "react";

import { EmptyState } from "@/components/ui/empty-state";
import { ErrorCard } from "@/components/ui/error-card";
import { ForeignText } from "@/components/ui/foreign-text";
import { Skeleton } from "@/components/ui/skeleton";
import { ApiError } from "@/lib/api";
import { useView } from "@/lib/url-state";
import { useTenant } from "@/lib/use-tenant";

import { traceQuery } from "../api";
import { TraceHeader } from "./trace-header";

const loadSpans = () => import("./spans");
const Spans = dynamic(loadSpans, { ssr: false, loading: LoadingSpans });

export function TraceView({ traceId }: { traceId: string }) {
  const tenant = useTenant();
  const { refetchInterval } = useView();
  const { data, error, refetch } = useQuery({ ...traceQuery(tenant, traceId), refetchInterval });
  useEffect(() => {
    // The code travels while the trace does, not after it.
    void loadSpans();
  }, []);
  if (error instanceof ApiError && error.status === 404) {
    return (
      <EmptyState icon={<SearchX aria-hidden />} title="No such trace">
        <p>
          Tenant <strong>{tenant}</strong> has no trace{" "}
          <code className="font-mono text-xs wrap-anywhere">
            <ForeignText text={traceId} />
          </code>
          . It may belong to another tenant.
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
      {data ? (
        <Spans detail={data} />
      ) : (
        <LoadingSpans />
      )}
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
