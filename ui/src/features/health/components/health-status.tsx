"use client";

import { useQuery } from "@tanstack/react-query";
import { CloudOff } from "lucide-react";
import { lazy } from "react";

import { Badge } from "@/components/ui/badge";
import { OnDemand } from "@/components/ui/on-demand";
import type { Body } from "@/lib/api";
import { cn } from "@/lib/class-names";
import { formatDuration } from "@/lib/format";

import { healthQuery } from "../api";

const OfflineNote = lazy(() => import("./offline-note"));

export function HealthStatus() {
  const { data, isError } = useQuery(healthQuery);
  const healthy = data?.status === "ok" && !isError;
  return (
    <div className="flex min-h-12 flex-wrap items-center gap-x-3 gap-y-1.5 text-2xs text-muted md:flex-col md:items-start">
      {data?.llm === "offline" ? <OfflineBadge /> : null}
      <p role="status" className="flex items-center gap-1.5 px-0.5 tabular-nums">
        <span
          aria-hidden
          className={cn(
            "size-1.5 rounded-full bg-border-strong",
            data && healthy && "bg-success",
            (isError || (data && !healthy)) && "bg-danger",
          )}
        />
        {describe(data, isError)}
      </p>
    </div>
  );
}

function describe(health: Body<"Health"> | undefined, isError: boolean): string {
  if (isError) return "API unreachable";
  if (!health) return "Checking the API";
  if (health.database.status !== "ok") return `API ${health.version} · database unreachable`;
  return `API ${health.version} · database ${formatDuration(health.database.latency_ms)}`;
}

function OfflineBadge() {
  const trigger = (
    <button type="button" className="rounded">
      <Badge tone="accent">
        <CloudOff aria-hidden /> Offline model
      </Badge>
    </button>
  );
  return (
    <OnDemand trigger={trigger} opens="dialog">
      <OfflineNote trigger={trigger} />
    </OnDemand>
  );
}
