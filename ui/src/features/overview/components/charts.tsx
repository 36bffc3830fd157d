"use client";

import { useMemo } from "react";

import { ChartCard } from "@/components/charts/chart-card";
import { toChartPoints, type ChartSeries } from "@/components/charts/series";
import type { Body } from "@/lib/api";
import { formatCost, formatCount, formatDuration, formatRelativeError } from "@/lib/format";
import { BUCKET_MS, RANGE_FACTS, type Range } from "@/lib/time";
import { toWindowParams, useHref } from "@/lib/url-state";

const COST: ChartSeries[] = [{ measure: "cost", label: "Cost", color: "var(--chart-1)" }];
const TOKENS: ChartSeries[] = [
  { measure: "promptTokens", label: "In", color: "var(--chart-1)" },
  { measure: "completionTokens", label: "Out", color: "var(--chart-3)" },
];
const REQUESTS: ChartSeries[] = [
  { measure: "succeeded", label: "Succeeded", color: "var(--chart-1)" },
  { measure: "errors", label: "Errors", color: "var(--chart-5)" },
];
const LATENCY: ChartSeries[] = [
  { measure: "p50", label: "p50", color: "var(--chart-3)" },
  { measure: "p95", label: "p95", color: "var(--chart-1)" },
  { measure: "p99", label: "p99", color: "var(--chart-4)" },
];

interface ChartsProps {
  metrics: Body<"Metrics"> | undefined;
  range: Range;
}

export function Charts({ metrics, range }: ChartsProps) {
  const points = useMemo(() => metrics && toChartPoints(metrics.series), [metrics]);
  const bucket = metrics?.window.bucket ?? RANGE_FACTS[range].bucket;
  const toHref = useHref();
  const shared = {
    points,
    range,
    bucket,
    toHref: (time: number) => toHref("/traces", toWindowParams(time, BUCKET_MS[bucket])),
  };
  return (
    <div className="grid grid-cols-1 gap-4 lg:grid-cols-2">
      <ChartCard title="Cost" note={`US dollars per ${bucket}`} kind="bars" series={COST} format={formatCost} {...shared} />
      <ChartCard title="Requests" note={`model calls per ${bucket}`} kind="bars" series={REQUESTS} format={formatCount} whole {...shared} />
      <ChartCard title="Tokens" note={`tokens per ${bucket}`} kind="bars" series={TOKENS} format={formatCount} whole {...shared} />
      <ChartCard title="Latency" note={`time per call, by ${bucket}, ${formatRelativeError(metrics?.relative_error)}`} kind="lines" series={LATENCY} format={formatDuration} {...shared} />
    </div>
  );
}
