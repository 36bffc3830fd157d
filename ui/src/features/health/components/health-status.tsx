"use client";

import { useQuery } from "@tanstack/react-query";
import { CloudOff } from "lucide-react";

import { Badge } from "@/components/ui/badge";
import { Popover, PopoverContent, PopoverTrigger } from "@/components/ui/popover";
import type { Health } from "@/lib/api";
import { cn } from "@/lib/class-names";
import { formatDuration } from "@/lib/format";

import { healthQuery } from "../api";

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

function describe(health: Health | undefined, isError: boolean): string {
  if (isError) return "API unreachable";
  if (!health) return "Checking the API";
  if (health.database.status !== "ok") return `API ${health.version} · database unreachable`;
  return `API ${health.version} · database ${formatDuration(health.database.latency_ms)}`;
}

function OfflineBadge() {
  return (
    <Popover>
      <PopoverTrigger className="rounded">
        <Badge tone="accent">
          <CloudOff aria-hidden /> Offline model
        </Badge>
      </PopoverTrigger>
      <PopoverContent side="top" align="start" className="p-3 text-xs text-muted" aria-label="Offline model">
        <p className="font-medium text-foreground">Answers are canned, the path is real</p>
        <p className="mt-1">
          No OPENAI_API_KEY is set, so a local server answers the OpenAI protocol and pretends to be no
          model. Set the key and restart to call OpenAI. Everything else, from the instrumentation to
          the database, is what runs in production.
        </p>
      </PopoverContent>
    </Popover>
  );
}
