"use client";

import Link from "next/link";

import { Badge } from "@/components/ui/badge";
import { ForeignText } from "@/components/ui/foreign-text";
import { Moment } from "@/components/ui/moment";
import { Skeleton } from "@/components/ui/skeleton";
import { StatusBadge } from "@/components/ui/status-badge";
import type { Body } from "@/lib/api";
import { cn } from "@/lib/class-names";
import {
  formatCost,
  formatCount,
  formatDuration,
  formatExactCost,
  formatInteger,
  formatQuantity,
  UNKNOWN,
} from "@/lib/format";
import { describeGaps, toGaps } from "@/lib/gaps";
import { spell } from "@/lib/foreign-text";
import { formatLocalTime } from "@/lib/time";
import { useHref } from "@/lib/url-state";

interface TraceTableProps {
  caption: string;
  /** Undefined while loading. */
  traces: Body<"TraceSummary">[] | undefined;
  skeletonRows: number;
}

const WIDE = "hidden lg:table-cell";
const MEDIUM = "hidden sm:table-cell";
const NUMBER = "px-3 text-right tabular-nums";

export function TraceTable({ caption, traces, skeletonRows }: TraceTableProps) {
  return (
    <table className="w-full table-fixed">
      <caption className="sr-only">{caption}</caption>
      <thead className="text-xs text-muted">
        <tr className="h-8 [&>th]:font-normal">
          <th scope="col" className={cn("w-40 px-4 text-left", MEDIUM)}>
            Started
          </th>
          <th scope="col" className="px-4 text-left sm:px-3">
            Name
          </th>
          <th scope="col" className="w-20 px-3 text-left sm:w-36">
            Status
          </th>
          <th scope="col" className={cn("w-[22%] px-3 text-left", WIDE)}>
            Models
          </th>
          <th scope="col" className={cn("w-24", NUMBER, MEDIUM)}>
            Duration
          </th>
          <th scope="col" className={cn("w-20", NUMBER, WIDE)}>
            Spans
          </th>
          <th scope="col" className={cn("w-24", NUMBER, MEDIUM)}>
            Tokens
          </th>
          <th scope="col" className={cn("w-24 sm:w-28", NUMBER, "pr-4")}>
            Cost
          </th>
        </tr>
      </thead>
      <tbody>
        {traces?.map((trace) => <TraceRow key={trace.trace_id} trace={trace} />) ??
          Array.from({ length: skeletonRows }, (_, row) => (
            <tr key={row} className="h-9 border-t">
              <td colSpan={8} className="px-4">
                <Skeleton className="h-4" />
              </td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}

function TraceRow({ trace }: { trace: Body<"TraceSummary"> }) {
  const toHref = useHref();
  return (
    <tr className="relative h-9 border-t hover:bg-hover has-[a:focus-visible]:bg-hover">
      <td className={cn("px-4 text-muted tabular-nums", MEDIUM)}>
        <Moment iso={trace.start_time} />
      </td>
      <td className="truncate px-4 py-1 sm:px-3 sm:py-0">
        <Link
          href={toHref(`/traces/${trace.trace_id}`)}
          prefetch={false}
          className="font-medium after:absolute after:inset-0"
        >
          {trace.root_span_name === null ? (
            <span className="font-mono">{trace.trace_id.slice(0, 8)}</span>
          ) : (
            <ForeignText text={trace.root_span_name} />
          )}
        </Link>
        <span className="block truncate text-2xs text-muted tabular-nums sm:hidden">
          {formatLocalTime(trace.start_time)} · {formatDuration(trace.duration_ms)}
        </span>
      </td>
      <td className="px-3">
        <span className="flex gap-1.5">
          <StatusBadge status={trace.status} />
          {trace.error_count > (trace.status === "error" ? 1 : 0) ? (
            <Badge tone="danger" className="hidden sm:inline-flex" title={formatQuantity(trace.error_count, "failed span")}>
              {formatCount(trace.error_count)} failed
            </Badge>
          ) : null}
        </span>
      </td>
      <td className={cn("truncate px-3", WIDE)} title={spell(trace.models.join(", "))}>
        {trace.models.length === 0 ? <span className="text-muted">{UNKNOWN}</span> : null}
        {trace.models[0] ? <ForeignText text={trace.models[0]} /> : null}
        {trace.models.length > 1 ? <Badge className="ml-1.5">+{trace.models.length - 1}</Badge> : null}
      </td>
      <td className={cn(NUMBER, MEDIUM)}>{formatDuration(trace.duration_ms)}</td>
      <td className={cn(NUMBER, WIDE)}>
        {formatCount(trace.span_count)}
      </td>
      <td className={cn(NUMBER, MEDIUM)} title={formatInteger(trace.total_tokens)}>
        {formatCount(trace.total_tokens)}
      </td>
      <td className={cn(NUMBER, "pr-4")} title={describeCost(trace)}>
        {formatCost(trace.total_cost_usd)}
        {trace.total_cost_usd !== null && describeGaps(toGaps(trace)) !== null ? (
          <span className="text-warning">+</span>
        ) : null}
      </td>
    </tr>
  );
}

function describeCost(trace: Body<"TraceSummary">): string {
  const parts = [formatExactCost(trace.total_cost_usd), describeGaps(toGaps(trace))];
  return parts.filter((part) => part !== null).join(", and ");
}
